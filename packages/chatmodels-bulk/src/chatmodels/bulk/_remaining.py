"""The calls that an earlier run has not answered."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

from chatmodels.bulk._checkpoint import KnownKeys, Stored, to_units
from chatmodels.bulk._identity import RunIdentity
from chatmodels.bulk._questions import Question
from chatmodels.bulk._results import RowResult, write_result
from chatmodels.core import ChatModelError, ConfigurationError

Changed = Literal["stop", "redo", "keep"]
"""The reaction to a row whose request is not that of its stored result."""

_NO_REQUEST = b""


class Remaining:
    """Chooses the calls to make, and remembers the keys of those that are under way.

    Attributes:
        end: The place behind the last call that was read.

    Args:
        known: The keys of the stored results.
        identity: The identity of the run.
        samples: The number of samples of each row.
        changed: The reaction to a row that has changed.
        retry_failed: Whether rows that failed are asked again.
    """

    def __init__(
        self,
        known: KnownKeys,
        identity: RunIdentity,
        samples: int,
        changed: Changed,
        *,
        retry_failed: bool,
    ) -> None:
        self._known = known
        self._identity = identity
        self._samples = samples
        self._changed = changed
        self._retry_failed = retry_failed
        self._keys: dict[int, bytes] = {}
        self.end = 0

    def of(self, calls: Iterable[Question | RowResult]) -> Iterator[Question | RowResult]:
        """Yield the calls that have no result yet.

        Raises:
            ConfigurationError: A row has changed, and that is to stop the run.
        """
        for call in calls:
            question = call
            place = self.place(question)
            self.end = place + 1
            try:
                key = self._key(question)
            except ChatModelError as error:
                key = _NO_REQUEST
                question = RowResult(row=question.row, sample=question.sample, error=error)
            if self._is_open(question, place, key):
                self._keys[place] = key
                yield question

    def stored(self, result: RowResult, cost: Decimal | None) -> Stored:
        """Return a result as it is stored."""
        place = self.place(result)
        usage = None if result.response is None else result.response.usage
        return Stored(
            place=place,
            id=result.row.id,
            key=self._keys.pop(place),
            failed=result.response is None,
            value=write_result(result),
            input=usage and usage.input_tokens,
            output=usage and usage.output_tokens,
            cost=to_units(cost),
        )

    def take_key(self, question: Question, /) -> bytes:
        """Return the key of a call, which is then stored elsewhere."""
        return self._keys.pop(self.place(question))

    def give_key(self, result: Question | RowResult, key: bytes, /) -> None:
        """Remember the key of a call that was stored elsewhere."""
        self._keys[self.place(result)] = key

    def place(self, question: Question | RowResult, /) -> int:
        """Return the place of a call or its result: its number in the whole run."""
        return question.row.number * self._samples + question.sample

    def _key(self, question: Question | RowResult) -> bytes:
        if isinstance(question, RowResult):
            return _NO_REQUEST
        return self._identity.key(question.row.id, question.sample, question.prompt)

    def _is_open(self, question: Question | RowResult, place: int, key: bytes) -> bool:
        known = self._known.get(place)
        if known is None:
            return True
        earlier, failed = known
        if failed and (self._retry_failed or earlier == _NO_REQUEST != key):
            return True
        if earlier != key and self._changed != "keep":
            if self._changed == "redo":
                return True
            raise ConfigurationError(
                f"row {question.row.id!r} has changed since its result was stored; pass "
                "changed='redo' to ask again, changed='keep' to keep the result, or choose "
                "another output",
                op="bulk",
            )
        return False
