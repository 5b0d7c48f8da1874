"""The calls of a source: each sample of each row, with its prompt."""

from collections.abc import Iterable, Iterator

import msgspec

from chatmodels.bulk._prompts import BuildPrompt
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._rows import Row
from chatmodels.core import ChatModelError, ChatRequest, InvalidRequestError, Message
from chatmodels.core.extending import as_messages


class Question(msgspec.Struct, frozen=True):
    """A call to make: a row, the number of its sample, and the prompt."""

    row: Row
    sample: int
    prompt: tuple[Message, ...] | ChatRequest


def questions(
    rows: Iterable[Row], build: BuildPrompt, samples: int, /
) -> Iterator[Question | RowResult]:
    """Yield the calls of rows; a row without a prompt is a result that failed.

    Raises:
        InvalidRequestError: The first row has no prompt, so that probably none has.
    """
    for row in rows:
        try:
            if row.problem is not None:
                raise InvalidRequestError(row.problem)
            prompt = build(row)
            if not isinstance(prompt, ChatRequest):
                prompt = as_messages(prompt)
        except ChatModelError as error:
            if row.number == 0:
                raise
            for sample in range(samples):
                yield RowResult(row=row, sample=sample, error=error)
            continue
        for sample in range(samples):
            yield Question(row, sample, prompt)


def check_count(name: str, value: object, /) -> None:
    """Check a number that is passed as the argument `name`.

    Raises:
        InvalidRequestError: It is no positive integer.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidRequestError(f"{name} must be a positive integer, not {value!r}")
