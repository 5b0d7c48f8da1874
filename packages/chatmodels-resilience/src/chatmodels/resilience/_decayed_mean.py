"""A mean in which older values count less."""


class DecayedMean:
    """The mean of values, each of which loses half of its weight in `half_life` seconds.

    Args:
        half_life: The half-life in seconds, above 0.
    """

    __slots__ = ("_half_life", "_sum", "_weight", "updated")

    def __init__(self, half_life: float) -> None:
        self._half_life = half_life
        self._sum = 0.0
        self._weight = 0.0
        self.updated = 0.0

    @property
    def value(self) -> float:
        """The mean, after the first value."""
        return self._sum / self._weight

    def add(self, value: float, now: float) -> None:
        """Add a value.

        Args:
            value: The value.
            now: The time in seconds, by any clock.
        """
        rest = 2.0 ** ((self.updated - now) / self._half_life) if self._weight else 0.0
        self._sum = self._sum * rest + value
        self._weight = self._weight * rest + 1.0
        self.updated = now
