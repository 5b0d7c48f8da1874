"""The endpoint of a batch API: its requests, its responses, and the search of its listing."""

import json
import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from chatmodels.core import ChatModelError
from chatmodels.core.extending import BatchAnswer, BatchLimits, published_in
from chatmodels.http._codec.batches import BatchSteps, WholeBody
from chatmodels.http._exchange import HttpFailure, HttpRequest
from chatmodels.http.wire._invalid_body import raise_for_body
from chatmodels.http.wire._json import NOT_JSON, Json
from chatmodels.http.wire._names import path_name

T = TypeVar("T")

BatchTime = float | datetime | None
"""A time of a vendor: seconds since the epoch, or a text as in RFC 3339."""

_EARLIER = 3600  # seconds by which the clocks of client and vendor can differ
_REFUSED = 400
_INVALID = "\ud800"  # a text that no JSON can contain


class ListedBatch(Protocol):
    """A batch in a listing."""

    @property
    def created_at(self) -> BatchTime:
        """The time of its creation."""
        ...


B = TypeVar("B", bound=ListedBatch)


@published_in("chatmodels.http")
class BatchPage(NamedTuple, Generic[B]):
    """A page of a listing.

    Attributes:
        batches: The batches, about the newest first.
        following: The request for the next page; None if this is the last one.
    """

    batches: Sequence[B]
    following: HttpRequest | None = None


@published_in("chatmodels.http")
class BatchEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a `BatchFormat` that do not depend on the vendor.

    Attributes:
        provider: The provider's registered name.
        failure: Translates a failed response.
        limits: The limits of one batch.
        path: The path of the API, which precedes the paths of all requests.
        headers: Headers of all requests, such as the account to bill.
        query: The query of all requests, with its "?".
        id_field: The field with the id of a row in its answer.
    """

    provider: str
    failure: Callable[[HttpFailure], ChatModelError]
    limits: BatchLimits
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""
    id_field: str = "custom_id"

    def get(self, path: str, parameters: str = "", /) -> HttpRequest:
        """Return a GET request.

        Args:
            path: The path behind `path`.
            parameters: Further parameters of the query, such as "limit=100".
        """
        query = self.query
        if parameters:
            query = f"{query}&{parameters}" if query else f"?{parameters}"
        return HttpRequest(method="GET", path=f"{self.path}{path}{query}", headers=self.headers)

    def post(self, path: str, body: object = b"", /, *, idempotent: bool = True) -> HttpRequest:
        """Return a POST request.

        Args:
            path: The path behind `path`.
            body: The body: JSON, or bytes as they are sent.
            idempotent: Whether the request can be sent again if the connection was closed.
        """
        return HttpRequest(
            path=f"{self.path}{path}{self.query}",
            body=body if isinstance(body, bytes) else msgspec.json.encode(body),
            headers=self.headers,
            idempotent=idempotent,
        )

    def part(self, id_: str, /, kind: str = "id", *, safe: str = "") -> str:
        """Return an id as part of a path or a query.

        Args:
            id_: The id.
            kind: The kind of id, for the message.
            safe: The characters besides letters, digits and `_.-~` that are not encoded.

        Raises:
            InvalidRequestError: It cannot be part of one.
        """
        return path_name(id_, self.provider, kind, safe=safe)

    def decode(self, body: bytes, kind: type[T], what: str, /) -> T:
        """Decode a response.

        A text that is not Unicode, a control character or a NaN does not prevent it: one of the
        answers in a document can contain it. A `msgspec.Raw` cannot, so that this answer is
        invalid.

        Raises:
            ChatModelError: It reports an error, or is not `what`.
        """
        try:
            return msgspec.json.decode(body, type=kind)
        except NOT_JSON as error:
            try:
                return msgspec.convert(_lenient(body), kind)
            except (*NOT_JSON, ValueError):
                raise_for_body(
                    body,
                    self.provider,
                    what,
                    error,
                    self.failure,
                    reports_error=self.reports_error,
                )

    def reports_error(self, body: dict[str, Json], /) -> object:
        """Return a true value if a JSON object reports an error."""
        return body.get("error")

    def unreadable(
        self, request: HttpRequest | WholeBody, error: ChatModelError, /
    ) -> ChatModelError:
        """Return the error of results that cannot be fetched."""
        return error

    def failed_answer(self, id_: str, status: int, body: Json, /) -> BatchAnswer:
        """Return the answer of a row for which the vendor reports an error, and no response.

        Args:
            id_: The id of the row.
            status: The status that the failed call would have.
            body: The body that it would have, as JSON. A text in it can be invalid Unicode.
        """
        return BatchAnswer(id=id_, status=status, body=_error_bytes(body))

    def refusal(self, body: Json, /, status: int = _REFUSED) -> ChatModelError:
        """Return the error of a call for the reason why the vendor refused a whole batch.

        Args:
            body: The body that the failed call would have, as JSON. A text in it can be invalid
                Unicode.
            status: The status that it would have.
        """
        return self.failure(HttpFailure(status=status, headers={}, body=_error_bytes(body)))

    def listed(
        self, first: HttpRequest, read: Callable[[bytes], BatchPage[B]], since: float, /
    ) -> BatchSteps[list[B]]:
        """Fetch the batches in a listing that were created since a moment, and some older ones.

        Args:
            first: The request for the first page.
            read: Reads a page.
            since: The moment in seconds since the epoch, by the clock of this machine.
        """
        batches: list[B] = []
        previous: Sequence[B] = ()
        request: HttpRequest | None = first
        while request is not None:
            page = read((yield request))
            batches += page.batches
            is_past = [self.precedes(each.created_at, since) for each in page.batches]
            # A server that does not know the parameter returns the same page again. An empty page
            # can precede others.
            is_repeated = page.following == request or (previous and page.batches == previous)
            is_over = (is_past and all(is_past)) or is_repeated
            previous = page.batches
            request = None if is_over else page.following
        return batches

    def precedes(self, time: BatchTime, since: float, /) -> bool:
        """Report whether a vendor's time is certainly before a moment.

        Args:
            time: The time; a missing one is not.
            since: The moment in seconds since the epoch, by the clock of this machine.
        """
        seconds = time.timestamp() if isinstance(time, datetime) else time
        return seconds is not None and seconds < since - _EARLIER


def row_bytes(row: Json, /) -> bytes:
    """Return a row of a document as `BatchFormat.read` reads it; an invalid text stays invalid."""
    try:
        return msgspec.json.encode(row)
    except UnicodeEncodeError:
        return json.dumps(row).encode()


def _error_bytes(body: Json) -> bytes:
    """Encode an error; a "?" replaces a character that is not Unicode, so that a code stays."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return json.dumps(body, ensure_ascii=False).encode(errors="replace")


def _lenient(body: bytes) -> Json:
    """Decode JSON with texts that are not Unicode, or numbers that are not JSON.

    Raises:
        ValueError: It is not JSON otherwise.
    """
    text = body.decode(errors="surrogateescape")
    return json.loads(
        text,
        parse_constant=lambda _: _INVALID,
        parse_float=_number,
        strict=False,  # so that a text can contain line feeds and other control characters
    )


def _number(text: str) -> float | str:
    return number if math.isfinite(number := float(text)) else _INVALID  # such as 1e400
