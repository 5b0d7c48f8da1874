"""Reads the listing of models ("List models", API reference)."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import NOT_JSON, is_list, reject_listing
from chatmodels.providers.ollama._metadata import PROVIDER_NAME
from chatmodels.providers.ollama._wire import WireModel, WireModels

_TOLD = {
    "completion": Capability.STREAMING,
    "thinking": Capability.REASONING,
    "tools": Capability.TOOLS,
    "vision": Capability.VISION,
}
"""What newer servers tell of each model."""


def read_models(body: bytes) -> Sequence[ModelInfo]:
    """Read what models there are on the machine.

    Raises:
        ResponseInvalidError: The body is no such listing.
    """
    try:
        return [_read(record) for record in msgspec.json.decode(body, type=WireModels).models]
    except NOT_JSON as error:
        reject_listing(body, PROVIDER_NAME, error)


def _read(record: msgspec.Raw) -> ModelInfo:
    wire = msgspec.json.decode(record, type=WireModel)
    told = wire.capabilities if is_list(wire.capabilities) else []
    return ModelInfo(
        name=wire.name,
        provider=PROVIDER_NAME,
        capabilities=frozenset(capability for name, capability in _TOLD.items() if name in told),
        raw=msgspec.json.decode(record),
    )
