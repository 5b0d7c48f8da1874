"""Counts failures in telemetry, and logs the first of each kind."""

from threading import RLock

from chatmodels.core.extending import error_facts, logger


class Guard:
    """Counts failures by their place, and logs the first failure of each place.

    Errors in recording, exporting, redaction and hooks must not break a call. Every entry point of
    this package catches exceptions and passes them to this class.
    """

    def __init__(self) -> None:
        self.failures: dict[str, int] = {}
        self._lock = RLock()  # the garbage collector can end a call, which fails, within `with`

    def after_fork(self) -> None:
        """Replace the lock, in a child process."""
        self._lock = RLock()

    def record_failure(self, where: str, error: Exception, /) -> None:
        """Count a failure, and log it if it is the first.

        Args:
            where: The place in this package, one of a few.
            error: The exception.
        """
        with self._lock:
            count = self.failures[where] = self.failures.get(where, 0) + 1
        record = logger("chatmodels.otel")
        if count == 1:
            record.warning(
                "telemetry failed in %s and continues without it: %s; further failures there are "
                "only counted, as chatmodels.telemetry.failures",
                where,
                type(error).__qualname__,
                extra={"where": where, **error_facts(error)},
            )
        else:
            record.debug("telemetry failed in %s again", where, extra=error_facts(error))
