"""Time limits of calls."""

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values.parts import FrozenValue

_MAX_SECONDS = 1e9  # 30 years in seconds, near the overflow of operating systems' timers


def _positive(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 < value <= _MAX_SECONDS


class Timeout(FrozenValue, frozen=True, kw_only=True):
    """Time limits in seconds; `None` means no limit.

    By default, only silence ends a call. Models with high reasoning effort send no event for many
    minutes, while the server sends pings and comments. Such bytes reset `read`, but not
    `first_event` and `between_events`, which wait for parsed events.

    Attributes:
        connect: Seconds to establish a connection, including TLS.
        read: Seconds between two chunks of bytes, and before the first. It also limits a function
            that returns the API key or the token. The default is that of the vendors' own SDKs.
        first_event: Seconds from the start of an attempt to the first event of a stream.
        between_events: Seconds from one event of a stream to the next.
        total: Seconds from the call to its end, including retries and the delays between them.
    """

    connect: float | None = 10.0
    """Seconds to establish a connection, including TLS."""

    read: float | None = 600.0
    """Seconds between two chunks of bytes, and before the first.

    It also limits a function that returns the API key or the token. The default is that of the
    vendors' own SDKs.
    """

    first_event: float | None = None
    """Seconds from the start of an attempt to the first event of a stream."""

    between_events: float | None = None
    """Seconds from one event of a stream to the next."""

    total: float | None = None
    """Seconds from the call to its end, including retries and the delays between them."""

    def __post_init__(self) -> None:
        limits = self.connect, self.read, self.first_event, self.between_events, self.total
        for limit in limits:
            # The first two conditions are those of most limits, and the fastest.
            if limit is None or (type(limit) is float and 0 < limit <= _MAX_SECONDS):
                continue
            if not _positive(limit):
                break
        else:
            return
        raise InvalidRequestError(
            "; ".join(
                f"timeout {name} must be a number of seconds above 0 or None, not {value!r}"
                for name, value in zip(self.__struct_fields__, limits, strict=True)
                if value is not None and not _positive(value)
            )
        )


DEFAULT_TIMEOUT = Timeout()


def as_timeout(value: Timeout | float, /, default: Timeout = DEFAULT_TIMEOUT) -> Timeout:
    """Convert the `timeout` argument of a call or a model; a number is the total limit.

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
