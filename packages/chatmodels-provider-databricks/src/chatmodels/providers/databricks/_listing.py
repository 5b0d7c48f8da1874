"""Reads the serving endpoints of a workspace."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.http.wire import NOT_JSON, Json, Wire, is_object, objects, reject_listing


class WireEndpoint(Wire, frozen=True):
    """A serving endpoint."""

    name: str
    task: str | None = None
    creator: str | None = None
    creation_timestamp: int | None = None


def read_endpoints(body: bytes, /) -> Sequence[ModelInfo]:
    """Read the endpoints for chat: `{"endpoints": [{"name": ..., "task": "llm/v1/chat"}]}`.

    Raises:
        ResponseInvalidError: The body is not a list of endpoints.
    """
    try:
        listing: Json = msgspec.json.decode(body)
        records = listing.get("endpoints", []) if is_object(listing) else listing
        wires = msgspec.convert(records, list[WireEndpoint], strict=False)
    except NOT_JSON as error:
        reject_listing(body, "databricks", error)
    return [
        ModelInfo(
            name=wire.name,
            provider="databricks",
            # in milliseconds
            created=wire.creation_timestamp and wire.creation_timestamp // 1000,
            owner=wire.creator,
            raw=record,
        )
        for wire, record in zip(wires, objects(records), strict=True)
        if wire.task == "llm/v1/chat"
    ]
