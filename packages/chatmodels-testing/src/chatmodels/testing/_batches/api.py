"""The interface between a simulator and a vendor's batch API."""

import re
from typing import Protocol

from chatmodels.testing._batches.batch import Answer, SimulatedBatch, SimulatedBatches
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._simulated_response import SimulatedResponse


class BatchApi(Protocol):
    """The server side of a vendor's batch API."""

    @property
    def name(self) -> str:
        """The name of the `WireProtocol` that encodes the errors."""
        ...

    @property
    def paths(self) -> re.Pattern[str]:
        """The paths of the API, matched as a whole."""
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
    listed = list(reversed(batches.all))
    query = request.query
    if after in query:
        ids = [batch.id for batch in listed]
        listed = listed[ids.index(query[after][0]) + 1 :]
    text = query.get(size, [""])[0]
    limit = int(text) if text.isdecimal() else 20
    for batch in listed[:limit]:
        batch.poll(answer)
    return listed[:limit], len(listed) > limit
