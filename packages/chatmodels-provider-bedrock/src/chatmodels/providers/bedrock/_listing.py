"""Decoder of the model listing ("ListFoundationModels", API reference)."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import (
    NOT_JSON,
    Json,
    is_list,
    is_object,
    objects,
    reject_listing,
    text_or_none,
)
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._wire import WireModel

_MODALITIES = {"TEXT": "text", "IMAGE": "image", "SPEECH": "audio", "VIDEO": "file"}


def read_models(body: bytes) -> Sequence[ModelInfo]:
    """Decode the model listing.

    Raises:
        ResponseInvalidError: The body is not a model listing.
    """
    try:
        records = msgspec.json.decode(body, type=dict[str, Json])["modelSummaries"]
        wires = msgspec.convert(records, list[WireModel])
    except (*NOT_JSON, KeyError) as error:
        reject_listing(body, PROVIDER_NAME, error)
    return [_read(wire, record) for wire, record in zip(wires, objects(records), strict=True)]


def _read(wire: WireModel, record: Json) -> ModelInfo:
    inputs = _modalities(wire.input_modalities)
    streaming = {Capability.STREAMING} if wire.response_streaming_supported else set[Capability]()
    return ModelInfo(
        name=wire.model_id,
        provider=PROVIDER_NAME,
        input_modalities=inputs,
        output_modalities=_modalities(wire.output_modalities),
        capabilities=frozenset(streaming | ({Capability.VISION} if "image" in inputs else set())),
        deprecated=_end(wire.model_lifecycle),
        owner=wire.provider_name,
        raw=record,
    )


def _modalities(values: Json) -> tuple[str, ...]:
    names = [value for value in values if isinstance(value, str)] if is_list(values) else []
    return tuple(_MODALITIES[name] for name in names if name in _MODALITIES)


def _end(lifecycle: Json) -> str | None:
    if not is_object(lifecycle):
        return None
    if end := text_or_none(lifecycle.get("endOfLifeTime")):
        return end[:10]
    return "yes" if lifecycle.get("status") == "LEGACY" else None
