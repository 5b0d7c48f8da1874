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
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._values.request import ChatRequest

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from chatmodels.core._calls.race import Branch

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


class Race(msgspec.Struct, frozen=True):
    """The effect of several sends at the same time, of which the first success counts.

    The first send starts at once. Each time that `delay` passes without an outcome, the next one
    starts. The outcome is that of the first success; the other sends are cancelled, and the streams
    that they opened are closed. If all sends that were started have failed, the last error is
    raised in the policy; and a `CallTimeoutError`, if the total time limit of the call is over.

    In sync calls, each send runs in a thread. A thread cannot be stopped: that of a send that was
    cancelled ends with its response or at its time limit, and closes its stream then. It sends
    nothing more.

    Each send is an attempt of its own, with its own run of the inner policies. `failed_attempts`
    lists a send that was cancelled with the code "cancelled".

    Attributes:
        sends: The sends, at least one. The iterator is advanced when the next send is to start,
            so that a generator can decide that late whether there is another one.
        delay: Seconds from the start of one send to the start of the next, at least 0.
    """

    sends: Iterable[Send]
    delay: float


Effect = Send | Sleep | Run | Collect | Race
"""Anything that a policy can yield."""

_SENDING = (Send, Collect, Race)  # a tuple, since a union is built anew each time

# The type of a generator cannot express that the outcome depends on the yielded effect.
Flow = Generator[Effect, Any, Result]
"""Generator that a policy returns: it yields effects and returns the outcome of the call."""


class Policy(Protocol):
    """Decides how a call is sent: once, again, later, to another model, or not at all.

    It must be thread-safe; the state of one call belongs in the generator.

    A call with something that the model does not support raises `UnsupportedError` before any
    policy. If a policy has a true attribute `handles_unsupported`, the error is raised at the first
    attempt instead, so that the policy can call another model.
    """

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Create the generator of one call."""
        ...


def can_replace(policies: Iterable[Policy], /) -> bool:
    """Report whether a policy can call another model after an `UnsupportedError`."""
    return any(getattr(policy, "handles_unsupported", False) for policy in policies)


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

    def absorb(self, other: "_Performer", /) -> None:
        pass

    def close(self) -> None:
        pass


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
) -> Any:
    """Run a sync call, or a branch of it, through its policies; see `drive`."""
    if effect.model is not None:  # it has its own policies
        _check_model(effect.model)
        return branch.perform(effect)
    if not policies:
        return branch.perform(effect)
    call = branch.call
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
                    outcome = drive_branch(inner, branch, yielded, sleep)
                elif isinstance(yielded, Sleep):
                    sleep(yielded.seconds)
                elif isinstance(yielded, Run):
                    outcome = yielded.function()
                elif isinstance(yielded, Collect):
                    outcome = branch.collect(yielded.outcome)
                elif isinstance(yielded, Race):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    from chatmodels.core._calls.race import race  # few policies need it

                    since = call.pending_endings
                    outcome = race(
                        branch,
                        _checked_sends(yielded),
                        yielded.delay,
                        lambda branch, send: drive_branch(inner, branch, send, sleep),
                    )
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
) -> Any:
    """Run an async call, or a branch of it, through its policies; see `drive`."""
    if effect.model is not None:
        _check_model(effect.model)
        return await branch.perform(effect)
    if not policies:
        return await branch.perform(effect)
    if sleep is None:
        from anyio import sleep
    call = branch.call
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
                    outcome = await adrive_branch(inner, branch, yielded, sleep)
                elif isinstance(yielded, Sleep):
                    await sleep(yielded.seconds)
                elif isinstance(yielded, Run):
                    outcome = await _run(yielded)
                elif isinstance(yielded, Collect):
                    outcome = await branch.collect(yielded.outcome)
                elif isinstance(yielded, Race):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
                    from chatmodels.core._calls.race import arace

                    since = call.pending_endings
                    outcome = await arace(
                        branch,
                        _checked_sends(yielded),
                        yielded.delay,
                        lambda branch, send: adrive_branch(inner, branch, send, sleep),
                    )
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
        "a policy yields Send(...), Sleep(...), Run(...), Collect(...) or Race(...), "
        f"not {type(yielded).__qualname__}"
    )


def _checked_sends(effect: Race) -> Iterator[Send]:
    send = None
    for send in effect.sends:
        if not isinstance(send, Send):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
            raise TypeError(f"a policy's Race(...) has Send(...), not {type(send).__qualname__}")
        yield send
    if send is None:
        raise TypeError("a policy's Race(...) has no Send(...)")
