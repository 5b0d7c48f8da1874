"""Decoder of the model listing ("Models - List", Azure OpenAI data plane reference)."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import NOT_JSON, Json, Wire, is_object, objects, reject_listing


class WireModel(Wire, frozen=True, gc=False):
    """A model of the listing; times are Unix seconds."""

    id: str
    created: int | None = None
    created_at: int | None = None
    owned_by: str | None = None
    capabilities: Json = None
    deprecation: Json = None


def read_models(body: bytes) -> Sequence[ModelInfo]:
    """Decode the model listing.

    Raises:
        ResponseInvalidError: The body is not a model listing.
    """
    try:
        records = msgspec.json.decode(body, type=dict[str, Json])["data"]
        wires = msgspec.convert(records, list[WireModel])
    except (*NOT_JSON, KeyError) as error:
        reject_listing(body, "azure", error)
    return [_read(wire, record) for wire, record in zip(wires, objects(records), strict=True)]


def _read(wire: WireModel, record: Json) -> ModelInfo:
    reported = wire.capabilities if is_object(wire.capabilities) else {}
    chat = bool(reported.get("chat_completion"))
    end = wire.deprecation.get("inference") if is_object(wire.deprecation) else None
    return ModelInfo(
        name=wire.id,
        provider="azure",
        capabilities=frozenset({Capability.STREAMING} if chat else ()),
        created=wire.created_at or wire.created,
        deprecated=_date(end),
        owner=wire.owned_by,
        raw=record,
    )


def _date(timestamp: Json) -> str | None:
    if type(timestamp) is not int:
        return None
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(timestamp, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None
