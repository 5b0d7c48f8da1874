"""Decoder of the model listing ("List models", API reference)."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import (
    NOT_JSON,
    Json,
    is_object,
    objects,
    reject_listing,
    timestamp_or_none,
)
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME
from chatmodels.providers.anthropic._wire import WireModel

_ALL_MODELS = (
    Capability.STREAMING,
    Capability.TOOLS,
    Capability.PARALLEL_TOOLS,
    Capability.PROMPT_CACHING,
)
_REPORTED = {
    "image_input": (Capability.VISION,),
    "pdf_input": (Capability.DOCUMENTS,),
    "structured_outputs": (Capability.STRUCTURED_OUTPUT, Capability.STRICT_TOOLS),
    "thinking": (Capability.REASONING,),
}


def read_models(body: bytes) -> Sequence[ModelInfo]:
    """Decode the model listing.

    Raises:
        ResponseInvalidError: The body is not a model listing.
    """
    try:
        records = msgspec.json.decode(body, type=dict[str, Json])["data"]
        wires = msgspec.convert(records, list[WireModel])
    except (*NOT_JSON, KeyError) as error:
        reject_listing(body, PROVIDER_NAME, error)
    return [_read(wire, record) for wire, record in zip(wires, objects(records), strict=True)]


def _read(wire: WireModel, record: Json) -> ModelInfo:
    deprecated = None if wire.lifecycle in {None, "active"} else "yes"
    return ModelInfo(
        name=wire.id,
        provider=PROVIDER_NAME,
        context_window=wire.max_input_tokens,
        max_output_tokens=wire.max_tokens,
        capabilities=_capabilities(wire.capabilities),
        created=timestamp_or_none(wire.created_at),
        deprecated=wire.retires_at[:10] if wire.retires_at else deprecated,
        owner=PROVIDER_NAME,
        raw=record,
    )


def _capabilities(reported: Json) -> frozenset[Capability]:
    if not is_object(reported):
        return frozenset()
    result = set[Capability](_ALL_MODELS)
    for name, capabilities in _REPORTED.items():
        if is_object(reported.get(name)) and reported[name].get("supported"):
            result.update(capabilities)
    return frozenset(result)
