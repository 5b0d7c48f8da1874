"""What fails in telemetry stays in telemetry: counted, and told once."""

from threading import RLock

from chatmodels.core.extending import error_facts, logger


class Guard:
    """Counts what failed, by place, and logs the first failure of each.

    Nothing that is recorded, exported, redacted or computed by a hook may break a call, so every
    entrance into this package catches what is raised and brings it here.
    """

    def __init__(self) -> None:
        self.failures: dict[str, int] = {}
        self._lock = RLock()  # what the garbage collector ends may fail in here

    def forked(self) -> None:
        """Begin anew, in a child process."""
        self._lock = RLock()

    def failed(self, where: str, error: Exception, /) -> None:
        """Take note of a failure.

        Args:
            where: The place in this package, one of a few.
            error: What was raised.
        """
        with self._lock:
            count = self.failures[where] = self.failures.get(where, 0) + 1
        record = logger("chatmodels.otel")
        if count == 1:
            record.warning(
                "telemetry failed in %s and goes on without: %s; further failures there are only "
                "counted, as chatmodels.telemetry.failures",
                where,
                type(error).__qualname__,
                extra={"where": where, **error_facts(error)},
            )
        else:
            record.debug("telemetry failed in %s again", where, extra=error_facts(error))
