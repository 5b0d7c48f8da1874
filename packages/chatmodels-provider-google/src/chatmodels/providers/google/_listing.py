"""Decoder of the model listings ("Models", API references of both APIs)."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import NOT_JSON, Json, objects, reject_listing
from chatmodels.providers.google._wire import WireModel


def read_models(body: bytes, provider: str) -> Sequence[ModelInfo]:
    """Decode the model listing.

    Models that do not generate content, such as embedding models of the Gemini API, are left out.

    Raises:
        ResponseInvalidError: The body is not a model listing.
    """
    try:
        listing = msgspec.json.decode(body, type=dict[str, Json])
        # An empty page has neither field.
        records = listing.get("models", listing.get("publisherModels", []))
        wires = msgspec.convert(records, list[WireModel])
    except NOT_JSON as error:
        reject_listing(body, provider, error)
    return [
        _read(wire, record, provider)
        for wire, record in zip(wires, objects(records), strict=True)
        if wire.supported_generation_methods is None
        or "generateContent" in wire.supported_generation_methods
    ]


def _read(wire: WireModel, record: Json, provider: str) -> ModelInfo:
    reasoning = {Capability.STREAMING, Capability.REASONING}
    return ModelInfo(
        name=wire.name.rpartition("models/")[2],
        provider=provider,
        context_window=wire.input_token_limit,
        max_output_tokens=wire.output_token_limit,
        capabilities=frozenset(reasoning if wire.thinking else ()),
        owner="google",
        raw=record,
    )
