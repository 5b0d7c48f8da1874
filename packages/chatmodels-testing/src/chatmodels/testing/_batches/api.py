"""The interface between a simulator and a vendor's batch API."""

import re
from typing import Protocol

from chatmodels.testing._batches.batch import Answer, SimulatedBatch, SimulatedBatches
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.protocol import MalformedRequestError
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

PAGE = 20
"""The number of batches on a page, if a request does not choose it."""


class BatchApi(Protocol):
    """The server side of a vendor's batch API."""

    @property
    def paths(self) -> re.Pattern[str]:
        """The paths of the API, matched as a whole."""
        ...

    def calls(self, path: re.Match[str], /) -> str:
        """Return the path of a call; its wire format is that of errors.

        Args:
            path: The path of a request.
        """
        ...

    def respond(
        self,
        request: ReceivedRequest,
        path: re.Match[str],
        batches: SimulatedBatches,
        answer: Answer,
        /,
    ) -> SimulatedResponse | str:
        """Return the response to a request, or the message of the error for an invalid one."""
        ...


def page_of(
    batches: SimulatedBatches,
    request: ReceivedRequest,
    after: str,
    answer: Answer,
    /,
    *,
    size: str = "limit",
) -> tuple[list[SimulatedBatch], bool]:
    """Return a page of a listing, the newest batch first, and whether another one follows.

    Args:
        batches: All batches.
        request: The request.
        after: The name of the parameter with the id of the last batch on the previous page.
        answer: Answers the rows of batches that end with this poll.
        size: The name of the parameter with the size of the page.
    """
    query = request.query
    text = query.get(size, [""])[0]
    limit = int(text) if text.isdecimal() else PAGE
    return page_at(batches, start_after(batches, query.get(after, [""])[0]), limit, answer)


def page_at(
    batches: SimulatedBatches, start: int, limit: int, answer: Answer, /
) -> tuple[list[SimulatedBatch], bool]:
    """Return a page of a listing, the newest batch first, and whether another one follows.

    Args:
        batches: All batches.
        start: The number of newer batches.
        limit: The largest number of batches on the page.
        answer: Answers the rows of batches that end with this poll.
    """
    listed = batches.all[::-1][start : start + limit]
    for batch in listed:
        batch.poll(answer)
    return listed, len(batches.all) > start + limit


def start_after(batches: SimulatedBatches, id_: str, /) -> int:
    """Return the place behind a batch in a listing, the newest batch first; 0 for an empty id.

    Raises:
        MalformedRequestError: There is no such batch.
    """
    ids = [batch.id for batch in reversed(batches.all)]
    if id_ and id_ not in ids:
        raise MalformedRequestError(f"the list cannot begin after {id_!r}; there is no such batch")
    return ids.index(id_) + 1 if id_ else 0


def created(
    batches: SimulatedBatches, batch: SimulatedBatch, response: SimulatedResponse, /
) -> SimulatedResponse:
    """Return the response to the creation of a batch, with its fault.

    Args:
        batches: All batches, from which one is removed that the vendor refuses at once.
        batch: The batch.
        response: The response without a fault.
    """
    if batch.fault == "lost_answer":
        return SimulatedResponse(cut_after=0, ending="close")
    if batch.fault == "too_many_tokens":
        batches.all.remove(batch)
        error = {"message": "Too many requests wait in batches.", "code": "rate_limit_exceeded"}
        return json_response({"error": error}, status=429)
    return response
