"""The batch API of a model over HTTP."""

import json
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

import msgspec

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    ResponseInvalidError,
    Timeout,
    UnsupportedError,
)
from chatmodels.core.extending import (
    BatchAnswer,
    BatchLimits,
    BatchStatus,
    UnsettledBatch,
)
from chatmodels.http._bodies import aread_body
from chatmodels.http._codec.batches import (
    BatchFormat,
    BatchSteps,
    FirstLine,
    ResponseHeader,
    WholeBody,
)
from chatmodels.http._codec.codec import read_whole
from chatmodels.http._codec.schema_support import TranslatedRequest
from chatmodels.http._deadlines import single_attempt_limits
from chatmodels.http._exchange import HttpFailure, HttpRequest
from chatmodels.http._fetching import afetch
from chatmodels.http._framing.frames import Frame
from chatmodels.http._framing.ndjson import NdjsonFramer
from chatmodels.http._progress import afollow
from chatmodels.http._sender import Sender
from chatmodels.http.wire import Json, is_object

T = TypeVar("T")

_OP = "batch"
_OK = 200
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # as in `BatchBackend.encode`
_REFUSED, _CONFLICT = 400, 409  # with which vendors refuse to stop a batch that has ended


class HttpBatchBackend:
    """A `BatchBackend` from the format of a codec.

    Args:
        sender: The sender of the requests.
        model: The model's name.
        batches: The format of the batch API.
        translate: Translates the schemas and names of a request.
        timeout: The time limits; the total one does not apply, since files can be large.
    """

    def __init__(
        self,
        sender: Sender,
        model: str,
        batches: BatchFormat,
        translate: Callable[[ChatRequest], TranslatedRequest],
        timeout: Timeout,
    ) -> None:
        self._sender = sender
        self._model = model
        self._format = batches
        self._translate = translate
        self._timeout = msgspec.structs.replace(timeout, total=None)

    @property
    def limits(self) -> BatchLimits:
        """The limits of one batch."""
        return self._format.limits

    def encode(self, id_: str, request: ChatRequest, /) -> bytes:
        """Return a row as the vendor expects it."""
        codec = self._sender.codec
        wire = codec.encode(self._model, self._translate(request).request, stream=False)
        if wire.method != "POST":
            raise UnsupportedError(
                f"{self._sender.metadata.name}: a request that fetches an existing response cannot "
                "be part of a batch; call the model instead"
            )
        # A row is one line; line breaks between the tokens of the JSON mean nothing.
        wire = msgspec.structs.replace(wire, body=wire.body.replace(b"\n", b""))
        return self._format.row(id_, wire)

    async def create(self, name: str, rows: Sequence[bytes], /) -> BatchStatus:
        """Create a batch, without retries."""
        return await self._perform(self._format.create(name, self._model, rows))

    async def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchStatus | UnsettledBatch | None:
        """Look for a batch whose creation has an unknown outcome."""
        return await self._perform(self._format.find(name, rows, since, others))

    async def retrieve(self, id_: str, /) -> BatchStatus:
        """Return the status of a batch."""
        return await self._perform(self._format.retrieve(id_))

    async def cancel(self, id_: str, /) -> None:
        """Ask the vendor to stop a batch."""
        try:
            await self._fetch(self._format.cancel(id_))
        except ChatModelError as error:
            # A 400 can also be an invalid key, as from Google, or an expired token, as from Amazon.
            has_ended = error.status == _CONFLICT or (
                error.status == _REFUSED and error.code is ErrorCode.INVALID_REQUEST
            )
            if not has_ended:
                raise

    async def results(self, status: BatchStatus, /) -> AsyncGenerator[BatchAnswer]:
        """Yield the answers of a batch that has ended; a row that is none fails alone."""
        requests = deque(self._format.results(status))
        invalid: ChatModelError | None = None
        is_empty = True
        while requests:
            request = requests.popleft()
            try:
                async with aclosing(self._rows(request)) as rows:
                    async for row in rows:
                        if not isinstance(row, bytes):
                            requests.append(row)
                            continue
                        try:
                            found = [self._format.read(row)]
                        except ChatModelError as error:
                            found = _failed(row, self._format.id_field, error)
                            if not found and not isinstance(error, ResponseInvalidError):
                                raise
                            invalid = error
                        for answer in found:
                            is_empty = False
                            yield answer
            except ChatModelError as error:
                raise self._located(self._format.unreadable(request, error))
        if is_empty and invalid is not None:  # the file is none of answers
            raise self._located(invalid)

    def decode(self, answer: BatchAnswer, request: ChatRequest, /) -> ChatResponse[Any]:
        """Decode an answer that has a status."""
        codec, status = self._sender.codec, answer.status or 0
        request_id = answer.request_id
        if request_id is not None:  # which can be no Unicode, and is stored
            request_id = request_id.encode(errors="replace").decode()
        try:
            if answer.error is not None:
                raise answer.error
            if not 200 <= status < 300:
                failure = HttpFailure(status=status, headers={}, body=answer.body)
                raise codec.failure(failure)
            reader = codec.translated_reader(self._translate(request))
            response = read_whole(reader, answer.body, codec.scope)
        except ChatModelError as error:
            error.status = error.status or status
            error.request_id = error.request_id or request_id
            raise
        return msgspec.structs.replace(
            response,
            request_id=response.request_id or request_id,
            service_tier="batch",  # by which its price is found
        )

    async def _rows(
        self, request: HttpRequest | WholeBody
    ) -> AsyncGenerator[bytes | HttpRequest | WholeBody]:
        """Yield the lines of a response, or the rows of a document."""
        if isinstance(request, WholeBody):
            for row in request.rows(await self._whole(request.request)):
                yield row
            return
        async with aclosing(self._lines(request)) as lines:
            async for line in lines:
                yield line

    def _lines(self, request: HttpRequest) -> AsyncGenerator[bytes]:
        return afollow(self._sender, request, NdjsonFramer(), _data, self._timeout)

    async def _perform(self, steps: BatchSteps[T]) -> T:
        proceed = partial(next, steps)
        while True:
            try:
                request = proceed()
            except StopIteration as end:
                return end.value
            except ChatModelError as error:
                raise self._located(error)
            try:
                proceed = partial(steps.send, await self._fetch(request))
            except ChatModelError as error:
                proceed = partial(steps.throw, error)

    async def _fetch(self, request: HttpRequest | FirstLine | ResponseHeader) -> bytes:
        try:
            match request:
                case FirstLine():
                    async with aclosing(self._lines(request.request)) as lines:
                        return await anext(lines, b"")
                case ResponseHeader():
                    return await self._header(request)
                case _:
                    return await afetch(self._sender, request, bytes, self._timeout)
        except ChatModelError as error:
            raise self._located(error)

    async def _whole(self, request: HttpRequest) -> bytes:
        """Return a body, which can be another document than JSON."""
        name = self._sender.metadata.name
        limits = single_attempt_limits(self._timeout, name)
        response = await self._sender.aopen(request, limits, None)
        return await aread_body(response, limits, name, self._sender.complete_error)

    async def _header(self, request: ResponseHeader) -> bytes:
        limits = single_attempt_limits(self._timeout, self._sender.metadata.name)
        response = await self._sender.aopen(request.request, limits, None)
        try:
            return response.headers.get(request.name, "").encode()
        finally:
            await response.aclose()

    def _located(self, error: ChatModelError) -> ChatModelError:
        return error.located(op=_OP, provider=self._sender.metadata.name, model=self._model)


def _failed(row: bytes, id_field: str, error: ChatModelError) -> list[BatchAnswer]:
    """Return the answer of a row that cannot be read, if its id can."""
    try:
        fields = json.loads(row.decode(errors="replace"), strict=False)  # texts that are no Unicode
    except (ValueError, RecursionError):
        return []
    if not is_object(fields):
        return []
    ids = _ids([fields], id_field) or _ids(fields.values(), id_field)
    return [BatchAnswer(id=id_, status=_OK, error=error) for id_ in ids]


def _ids(values: Iterable[Json], id_field: str) -> list[str]:
    found = [each.get(id_field) for each in values if is_object(each)]
    return [id_ for id_ in found if isinstance(id_, str) and _ID.fullmatch(id_)]


def _data(frame: Frame) -> bytes:
    return frame.data
