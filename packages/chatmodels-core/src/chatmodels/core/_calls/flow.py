"""What surrounds a call, written once for both worlds: policies and the two drivers that run them.

A policy is a generator function. It yields effects, is resumed with their outcomes (or has their
error thrown in), and returns the outcome of the whole:

```python
def twice(call: CallInfo, request: ChatRequest) -> Flow[Result]:
    try:
        return (yield Send(request))
    except ChatModelError:
        yield Sleep(1.0)
        return (yield Send(request))
```

The outcome of a `Send` is a response, or, for a stream, the opened stream with its first event.
A policy therefore repeats only calls of which the user has not seen anything. Policies nest: a
`Send` of an outer policy runs the inner ones, and the innermost calls the provider. A policy can
return a `ChatResponse` for a stream too; its events are replayed.
"""

import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Protocol, TypeVar

import msgspec

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._values.request import ChatRequest


class Send(msgspec.Struct, frozen=True):
    """The effect of calling the provider, or another model.

    A policy gets the request as the caller made it. Each model leaves out what it does not
    support itself, or refuses it.

    Attributes:
        request: The request to send.
        model: The model to call instead of this one. Its own policies apply to the call; the
            inner policies of this model do not.
    """

    request: ChatRequest
    model: CallableModel | None = None


class Sleep(msgspec.Struct, frozen=True):
    """The effect of waiting for a number of seconds."""

    seconds: float


class Run(msgspec.Struct, frozen=True):
    """The effect of running a function that can wait, such as the request to a shared store.

    The outcome is what the function returns, and an error is thrown in.

    Attributes:
        function: Is called in sync calls.
        afunction: Is called and awaited in async calls. Without it, `function` runs in a worker
            thread, for which a cancellation does not wait.
    """

    function: Callable[[], object]
    afunction: Callable[[], Awaitable[object]] | None = None


class Collect(msgspec.Struct, frozen=True):
    """The effect of reading the outcome of a `Send` to its end.

    The outcome is the response, with its output parsed; the outcome of a non-streaming call is
    the response already. If the policy returns it, its events are replayed, so that the user of a
    stream gets them all at once.

    Attributes:
        outcome: The outcome of the `Send`.
    """

    outcome: object


Effect = Send | Sleep | Run | Collect
"""Anything that a policy can yield."""

Result = TypeVar("Result")

# What is sent in depends on the effect yielded, which the type of a generator cannot say.
Flow = Generator[Effect, Any, Result]
"""Generator that a policy returns: it yields effects and returns the outcome of the call."""


class Policy(Protocol):
    """Decides how a call is made: once, again, elsewhere, later or not at all.

    It is shared by threads and tasks; what belongs to one call lives in the generator.
    """

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Begin the flow of one call."""
        ...


def drive(
    policies: tuple[Policy, ...],
    call: CallInfo,
    effect: Send,
    perform: Callable[[Send], Result],
    sleep: Callable[[float], object] = time.sleep,
    collect: Callable[[Any], object] = lambda outcome: outcome,
) -> Result:
    """Run a call through its policies, blocking.

    Only an `Exception` is shown to the policies: a cancellation ends them and passes through.

    Args:
        policies: The policies, the outermost first.
        call: The call.
        effect: The request to start with.
        perform: Calls the provider or another model.
        sleep: Waits for a number of seconds.
        collect: Reads the outcome of a `Send` to its end.
    """
    if effect.model is not None:  # it has policies of its own
        _check_model(effect.model)
        return perform(effect)
    if not policies:
        return perform(effect)
    flow = policies[0](call, effect.request)
    inner = policies[1:]
    outcome: object = None
    error: Exception | None = None
    try:
        while True:
            wish = flow.send(outcome) if error is None else flow.throw(error)
            outcome = error = None
            try:
                if isinstance(wish, Send):
                    outcome = drive(inner, call, wish, perform, sleep, collect)
                elif isinstance(wish, Sleep):
                    sleep(wish.seconds)
                elif isinstance(wish, Run):
                    outcome = wish.function()
                elif isinstance(wish, Collect):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    outcome = collect(wish.outcome)
                else:
                    raise _no_effect(wish)
            except Exception as raised:
                error = raised
    except StopIteration as stop:
        return stop.value
    finally:
        flow.close()


async def adrive(
    policies: tuple[Policy, ...],
    call: CallInfo,
    effect: Send,
    perform: Callable[[Send], Awaitable[Result]],
    sleep: Callable[[float], Awaitable[object]] | None = None,
    collect: Callable[[Any], Awaitable[object]] | None = None,
) -> Result:
    """Run a call through its policies, awaiting; the twin of `drive` under asyncio and trio."""
    if effect.model is not None:
        _check_model(effect.model)
        return await perform(effect)
    if not policies:
        return await perform(effect)
    if sleep is None:
        from anyio import sleep
    flow = policies[0](call, effect.request)
    inner = policies[1:]
    outcome: object = None
    error: Exception | None = None
    try:
        while True:
            wish = flow.send(outcome) if error is None else flow.throw(error)
            outcome = error = None
            try:
                if isinstance(wish, Send):
                    outcome = await adrive(inner, call, wish, perform, sleep, collect)
                elif isinstance(wish, Sleep):
                    await sleep(wish.seconds)
                elif isinstance(wish, Run):
                    outcome = await _run(wish)
                elif isinstance(wish, Collect):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    outcome = wish.outcome if collect is None else await collect(wish.outcome)
                else:
                    raise _no_effect(wish)
            except Exception as raised:
                error = raised
    except StopIteration as stop:
        return stop.value
    finally:
        flow.close()


async def _run(effect: Run) -> object:
    if effect.afunction is not None:
        return await effect.afunction()
    from anyio import to_thread

    return await to_thread.run_sync(effect.function, abandon_on_cancel=True)


def _check_model(model: object) -> None:
    if isinstance(model, CallableModel):
        return
    remedy = f"create_chat_model({model!r})" if isinstance(model, str) else "a model"
    raise ConfigurationError(
        f"the model of a policy's Send(request, model) is of type {type(model).__qualname__}, "
        f"not a ChatModel; pass {remedy}, created once outside the policy"
    )


def _no_effect(wish: object) -> TypeError:
    return TypeError(
        "a policy yields Send(...), Sleep(...), Run(...) or Collect(...), "
        f"not {type(wish).__qualname__}"
    )
