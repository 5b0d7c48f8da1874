"""One HTTP exchange of a call: a request that was sent, and the outcome."""

import time
from collections.abc import Sequence

from chatmodels.core._errors.codes import ErrorCode
from chatmodels.core._errors.rules import error_code


class HttpExchange:
    """One request of a call and its outcome.

    A call has several if it is retried, or if credentials are renewed after a 401.

    Attributes:
        method: The method, such as "POST".
        url: The full URL, as sent. It can contain secrets if `base_url` does.
        started: The time of sending, in seconds of the monotonic clock.
        ended: The end of the exchange, by the same clock; None before it.
        status: The HTTP status; None if no response arrived.
        failure: The code of the error that ended it; None for a success, and for a stream that was
            left early.
    """

    __slots__ = ("ended", "failure", "method", "started", "status", "url")

    def __init__(self, method: str, url: str, /) -> None:
        self.method = method
        self.url = url
        self.started = time.monotonic()
        self.ended: float | None = None
        self.status: int | None = None
        self.failure: ErrorCode | None = None

    def end(self, error: BaseException | None = None, /) -> None:
        """Record the end, once; later ones are ignored."""
        if self.ended is None:
            self.ended = time.monotonic()
            if error is not None:  # only the code: the error would form a cycle with the call
                self.failure = error_code(error)


def end_exchanges(exchanges: Sequence[HttpExchange], error: BaseException | None = None, /) -> None:
    """Record the end of exchanges; an error, if any, ended the last one."""
    # Fast path: nearly all calls have one exchange, and call this at its end and at their own.
    if exchanges[-1].ended is None:
        exchanges[-1].end(error)
    if len(exchanges) > 1:
        for exchange in exchanges:
            exchange.end()
