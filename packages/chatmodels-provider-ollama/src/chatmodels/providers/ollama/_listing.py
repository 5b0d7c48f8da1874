"""Decoder of the model listing ("List models", API reference)."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import NOT_JSON, is_list, reject_listing
from chatmodels.providers.ollama._metadata import PROVIDER_NAME
from chatmodels.providers.ollama._wire import WireModel, WireModels

_REPORTED = {
    "completion": Capability.STREAMING,
    "thinking": Capability.REASONING,
    "tools": Capability.TOOLS,
    "vision": Capability.VISION,
}
"""Capabilities by the names that newer servers report."""


def read_models(body: bytes) -> Sequence[ModelInfo]:
    """Decode the listing of the models on the server.

    Raises:
        ResponseInvalidError: The body is not a model listing.
    """
    try:
        return [_read(record) for record in msgspec.json.decode(body, type=WireModels).models]
    except NOT_JSON as error:
        reject_listing(body, PROVIDER_NAME, error)


def _read(record: msgspec.Raw) -> ModelInfo:
    wire = msgspec.json.decode(record, type=WireModel)
    names = wire.capabilities if is_list(wire.capabilities) else []
    return ModelInfo(
        name=wire.name,
        provider=PROVIDER_NAME,
        capabilities=frozenset(
            capability for name, capability in _REPORTED.items() if name in names
        ),
        raw=msgspec.json.decode(record),
    )
