"""Policies, written once for sync and async calls, and the two drivers that run them.

A policy is a generator function. It yields effects, receives their outcomes (or their errors are
raised in it), and returns the outcome of the call:

```python
def twice(call: CallInfo, request: ChatRequest) -> Flow:
    try:
        return (yield Send(request))
    except ChatModelError:
        yield Sleep(1.0)
        return (yield Send(request))
```

The outcome of a `Send` is a response, or, for a stream, the opened stream with its first event.
Therefore, a policy repeats only calls that have not returned anything to the user. Policies nest:
a `Send` of an outer policy runs the inner ones, and the innermost calls the provider. A policy can
return a `ChatResponse` for a stream too; its events are replayed.
"""

import time
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._values.request import ChatRequest

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Result = TypeVar("Result", default=Any)
else:
    from typing import TypeVar

    Result = TypeVar("Result")


class Send(msgspec.Struct, frozen=True):
    """The effect of calling the provider, or another model.

    A policy receives the request of the caller. Each model omits or refuses the parts that it
    does not support.

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
    """The effect of running a function that can block, such as a request to a shared store.

    The outcome is the return value of the function; its error is raised in the policy.

    Attributes:
        function: The function for sync calls.
        afunction: The async function for async calls. Without it, `function` runs in a worker
            thread, and a cancellation does not wait for that thread.
    """

    function: Callable[[], object]
    afunction: Callable[[], Awaitable[object]] | None = None


class Collect(msgspec.Struct, frozen=True):
    """The effect of reading the outcome of a `Send` to its end.

    The outcome is the response, with its output parsed; the outcome of a non-streaming call is
    already a response. If the policy returns it, its events are replayed: the user of a stream
    receives them all at once.

    Attributes:
        outcome: The outcome of the `Send`.
    """

    outcome: object


Effect = Send | Sleep | Run | Collect
"""Anything that a policy can yield."""

_SENDING = (Send, Collect)  # a tuple, since a union is built anew each time

# The type of a generator cannot express that the outcome depends on the yielded effect.
Flow = Generator[Effect, Any, Result]
"""Generator that a policy returns: it yields effects and returns the outcome of the call."""


class Policy(Protocol):
    """Decides how a call is sent: once, again, later, to another model, or not at all.

    It must be thread-safe; the state of one call belongs in the generator.
    """

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Create the generator of one call."""
        ...


def drive(
    policies: tuple[Policy, ...],
    call: CallInfo,
    effect: Send,
    perform: Callable[[Send], Result],
    sleep: Callable[[float], object] = time.sleep,
    collect: Callable[[Any], object] = lambda outcome: outcome,
) -> Result:
    """Run a sync call through its policies.

    Only an `Exception` is raised in the policies: a cancellation closes them and propagates.

    Args:
        policies: The policies, the outermost first.
        call: The call.
        effect: The request to start with.
        perform: Calls the provider or another model.
        sleep: Waits for a number of seconds.
        collect: Reads the outcome of a `Send` to its end.
    """
    if effect.model is not None:  # it has its own policies
        _check_model(effect.model)
        return perform(effect)
    if not policies:
        return perform(effect)
    flow = policies[0](call, effect.request)
    inner = policies[1:]
    outcome: object = None
    error: Exception | None = None
    since = 0
    try:
        while True:
            yielded = flow.send(outcome) if error is None else flow.throw(error)
            outcome = error = None
            try:
                if isinstance(yielded, Send):
                    since = call.pending_endings
                    outcome = drive(inner, call, yielded, perform, sleep, collect)
                elif isinstance(yielded, Sleep):
                    sleep(yielded.seconds)
                elif isinstance(yielded, Run):
                    outcome = yielded.function()
                elif isinstance(yielded, Collect):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    outcome = collect(yielded.outcome)
                else:
                    raise _not_an_effect(yielded)
            except Exception as raised:
                error = raised
            if isinstance(yielded, _SENDING):
                call.end_send(since, outcome, error)
    except StopIteration as stop:
        return stop.value
    finally:
        flow.close()
        error = None  # or its traceback and this frame refer to each other


async def adrive(
    policies: tuple[Policy, ...],
    call: CallInfo,
    effect: Send,
    perform: Callable[[Send], Awaitable[Result]],
    sleep: Callable[[float], Awaitable[object]] | None = None,
    collect: Callable[[Any], Awaitable[object]] | None = None,
) -> Result:
    """Run an async call through its policies, under asyncio or trio; see `drive`."""
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
    since = 0
    try:
        while True:
            yielded = flow.send(outcome) if error is None else flow.throw(error)
            outcome = error = None
            try:
                if isinstance(yielded, Send):
                    since = call.pending_endings
                    outcome = await adrive(inner, call, yielded, perform, sleep, collect)
                elif isinstance(yielded, Sleep):
                    await sleep(yielded.seconds)
                elif isinstance(yielded, Run):
                    outcome = await _run(yielded)
                elif isinstance(yielded, Collect):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    outcome = yielded.outcome if collect is None else await collect(yielded.outcome)
                else:
                    raise _not_an_effect(yielded)
            except Exception as raised:
                error = raised
            if isinstance(yielded, _SENDING):
                call.end_send(since, outcome, error)
    except StopIteration as stop:
        return stop.value
    finally:
        flow.close()
        error = None  # or its traceback and this frame refer to each other


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


def _not_an_effect(yielded: object) -> TypeError:
    return TypeError(
        "a policy yields Send(...), Sleep(...), Run(...) or Collect(...), "
        f"not {type(yielded).__qualname__}"
    )
