"""The effects that policies yield, and the interface of policies."""

from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._values.events import StreamEvent
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse

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


Join = Callable[[StreamEvent], Iterable[StreamEvent]]
"""Converts one event of a continuing stream to those for the user, which can be none."""

Joint = Callable[[ChatResponse[Any], int], Join]
"""Joins a stream that broke and the stream that continues it, at the beginning of the latter.

It is called with the response so far and the highest index of a part in its events. The user has
received these events: a joint omits the second `StreamStart`, adds up the usage, and moves further
parts to other indexes.
"""


class Forward(msgspec.Struct, frozen=True):
    """The effect of forwarding an outcome to the user, as the last effect of a policy.

    The outcome is that of the policy, as if it was returned. A stream can break after its first
    event. Then the error is raised in the policy, with the response so far as `partial`, and the
    policy can decide as before. If it forwards or returns another outcome, the stream of the user
    continues with that. If it raises, the stream of the user ends with the error.

    Attributes:
        outcome: The outcome of a `Send`.
        joint: Joins the stream, if it breaks, and the one that continues it.
    """

    outcome: Any
    joint: Joint


Effect = Send | Sleep | Run | Collect | Race | Forward
"""Anything that a policy can yield."""

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


class Suspended(msgspec.Struct, frozen=True):
    """A policy that waits at its `Forward`.

    Attributes:
        effect: The effect.
        flow: The generator of the policy.
        since: The number of functions for the end of the call before the last `Send`.
        resume: Raises an error in the policy, and runs it to its outcome, or to its next `Forward`:
            that is another `Suspended`. The other argument is the present number of these
            functions. For an async call, the result is awaited.
    """

    effect: Forward
    flow: Flow[Any]
    since: int
    resume: Callable[[Exception, int], Any]
