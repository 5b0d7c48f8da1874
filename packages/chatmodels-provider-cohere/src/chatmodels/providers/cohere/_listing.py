"""Decoder of the model listing ("List Models", API reference)."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import NOT_JSON, is_list, reject_listing
from chatmodels.providers.cohere._profile import PROVIDER_NAME
from chatmodels.providers.cohere._wire import WireModel, WireModels

_FEATURES = {
    "json_mode": Capability.STRUCTURED_OUTPUT,
    "json_schema": Capability.STRUCTURED_OUTPUT,
    "logprobs": Capability.LOGPROBS,
    "reasoning": Capability.REASONING,
    "strict_tools": Capability.STRICT_TOOLS,
    "tools": Capability.TOOLS,
    "vision": Capability.VISION,
}
"""Capabilities by the feature names in the listing; other features are ignored."""


def read_models(body: bytes) -> Sequence[ModelInfo]:
    """Decode the model listing.

    Raises:
        ResponseInvalidError: The body is not a model listing.
    """
    try:
        records = msgspec.json.decode(body, type=WireModels).models
        return [_read(record) for record in records]
    except NOT_JSON as error:
        reject_listing(body, PROVIDER_NAME, error)


def _read(record: msgspec.Raw) -> ModelInfo:
    wire = msgspec.json.decode(record, type=WireModel)
    features = wire.features if is_list(wire.features) else []
    return ModelInfo(
        name=wire.name,
        provider=PROVIDER_NAME,
        context_window=None if wire.context_length is None else int(wire.context_length),
        capabilities=frozenset(
            capability for name, capability in _FEATURES.items() if name in features
        ),
        deprecated="yes" if wire.is_deprecated else None,
        owner=PROVIDER_NAME,
        raw=msgspec.json.decode(record),
    )
