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

The outcome of a `Send` is a response, or, for a stream, the opened stream with its first event at
hand: what a policy may repeat is always something that the user has seen nothing of. Policies
nest: a `Send` of an outer one runs the inner ones, the innermost asks the provider.
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
    """The wish to wait this many seconds."""

    seconds: float


Effect = Send | Sleep
Result = TypeVar("Result")

# What is sent in depends on the effect yielded, which the type of a generator cannot say.
Flow = Generator[Effect, Any, Result]


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
) -> Result:
    """Run a call through its policies, blocking.

    Only an `Exception` is shown to the policies: a cancellation ends them and passes through.
    """
    if effect.model is not None:  # it has policies of its own
        _check_model(effect.model)
        return perform(effect)
    if not policies:
        return perform(effect)
    flow = policies[0](call, effect.request)
    inner = policies[1:]
    outcome: Result | None = None
    error: Exception | None = None
    try:
        while True:
            wish = flow.send(outcome) if error is None else flow.throw(error)
            outcome = error = None
            try:
                if isinstance(wish, Send):
                    outcome = drive(inner, call, wish, perform, sleep)
                elif isinstance(wish, Sleep):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    sleep(wish.seconds)
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
    outcome: Result | None = None
    error: Exception | None = None
    try:
        while True:
            wish = flow.send(outcome) if error is None else flow.throw(error)
            outcome = error = None
            try:
                if isinstance(wish, Send):
                    outcome = await adrive(inner, call, wish, perform, sleep)
                elif isinstance(wish, Sleep):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    await sleep(wish.seconds)
                else:
                    raise _no_effect(wish)
            except Exception as raised:
                error = raised
    except StopIteration as stop:
        return stop.value
    finally:
        flow.close()


def _check_model(model: object) -> None:
    if isinstance(model, CallableModel):
        return
    remedy = f"create_chat_model({model!r})" if isinstance(model, str) else "a model"
    raise ConfigurationError(
        f"the model of a policy's Send(request, model) is of type {type(model).__qualname__}, "
        f"not a ChatModel; pass {remedy}, created once outside the policy"
    )


def _no_effect(wish: object) -> TypeError:
    return TypeError(f"a policy yields Send(...) or Sleep(...), not {type(wish).__qualname__}")
