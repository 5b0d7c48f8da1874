"""Lets a row that alone exceeds a limit of the vendor not hold back the other rows."""

from typing import Any
from weakref import WeakKeyDictionary

from chatmodels.core import ChatRequest, ErrorCode, RateLimitError
from chatmodels.core.extending import CallInfo, Flow, Policy, Send

_ATTEMPTS = 3
"""The attempts after which a row is limited alone, if another one was answered since a limit."""


class LimitedRows:
    """Extends the `RateLimit` of a run, and has a policy inside of it.

    A `Retry-After` holds back all rows. That of a row which is limited again and again, while the
    vendor answers others, is for that row alone: the inner policy hides it from the `RateLimit`,
    and it is restored outside for the retry and the result.
    """

    def __init__(self) -> None:
        self._has_answered = False  # since the last limit
        self._hidden: WeakKeyDictionary[RateLimitError, float] = WeakKeyDictionary()

    def outer(self, limit: Policy, /) -> Policy:
        """Return a `RateLimit` that also restores what the inner policy has hidden."""

        def flow(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
            try:
                return (yield from limit(call, request))
            except RateLimitError as error:
                error.retry_after = self._hidden.pop(error, error.retry_after)
                raise

        return flow

    def inner(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Hide the `retry_after` of a row that is limited alone."""
        try:
            outcome = yield Send(request)
        except RateLimitError as error:
            codes = [each.code for each in call.failed_attempts]
            is_alone = self._has_answered and codes.count(ErrorCode.RATE_LIMITED) >= _ATTEMPTS
            if is_alone and error.retry_after is not None:
                self._hidden[error], error.retry_after = error.retry_after, None
            self._has_answered = False
            raise
        self._has_answered = True
        return outcome
