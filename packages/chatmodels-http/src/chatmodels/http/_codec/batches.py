"""The vendor's batch API as pure functions: requests out, bodies in."""

from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from typing import Protocol, TypeVar

import msgspec

from chatmodels.core import ChatModelError
from chatmodels.core.extending import (
    BatchAnswer,
    BatchLimits,
    BatchStatus,
    UnsettledBatch,
    published_in,
)
from chatmodels.http._exchange import HttpRequest

T = TypeVar("T")


@published_in("chatmodels.http")
class FirstLine(msgspec.Struct, frozen=True):
    """A request of whose response only the first line is read, for steps over long files."""

    request: HttpRequest


@published_in("chatmodels.http")
class ResponseHeader(msgspec.Struct, frozen=True):
    """A request of whose response only one header is read; it is empty if it is missing.

    Attributes:
        request: The request.
        name: The name of the header in lower case.
    """

    request: HttpRequest
    name: str


@published_in("chatmodels.http")
class WholeBody(msgspec.Struct, frozen=True):
    """A request for results in one document, instead of on lines.

    Attributes:
        request: The request.
        rows: Returns the rows in the document, each as a line would contain it, and the requests
            for further ones, such as the next page.
    """

    request: HttpRequest
    rows: "Callable[[bytes], Iterable[bytes | HttpRequest | WholeBody]]"


BatchSteps = Generator[HttpRequest | FirstLine | ResponseHeader, bytes, T]
"""An operation of several requests: it yields them, receives their bodies and returns a value.

The error of a failed request is raised where the operation yielded it.
"""


@published_in("chatmodels.http")
class BatchFormat(Protocol):
    """The wire format of a batch API, without I/O; see `BatchBackend` for the operations.

    It must be possible to pickle it, as it is part of a `Codec`.
    """

    @property
    def limits(self) -> BatchLimits:
        """The limits of one batch."""
        ...

    @property
    def id_field(self) -> str:
        """The field with the id of a row in its answer, or in an object of the answer."""
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

    def results(self, status: BatchStatus, /) -> Sequence[HttpRequest | WholeBody]:
        """Return the requests for the answers."""
        ...

    def unreadable(
        self, request: HttpRequest | WholeBody, error: ChatModelError, /
    ) -> ChatModelError:
        """Return the error of results that cannot be fetched.

        Args:
            request: A request that `results` returned.
            error: Its error.

        Returns:
            A `ResponseInvalidError` if they have been deleted and the status is not 404; otherwise
            the error.
        """
        ...

    def read(self, row: bytes, /) -> BatchAnswer:
        """Read the answer on a line, or in a row of a `WholeBody`.

        Raises:
            ChatModelError: It is not in this format, or reports an error. If an id can be found in
                it, only its row fails.
        """
        ...
