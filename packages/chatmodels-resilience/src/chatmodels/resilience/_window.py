"""The amounts that are used within a period of time."""

from collections import deque

_BUCKETS = 1024  # in a period: more precise than the delay of a sleep, and 100 kB at most


class Use:
    """An amount that is used at a time, or planned for it."""

    __slots__ = ("amount", "bucket")

    def __init__(self, bucket: "_Bucket", amount: int) -> None:
        self.bucket = bucket
        self.amount = amount


class Window:
    """A sliding window: in any period, no more than the limit is used.

    Uses are added in the order of their times: first come, first served. Those within 1/1024 of
    the period share a bucket, whose time is that of the last one. The memory is therefore bounded,
    and a later use waits for at most that much longer. Each operation takes constant time on
    average.

    Args:
        limit: The most to use in a period; it can be changed.
        period: The period in seconds.
    """

    __slots__ = ("_buckets", "_grain", "_past", "_used", "limit", "period")

    def __init__(self, limit: float, period: float) -> None:
        self.limit = limit
        self.period = period
        self._grain = period / _BUCKETS
        self._buckets: deque[_Bucket] = deque()  # of the period that ends with the last use
        self._past: deque[_Bucket] = deque()  # of earlier ones: if the last use is removed
        self._used = 0  # in `_buckets`

    def earliest(self, start: float, amount: int) -> float:
        """Return the earliest time from `start` on, and from the last use on, for an amount.

        More than the limit never fits: such an amount needs an empty period.
        """
        buckets = self._buckets
        if not buckets:
            return start
        last = buckets[-1].time
        if start < last:
            start = last
        if self._used + amount <= self.limit:
            return start  # also with all that is over
        used, free = self._used, self.limit - min(amount, self.limit)
        for bucket in buckets:
            end = bucket.time + self.period
            if end > start:
                if used <= free:
                    break
                start = end
            used -= bucket.amount
        return start

    def add(self, start: float, amount: int, now: float) -> Use:
        """Add a use at a time that is not before the last one, and forget what is over."""
        return Use(self.count(start, amount, now), amount)

    def count(self, start: float, amount: int, now: float) -> "_Bucket":
        """Add a use that is neither changed nor removed later; see `add`."""
        buckets, past = self._buckets, self._past
        while buckets and buckets[0].time + self.period <= start:
            bucket = buckets.popleft()
            bucket.counts = False
            self._used -= bucket.amount
            past.append(bucket)
        while past and past[0].time + self.period <= now:
            past.popleft()
        if buckets and start - buckets[-1].begin <= self._grain:
            bucket = buckets[-1]
            bucket.time = start
        else:
            bucket = _Bucket(start)
            buckets.append(bucket)
        bucket.amount += amount
        bucket.uses += 1
        self._used += amount
        return bucket

    def change(self, use: Use, amount: int) -> None:
        """Correct the amount of a use."""
        difference = amount - use.amount
        use.amount = amount
        use.bucket.amount += difference
        if use.bucket.counts:
            self._used += difference

    def remove(self, use: Use) -> None:
        """Remove a use that was planned, so that later ones do not wait for its time."""
        self.change(use, 0)
        use.bucket.uses -= 1
        buckets, past = self._buckets, self._past
        for part in (buckets, past):
            while part and not part[-1].uses:
                part.pop()
            if part:
                end = part[-1].time
                break
        else:
            return
        while past and past[-1].time + self.period > end:
            bucket = past.pop()
            bucket.counts = True
            self._used += bucket.amount
            buckets.appendleft(bucket)

    def __len__(self) -> int:
        return len(self._buckets) + len(self._past)


class _Bucket:
    __slots__ = ("amount", "begin", "counts", "time", "uses")

    def __init__(self, time: float) -> None:
        self.begin = self.time = time
        self.amount = 0
        self.uses = 0
        self.counts = True
