"""How long the parts of a call may take."""

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values.parts import FrozenValue

_LONGEST = 1e9  # 30 years in seconds: the timers of operating systems overflow not far above


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LONGEST


class Timeout(FrozenValue, frozen=True, kw_only=True):
    """Time limits in seconds; `None` means no limit.

    By default only silence ends a call. Models that reason at high effort send no event for many
    minutes, while the server's pings and comments show that it works: such bytes satisfy `read`.
    They do not satisfy `first_event` and `between_events`, which wait for parsed events.

    Attributes:
        connect: Seconds until a connection is established, TLS included.
        read: Seconds between two chunks of bytes, the first one included. It applies to a function
            that returns the API key or token, too. The default is that of the vendors' own SDKs.
        first_event: Seconds from the start of an attempt to the first event of a stream.
        between_events: Seconds from one event of a stream to the next.
        total: Seconds from the call to its end, retries and the waits between them included.
    """

    connect: float | None = 10.0
    """Seconds until a connection is established, TLS included."""

    read: float | None = 600.0
    """Seconds between two chunks of bytes, the first one included.

    It applies to a function that returns the API key or token, too. The default is that of the
    vendors' own SDKs.
    """

    first_event: float | None = None
    """Seconds from the start of an attempt to the first event of a stream."""

    between_events: float | None = None
    """Seconds from one event of a stream to the next."""

    total: float | None = None
    """Seconds from the call to its end, retries and the waits between them included."""

    def __post_init__(self) -> None:
        problems = [
            f"timeout {name} must be a number of seconds above 0 or None, not {value!r}"
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not None and not _positive(value)
        ]
        if problems:
            raise InvalidRequestError("; ".join(problems))


DEFAULT_TIMEOUT = Timeout()


def as_timeout(value: Timeout | float, /, default: Timeout = DEFAULT_TIMEOUT) -> Timeout:
    """Read the `timeout` argument of a call or a model: a number limits the total.

    Raises:
        InvalidRequestError: It is neither a positive number of seconds nor a Timeout.
    """
    if isinstance(value, Timeout):
        return value
    if not _positive(value):
        raise InvalidRequestError(
            f"timeout must be a number of seconds above 0 or a Timeout(...), not {value!r}"
        )
    return Timeout(
        connect=default.connect,
        read=default.read,
        first_event=default.first_event,
        between_events=default.between_events,
        total=float(value),
    )
