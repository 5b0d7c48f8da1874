"""The server side of a vendor's batch API: it creates, lists, returns and cancels batches."""

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import msgspec

from chatmodels.testing._batches.batch import (
    Answer,
    BatchedRow,
    SimulatedBatch,
    SimulatedBatches,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.protocol import MalformedRequestError
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

PAGE = 20
"""The number of batches on a page, if a request does not choose it."""

_STOPPING = frozenset({"cancel", "stop"})


class BatchCall(NamedTuple):
    """A request about batches.

    Attributes:
        request: The request.
        path: The match of its path with `BatchApi.paths`.
        batches: All batches and files.
        answer: Answers the rows of batches that end with this request.
    """

    request: ReceivedRequest
    path: re.Match[str]
    batches: SimulatedBatches
    answer: Answer


class BatchApi(ABC):
    """The server side of a vendor's batch API, as far as vendors have the same.

    A method that returns a text refuses the request with an error of this message.

    Attributes:
        paths: The paths of the API, matched as a whole. The group `id` is the id of a batch, and
            `action` what to do with it.
        missing: The message for a batch that does not exist, with its id at the "{}".
        after: The parameter of a listing with the id of the last batch on the previous page.
        size: The parameter of a listing with the size of a page.
        describes_cancelled: Whether the response to a cancellation describes the batch.
        refuses_at_once: Whether a batch is refused while too many rows wait, instead of failing
            afterwards.
    """

    paths: ClassVar[re.Pattern[str]]
    missing: ClassVar[str] = "Batch {} not found"
    after: ClassVar[str] = "after"
    size: ClassVar[str] = "limit"
    describes_cancelled: ClassVar[bool] = True
    refuses_at_once: ClassVar[bool] = False

    def calls(self, path: re.Match[str], /) -> str:
        """Return the path of a call; its wire format is that of errors.

        Args:
            path: The path of a request.
        """
        return f"{path['root']}/chat/completions"

    def respond(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Return the response to a request, or the message of the error for an invalid one."""
        id_ = call.path["id"]
        if id_ is None:
            return self.create(call) if call.request.method == "POST" else self.list_page(call)
        batch = call.batches.find(self.full_id(id_))
        return self.missing.format(id_) if batch is None else self.respond_about(batch, call)

    def full_id(self, id_: str, /) -> str:
        """Return the id of a batch from that in a path."""
        return id_

    def respond_about(self, batch: SimulatedBatch, call: BatchCall, /) -> SimulatedResponse | str:
        """Cancel or return a batch."""
        if call.path["action"] not in _STOPPING:
            batch.poll(call.answer)
            return json_response(self.describe(batch))
        batch.cancel(call.answer)
        return json_response(self.describe(batch) if self.describes_cancelled else {})

    @abstractmethod
    def create(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Create a batch; see `created`."""

    def created(
        self, call: BatchCall, batch: SimulatedBatch, response: SimulatedResponse | None = None, /
    ) -> SimulatedResponse:
        """Return the response to the creation of a batch, with its fault.

        Args:
            call: The request.
            batch: The batch, which is removed if the vendor refuses it at once.
            response: The response without a fault; by default, it describes the batch.
        """
        if batch.fault == "lost_answer":
            return SimulatedResponse(cut_after=0, ending="close")
        if batch.fault == "too_many_tokens" and self.refuses_at_once:
            call.batches.all.remove(batch)
            return self.full()
        return response or json_response(self.describe(batch))

    def full(self) -> SimulatedResponse:
        """Return the response while too many rows wait."""
        error = {"message": "Too many requests wait in batches.", "code": "rate_limit_exceeded"}
        return json_response({"error": error}, status=429)

    def list_page(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Return a page of the listing, the newest batch first."""
        query = call.request.query
        text = query.get(self.size, [""])[0]
        limit = int(text) if text.isdecimal() else PAGE
        start = start_after(call.batches, query.get(self.after, [""])[0])
        page, has_more = page_at(call.batches.all, start, limit, call.answer)
        return json_response(self.describe_page(page, has_more=has_more))

    def describe_page(self, page: list[SimulatedBatch], /, *, has_more: bool) -> dict[str, Any]:
        """Return a page of the listing as the API does."""
        listed = [self.describe(batch) for batch in page]
        return {"object": "list", "data": listed, "has_more": has_more}

    @abstractmethod
    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a batch as the API does."""


def page_at(
    batches: Sequence[SimulatedBatch], start: int, limit: int, answer: Answer, /
) -> tuple[list[SimulatedBatch], bool]:
    """Return a page of a listing, the newest batch first, and whether another one follows.

    Args:
        batches: All batches, the oldest first.
        start: The number of newer batches.
        limit: The largest number of batches on the page.
        answer: Answers the rows of batches that end with this poll.
    """
    listed = list(batches[::-1][start : start + limit])
    for batch in listed:
        batch.poll(answer)
    return listed, len(batches) > start + limit


def start_after(batches: SimulatedBatches, id_: str, /) -> int:
    """Return the place behind a batch in a listing, the newest batch first; 0 for an empty id.

    Raises:
        MalformedRequestError: There is no such batch.
    """
    ids = [batch.id for batch in reversed(batches.all)]
    if id_ and id_ not in ids:
        raise MalformedRequestError(f"the list cannot begin after {id_!r}; there is no such batch")
    return ids.index(id_) + 1 if id_ else 0


def row_of(id_: str, body: object, call: BatchCall, target: str, /) -> BatchedRow:
    """Return a row of a batch.

    Args:
        id_: Its id.
        body: The body of the row's call.
        call: A request with the headers of the row's call.
        target: The target of the row's call.
    """
    encoded = msgspec.json.encode(body)
    inner = msgspec.structs.replace(call.request, method="POST", target=target, body=encoded)
    return BatchedRow(id_, inner)


def created_at(batch: SimulatedBatch, /, *, hours: int = 0) -> str:
    """Return the time of the creation of a batch, or some hours later, as in RFC 3339."""
    time = dt.datetime.fromtimestamp(batch.created, dt.UTC)
    return (time + dt.timedelta(hours=hours)).isoformat()
