"""The vendor's batch API as pure functions: requests out, bodies in."""

from collections.abc import Collection, Generator, Iterator, Sequence
from typing import Protocol, TypeVar

from chatmodels.core.extending import (
    BatchAnswer,
    BatchLimits,
    BatchStatus,
    UnsettledBatch,
    published_in,
)
from chatmodels.http._exchange import HttpRequest

T = TypeVar("T")

BatchSteps = Generator[HttpRequest, bytes, T]
"""An operation of several requests: it yields them, receives their bodies and returns a value.

The error of a failed request is raised where the operation yielded it.
"""


class FirstLine(HttpRequest, frozen=True, kw_only=True):
    """A request of whose response only the first line is read."""


def first_line(request: HttpRequest, /) -> HttpRequest:
    """Return a request whose response is the first line alone, for steps over long files."""
    return FirstLine(**{name: getattr(request, name) for name in request.__struct_fields__})


class WholeBody(HttpRequest, frozen=True, kw_only=True):
    """A request whose response is one document instead of lines."""


def whole_body(request: HttpRequest, /) -> HttpRequest:
    """Return a request whose response is one document, for results that are not on lines."""
    return WholeBody(**{name: getattr(request, name) for name in request.__struct_fields__})


class ResponseHeader(HttpRequest, frozen=True, kw_only=True):
    """A request of whose response only one header is read."""

    header: str


def response_header(request: HttpRequest, name: str, /) -> HttpRequest:
    """Return a request whose response is the value of a header; empty if there is none.

    Args:
        request: The request.
        name: The name of the header in lower case.
    """
    fields = {each: getattr(request, each) for each in request.__struct_fields__}
    return ResponseHeader(**fields, header=name)


@published_in("chatmodels.http")
class BatchFormat(Protocol):
    """The wire format of a batch API, without I/O; see `BatchBackend` for the operations.

    It must be possible to pickle it, as it is part of a `Codec`.
    """

    @property
    def limits(self) -> BatchLimits:
        """The limits of one batch."""
        ...

    def row(self, id_: str, request: HttpRequest, /) -> bytes:
        """Encode a row from the request of a call."""
        ...

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Create a batch for a model."""
        ...

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for a batch in the vendor's listing."""
        ...

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a batch."""
        ...

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a batch.

        Raises:
            UnsupportedError: Batches cannot be cancelled.
        """
        ...

    def results(self, status: BatchStatus, /) -> Sequence[HttpRequest]:
        """Return the requests whose bodies contain the answers, on lines or as a `whole_body`."""
        ...

    def read(self, data: bytes, /) -> Iterator[BatchAnswer | HttpRequest]:
        """Read the answers on a line of the results, or in a whole body.

        Returns:
            The answers, and the requests for further ones, such as the next page.

        Raises:
            ResponseInvalidError: It is not in this format. On a line, it is the error of one row.
            ChatModelError: It reports an error.
        """
        ...
