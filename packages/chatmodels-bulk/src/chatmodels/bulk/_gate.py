"""Lets no further request be sent once a run stops."""

from collections.abc import Callable
from typing import Any

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ErrorCode,
    OutputInvalidError,
    ResponseInvalidError,
)
from chatmodels.core.extending import CallInfo, Flow, Policy


class NotSentError(ChatModelError):
    """The run stopped before the request of a row was sent; the row has no result."""


class Gate:
    """Extends two policies, around those that wait, so that a call that waits is not sent.

    It adds to policies instead of being one, because each policy around a call takes time.

    Attributes:
        is_closed: Whether no further request is sent.
        ended: The number of calls that have ended.

    Args:
        should_stop: Reports, before each request, whether the gate is to close.
    """

    def __init__(self, should_stop: Callable[[], bool] | None = None) -> None:
        self.is_closed = False
        self._should_stop = should_stop
        self._under_way = 0
        self.ended = 0

    def is_empty(self, received: int) -> bool:
        """Report whether it is closed, and the outcomes of all calls that were sent are received.

        Args:
            received: The number of received outcomes, in units of `ended`.
        """
        return self.is_closed and not self._under_way and received >= self.ended

    def outer(self, policy: Policy, /) -> Policy:
        """Return a policy, the outermost one, that also counts the calls that have ended.

        A request whose response is malformed, which can be by chance, is sent once more.
        """

        def flow(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
            try:
                return (yield from policy(call, request))
            except OutputInvalidError:
                raise  # the model's mistake: `Reask` is for it
            except ResponseInvalidError:
                return (yield from policy(call, request))
            finally:
                self.ended += 1

        return flow

    def inner(self, policy: Policy, /) -> Policy:
        """Return a policy, inside of those that wait, that sends nothing once the run stops."""

        def flow(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
            if self._should_stop is not None and self._should_stop():
                self.is_closed = True
            if self.is_closed:
                # With a code that no policy repeats.
                raise NotSentError(
                    "the run stopped before the request was sent",
                    op="bulk",
                    code=ErrorCode.CONFIGURATION_INVALID,
                )
            self._under_way += 1
            try:
                return (yield from policy(call, request))
            finally:
                self._under_way -= 1

        return flow
