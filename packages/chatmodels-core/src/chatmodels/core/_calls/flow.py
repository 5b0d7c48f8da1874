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
Therefore, a policy repeats only calls that have not returned anything to the user, unless it yields
a `Forward`: then it can continue a stream that breaks later. Policies nest:
a `Send` of an outer policy runs the inner ones, and the innermost calls the provider. A policy can
return a `ChatResponse` for a stream too; its events are replayed.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.effects import (
    Collect,
    Flow,
    Forward,
    Policy,
    Race,
    Run,
    Send,
    Sleep,
    Suspended,
)
from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._concurrency.running import running_library
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._values.request import ChatRequest

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from chatmodels.core._calls.race import Branch

    Result = TypeVar("Result", default=Any)
else:
    from typing import TypeVar

    Result = TypeVar("Result")

_SENDING = (Send, Collect, Race)  # a tuple, since a union is built anew each time


class _Resumed:
    """The policy that goes on with a flow, instead of a new one."""

    def __init__(self, flow: Flow[Any]) -> None:
        self.flow = flow

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return self.flow


_ENDED: Flow[Any] = (effect for effect in ())


class _Performer:
    """The branch of a call that consists of functions."""

    def __init__(
        self, call: CallInfo, perform: Callable[[Send], Any], collect: Callable[[Any], Any]
    ) -> None:
        self.call = call
        self.perform = perform
        self.collect = collect

    def branch(self) -> "_Performer":
        return _Performer(self.call.branch(), self.perform, self.collect)

    def forward(self, suspended: Suspended, /) -> object:
        """Return the outcome: a function is not called again after it."""
        suspended.flow.close()
        return suspended.effect.outcome

    def absorb(self, other: "_Performer", /) -> None:
        """Nothing to take over."""

    def close(self) -> None:
        """Nothing to close."""


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
    return drive_branch(policies, _Performer(call, perform, collect), effect, sleep)


def drive_branch(
    policies: tuple[Policy, ...],
    branch: "Branch",
    effect: Send,
    sleep: Callable[[float], object] = time.sleep,
    error: Exception | None = None,
    since: int = 0,
) -> Any:
    """Run a sync call, or a branch of it, through its policies; see `drive`.

    With an `error`, the first policy is a suspended one, in which the error is raised; `since` is
    the number of functions for the end of the call.
    """
    if effect.model is not None:  # it has its own policies
        _check_model(effect.model)
        return branch.perform(effect)
    if not policies:
        return branch.perform(effect)
    call = branch.call
    flow = policies[0](call, effect.request)
    inner = policies[1:]
    outcome: object = None
    try:
        while True:
            yielded = flow.send(outcome) if error is None else flow.throw(error)
            outcome = error = None
            try:
                if isinstance(yielded, Send):
                    since = call.pending_endings
                    outcome = drive_branch(inner, branch, yielded, sleep)
                elif isinstance(yielded, Sleep):
                    sleep(yielded.seconds)
                elif isinstance(yielded, Run):
                    outcome = yielded.function()
                elif isinstance(yielded, Collect):
                    outcome = branch.collect(yielded.outcome)
                elif isinstance(yielded, Race):
                    from chatmodels.core._calls.race import race  # few policies need it

                    since = call.pending_endings
                    outcome = race(
                        branch,
                        _checked_sends(yielded),
                        yielded.delay,
                        lambda branch, send: drive_branch(inner, branch, send, sleep),
                    )
                elif isinstance(yielded, Forward):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    resumed = _Resumed(flow)
                    resume = partial(drive_branch, (resumed, *inner), branch, effect, sleep)
                    suspended = Suspended(yielded, flow, since, resume)
                    flow = _ENDED  # the other one goes on
                    is_first = not isinstance(policies[0], _Resumed)
                    return branch.forward(suspended) if is_first else suspended
                else:
                    raise _not_an_effect(yielded)
            except Exception as raised:
                error = raised
            if call.pending_endings > since and isinstance(yielded, _SENDING):
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
    performer = _Performer(call, perform, _return if collect is None else collect)
    return await adrive_branch(policies, performer, effect, sleep)


async def adrive_branch(
    policies: tuple[Policy, ...],
    branch: "Branch",
    effect: Send,
    sleep: Callable[[float], Awaitable[object]] | None = None,
    error: Exception | None = None,
    since: int = 0,
) -> Any:
    """Run an async call, or a branch of it, through its policies; see `drive_branch`."""
    if effect.model is not None:
        _check_model(effect.model)
        return await branch.perform(effect)
    if not policies:
        return await branch.perform(effect)
    call = branch.call
    flow = policies[0](call, effect.request)
    inner = policies[1:]
    outcome: object = None
    try:
        while True:
            yielded = flow.send(outcome) if error is None else flow.throw(error)
            outcome = error = None
            try:
                if isinstance(yielded, Send):
                    since = call.pending_endings
                    outcome = await adrive_branch(inner, branch, yielded, sleep)
                elif isinstance(yielded, Sleep):
                    await (sleep or _sleep)(yielded.seconds)
                elif isinstance(yielded, Run):
                    outcome = await _run(yielded)
                elif isinstance(yielded, Collect):
                    outcome = await branch.collect(yielded.outcome)
                elif isinstance(yielded, Race):
                    from chatmodels.core._calls.race import arace

                    since = call.pending_endings
                    outcome = await arace(
                        branch,
                        _checked_sends(yielded),
                        yielded.delay,
                        lambda branch, send: adrive_branch(inner, branch, send, sleep),
                    )
                elif isinstance(yielded, Forward):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    resumed = _Resumed(flow)
                    resume = partial(adrive_branch, (resumed, *inner), branch, effect, sleep)
                    suspended = Suspended(yielded, flow, since, resume)
                    flow = _ENDED
                    is_first = not isinstance(policies[0], _Resumed)
                    return branch.forward(suspended) if is_first else suspended
                else:
                    raise _not_an_effect(yielded)
            except Exception as raised:
                error = raised
            if call.pending_endings > since and isinstance(yielded, _SENDING):
                call.end_send(since, outcome, error)
    except StopIteration as stop:
        return stop.value
    finally:
        flow.close()
        error = None  # or its traceback and this frame refer to each other


async def _return(outcome: object) -> object:
    return outcome


async def _sleep(seconds: float) -> None:
    await running_library().sleep(seconds)


async def _run(effect: Run) -> object:
    if effect.afunction is not None:
        return await effect.afunction()
    return await running_library().in_thread(effect.function)


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
        "a policy yields Send(...), Sleep(...), Run(...), Collect(...), Race(...) or "
        f"Forward(...), not {type(yielded).__qualname__}"
    )


def _checked_sends(effect: Race) -> Iterator[Send]:
    send = None
    for send in effect.sends:
        if not isinstance(send, Send):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
            raise TypeError(f"a policy's Race(...) has Send(...), not {type(send).__qualname__}")
        yield send
    if send is None:
        raise TypeError("a policy's Race(...) has no Send(...)")
