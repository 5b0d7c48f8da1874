"""The JSON of OpenRouter's batch API ("Batch API Quickstart"; the types of openrouter 1.3)."""

from chatmodels.http import BatchTime
from chatmodels.http.wire import Json, Wire

_REFUSED, _FAILED = 400, 500
_STATUSES = {
    "authentication": 401,
    "payment_required": 402,
    "permission_denied": 403,
    "not_found": 404,
    "rate_limit_exceeded": 429,
    "server": 500,
    "unmapped": 500,
    "provider_unavailable": 502,
    "provider_overloaded": 503,
    "timeout": 504,
}
"""The status that a call has with an error of this type; the other types have 400."""


class WireCounts(Wire, frozen=True, gc=False):
    """The numbers of requests; all are 0 until a batch is validated."""

    total: int = 0
    completed: int = 0
    failed: int = 0

    @property
    def processed(self) -> int:
        """The number of requests that have a result."""
        return self.completed + self.failed


class WireBatch(Wire, frozen=True, gc=False):
    """A batch without its results."""

    id: str
    status: str
    created_at: BatchTime = None
    request_counts: WireCounts = WireCounts()
    error: Json = None

    @property
    def reason(self) -> Json:
        """The reason for which the batch failed."""
        return self.error or {"message": "the batch failed without a reason"}


class WirePage(Wire, frozen=True, gc=False):
    """A page of the listing, the newest batch first."""

    data: list[WireBatch]
    has_more: bool = False


class WireResults(Wire, frozen=True, gc=False):
    """The results of a batch, each to be read on its own; None until it has ended."""

    results: list[Json] | None = None


def read_error(error: dict[str, Json], /) -> tuple[int, dict[str, Json]]:
    """Return the status and the error that a call has instead of a result with an error."""
    kind = error.get("error_type")  # the same in all APIs, unlike "type"
    if not isinstance(kind, str):
        return _FAILED, error
    return _STATUSES.get(kind, _REFUSED), {**error, "type": kind}
