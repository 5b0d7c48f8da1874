"""The parts of OpenAI's batch API that other vendors have, too: files of rows and of answers.

A file of rows is uploaded as a form (RFC 7578). A file of answers has a line for each row, with a
response or an error; each of the two files of a batch can be missing.
"""

from collections.abc import Mapping, Sequence

import msgspec

from chatmodels.core.extending import BatchAnswer, BatchStatus, published_in
from chatmodels.http import BatchEndpoint, BatchSteps, HttpRequest, WholeBody
from chatmodels.http.wire import Json, Wire, is_object

BATCH_LABEL = "chatmodels"
"""The key of the metadata with the name of a batch."""

_NOT_PROCESSED = frozenset({"batch_expired", "batch_cancelled"})
_FAILED = 500
_BOUNDARY = "chatmodels-batch-4f1c3a7e9b2d"


@published_in("chatmodels.openai_compatible")
class CompatibleBatches(BatchEndpoint, frozen=True, kw_only=True):
    """The parts of a `BatchFormat` with files, for batch APIs like OpenAI's."""

    def row(self, id_: str, request: HttpRequest, /) -> bytes:
        """Encode a row with an id and the body of a call."""
        return msgspec.json.encode({"custom_id": id_, "body": msgspec.Raw(request.body)})

    def results(self, status: BatchStatus, /) -> Sequence[HttpRequest | WholeBody]:
        """Return the requests for the files of answers."""
        return [self.get(f"/files/{self.part(id_)}/content") for id_ in status.outputs]

    def read(self, row: bytes, /) -> BatchAnswer:
        """Read the answer on a line."""
        line = self.decode(row, BatchLine, "an answer of a batch")
        response, error = line.response, line.error
        if response is not None and response.status_code:
            return BatchAnswer(
                id=line.custom_id,
                status=response.status_code,
                body=bytes(response.body),
                request_id=response.request_id,
            )
        if isinstance(error, str):
            error = {"message": error}
        if not is_object(error) or error.get("code") in _NOT_PROCESSED:
            return BatchAnswer(id=line.custom_id)
        status, error = self.call_error(error)
        return self.failed_answer(line.custom_id, status, {"error": error})

    def call_error(self, error: dict[str, Json], /) -> tuple[int, dict[str, Json]]:
        """Return the status and the error of a call from the error of a line."""
        return _FAILED, error

    def upload(
        self,
        name: str,
        rows: Sequence[bytes],
        /,
        *,
        path: str = "/files",
        fields: Mapping[str, str] = {},
    ) -> BatchSteps["BatchFile"]:
        """Upload a file of rows.

        Args:
            name: The name of the batch, which is that of the file.
            rows: The rows.
            path: The path of the upload.
            fields: The fields of the form beside the file.
        """
        headers = (*self.headers, ("content-type", f"multipart/form-data; boundary={_BOUNDARY}"))
        body = _multipart(f"{name}.jsonl", rows, fields)
        request = HttpRequest(path=f"{self.path}{path}{self.query}", body=body, headers=headers)
        return self.decode((yield request), BatchFile, "a file")

    def is_labelled(self, metadata: Json, name: str, /) -> bool:
        """Report whether the metadata of a batch have its name."""
        return is_object(metadata) and metadata.get(BATCH_LABEL) == name


@published_in("chatmodels.openai_compatible")
class BatchFile(Wire, frozen=True, gc=False):
    """An uploaded file.

    Attributes:
        id: Its id.
        status: The progress of the vendor's check of the file; None if the vendor reports none.
    """

    id: str
    status: str | None = None


class WireResponse(Wire, frozen=True, gc=False):
    """The response to a row, as a call would have had it."""

    status_code: int = 0
    request_id: str | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


@published_in("chatmodels.openai_compatible")
class BatchLine(Wire, frozen=True, gc=False):
    """The answer to a row: a response, or an error of the batch itself."""

    custom_id: str
    response: WireResponse | None = None
    error: Json = None


def _multipart(name: str, rows: Sequence[bytes], fields: Mapping[str, str]) -> bytes:
    """Encode the form of an upload; no row begins like a boundary, because it is JSON."""
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    ]
    start = (
        f"{''.join(parts)}--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    )
    return b"".join((start.encode(), b"\n".join(rows), f"\r\n--{_BOUNDARY}--\r\n".encode()))
