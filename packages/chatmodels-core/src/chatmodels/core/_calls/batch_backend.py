"""The interface of a vendor's batch API, over which many requests are answered later for less."""

from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._public import published_in
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse

BatchState = Literal["queued", "running", "stopping", "ended"]
"""The state of a batch; an ended one can have answered all of its rows, some, or none."""


@published_in("chatmodels.core.extending")
class BatchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor's limits of one batch.

    Attributes:
        rows: The largest number of rows.
        bytes: The largest size of all encoded rows together.
        fewest_rows: The smallest number of rows; fewer are not sent as a batch.
        cancellable: Whether a batch can be cancelled.
    """

    rows: int
    bytes: int
    fewest_rows: int = 1
    cancellable: bool = True


@published_in("chatmodels.core.extending")
class BatchStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The status of a batch.

    Attributes:
        id: The vendor's id.
        state: The state.
        outputs: The places of the results, such as the ids of files.
        error: The error for which the vendor refused the whole batch, after it was created; its
            code is `rate_limited` if too many rows wait in other batches.
    """

    id: str
    state: BatchState
    outputs: tuple[str, ...] = ()
    error: ChatModelError | None = None


@published_in("chatmodels.core.extending")
class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one row of a batch, not decoded yet.

    Attributes:
        id: The id of the row.
        status: The HTTP status that a call would have had; None if the vendor did not process the
            row, as in a batch that expired.
        body: The body that a call would have had.
        request_id: The vendor's id of the request, if it reports one.
        error: The reason why the answer cannot be read, which `BatchBackend.decode` raises.
    """

    id: str
    status: int | None = None
    body: bytes = b""
    request_id: str | None = None
    error: ChatModelError | None = None


@published_in("chatmodels.core.extending")
class UnsettledBatch(msgspec.Struct, frozen=True):
    """A sign that a batch may exist: the vendor's listing does not decide it yet."""


UNSETTLED = UnsettledBatch()
"""The result of `BatchBackend.find` while the listing does not decide whether the batch exists."""


@published_in("chatmodels.core.extending")
class BatchBackend(Protocol):
    """The batch API of one model: requests and answers only, without a state of its own.

    Rows and answers have the wire format of calls, so that an answer is the response of a call. The
    request of a row must be one that `with_policies` passes to a policy of the model.
    """

    @property
    def limits(self) -> BatchLimits:
        """The limits of one batch."""
        ...

    def encode(self, id_: str, request: ChatRequest, /) -> bytes:
        """Return a row as the vendor expects it, without a line feed.

        Args:
            id_: The id: 1 to 64 letters, digits, "_" and "-", unique in its batch. It begins with
                the name of the batch and a "-".
            request: The request of a call.

        Raises:
            ChatModelError: The request cannot be expressed, or not in a batch.
        """
        ...

    async def create(self, name: str, rows: Sequence[bytes], /) -> BatchStatus:
        """Create a batch, without retries.

        Args:
            name: The name, by which `find` finds it again.
            rows: The encoded rows.

        Raises:
            ChatModelError: It failed. Without a status, or with one of a server's error, the batch
                may exist.
        """
        ...

    async def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchStatus | UnsettledBatch | None:
        """Look for a batch whose creation has an unknown outcome.

        Args:
            name: The name.
            rows: The number of its rows.
            since: The time before its creation, in seconds since the epoch.
            others: The ids of batches that are known to be others.

        Returns:
            The batch; None if the vendor lists none; `UNSETTLED` if one of those that it lists may
            be the one, which it reports later.

        Raises:
            ChatModelError: A request failed.
        """
        ...

    async def retrieve(self, id_: str, /) -> BatchStatus:
        """Return the status of a batch.

        Raises:
            ChatModelError: The request failed.
        """
        ...

    async def cancel(self, id_: str, /) -> None:
        """Ask the vendor to stop a batch; the rows that were processed keep their answers.

        Raises:
            UnsupportedError: Batches cannot be cancelled; see `BatchLimits.cancellable`.
            ChatModelError: The request failed; a batch that has ended is no reason.
        """
        ...

    def results(self, status: BatchStatus, /) -> AsyncGenerator[BatchAnswer]:
        """Yield the answers of a batch that has ended, in any order.

        Rows can be missing, repeated, or those of no request.

        Raises:
            ChatModelError: The answers cannot be read; nothing is known about the others.
        """
        ...

    def decode(self, answer: BatchAnswer, request: ChatRequest, /) -> ChatResponse[Any]:
        """Decode an answer that has a status.

        Args:
            answer: The answer.
            request: The request of its row.

        Raises:
            ChatModelError: It is that of a failed call.
        """
        ...


@published_in("chatmodels.core.extending")
@runtime_checkable
class BatchingModel(Protocol):
    """A model whose vendor can have a batch API."""

    def batch_backend(self) -> BatchBackend:
        """Return the batch API of the model.

        Raises:
            UnsupportedError: The vendor has none for this model.
            ConfigurationError: It has one, but not with the options of this model.
        """
        ...
