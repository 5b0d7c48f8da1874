"""Names that others make up, of which only so many become attributes of metrics."""

from chatmodels.otel._semconv import OTHER


class Bounded:
    """The first so many names as they are, and `_OTHER` for those that come later.

    Args:
        most: How many are told apart; threads that race may add one more.
    """

    __slots__ = ("_known", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def told(self, name: str, /) -> str:
        """Give the name to record."""
        if name in self._known:
            return name
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(name)
        return name
