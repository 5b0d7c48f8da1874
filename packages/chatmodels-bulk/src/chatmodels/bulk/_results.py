"""The result of a row, and its form in a checkpoint."""

from typing import Any

import msgspec

from chatmodels.bulk._rows import Row
from chatmodels.core import ChatModelError, ChatResponse, ErrorCode, from_json, to_json
from chatmodels.core.extending import Output, error_class


class RowResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one row.

    Attributes:
        row: The row; that of a stored result has no columns.
        sample: The number of the sample, from 0.
        response: The response; None if the row failed.
        error: The error; None if the row has a response.
    """

    row: Row
    sample: int = 0
    response: ChatResponse[Any] | None = None
    error: ChatModelError | None = None

    @property
    def text(self) -> str | None:
        """The text of the response; None if the row failed."""
        return None if self.response is None else self.response.text

    @property
    def parsed(self) -> Any:
        """The output as the `output_type` of the run; None if the row failed or has none."""
        return None if self.response is None else self.response.parsed


class _ErrorFacts(msgspec.Struct, omit_defaults=True):
    """The facts of an error that are stored: those that its record in a file has."""

    code: ErrorCode
    message: str
    provider: str | None = None
    model: str | None = None
    status: int | None = None
    request_id: str | None = None
    attempts: int = 1


def write_result(result: RowResult, /) -> bytes:
    """Return a result as it is stored."""
    if result.response is not None:
        return to_json(result.response)
    error = result.error
    assert error is not None
    facts = _ErrorFacts(
        error.code,
        error.message,
        error.provider,
        error.model,
        error.status,
        error.request_id,
        len(error.failed_attempts) or 1,
    )
    return msgspec.json.encode(facts)


def read_result(
    row: Row, sample: int, stored: bytes, output: Output[Any] | None, /, *, failed: bool
) -> RowResult:
    """Return a result from its stored form, with its output parsed again."""
    if not failed:
        response: ChatResponse[Any] = from_json(stored, ChatResponse)
        if output is not None:
            response = msgspec.structs.replace(response, parsed=output.parse(response.text))
        return RowResult(row=row, sample=sample, response=response)
    facts = msgspec.json.decode(stored, type=_ErrorFacts)
    error = error_class(facts.code)(
        facts.message,
        op="generate",
        code=facts.code,
        provider=facts.provider,
        model=facts.model,
        status=facts.status,
        request_id=facts.request_id,
        details={"attempts": facts.attempts},
    )
    return RowResult(row=row, sample=sample, error=error)
