"""Reads the listing of models ("Models - List", Azure OpenAI data plane reference)."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import NOT_JSON, Json, Wire, is_object, objects, reject_listing


class WireModel(Wire, frozen=True, gc=False):
    """A model in the listing: times are Unix seconds."""

    id: str
    created: int | None = None
    created_at: int | None = None
    owned_by: str | None = None
    capabilities: Json = None
    deprecation: Json = None


def read_models(body: bytes) -> Sequence[ModelInfo]:
    """Read what models there are.

    Raises:
        ResponseInvalidError: The body is no such listing.
    """
    try:
        records = msgspec.json.decode(body, type=dict[str, Json])["data"]
        wires = msgspec.convert(records, list[WireModel])
    except (*NOT_JSON, KeyError) as error:
        reject_listing(body, "azure", error)
    return [_read(wire, record) for wire, record in zip(wires, objects(records), strict=True)]


def _read(wire: WireModel, record: Json) -> ModelInfo:
    told = wire.capabilities if is_object(wire.capabilities) else {}
    chats = bool(told.get("chat_completion"))
    ends = wire.deprecation.get("inference") if is_object(wire.deprecation) else None
    return ModelInfo(
        name=wire.id,
        provider="azure",
        capabilities=frozenset({Capability.STREAMING} if chats else ()),
        created=wire.created_at or wire.created,
        deprecated=_date(ends),
        owner=wire.owned_by,
        raw=record,
    )


def _date(moment: Json) -> str | None:
    if type(moment) is not int:
        return None
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(moment, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None
