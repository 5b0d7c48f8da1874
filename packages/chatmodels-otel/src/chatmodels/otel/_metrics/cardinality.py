"""Limits the number of external names that become attributes of metrics."""

from chatmodels.otel._semconv import OTHER


class BoundedNames:
    """A bounded set of names; `_OTHER` stands for further ones.

    Args:
        most: The largest number of names; concurrent threads can add one more.
    """

    __slots__ = ("_most", "_names")

    def __init__(self, most: int) -> None:
        self._most = most
        self._names: set[str] = set()

    def limit(self, name: str, /) -> str:
        """Return the name to record."""
        if name in self._names:
            return name
        if len(self._names) >= self._most:
            return OTHER
        self._names.add(name)
        return name
