"""Reads the catalog of GitHub Models."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.http.wire import NOT_JSON, Json, Wire, objects, reject_listing


class WireLimits(Wire, frozen=True):
    """The limits of a model."""

    max_input_tokens: int | None = None
    max_output_tokens: int | None = None


class WireModel(Wire, frozen=True):
    """A model of the catalog."""

    id: str
    publisher: str | None = None
    limits: WireLimits = WireLimits()
    supported_input_modalities: tuple[str, ...] = ()
    supported_output_modalities: tuple[str, ...] = ()


def read_catalog(body: bytes, /) -> Sequence[ModelInfo]:
    """Read the models of the catalog ("List all models").

    Raises:
        ResponseInvalidError: The body is not the catalog.
    """
    try:
        records: Json = msgspec.json.decode(body)
        wires = msgspec.convert(records, list[WireModel], strict=False)
    except NOT_JSON as error:
        reject_listing(body, "github-models", error)
    return [
        ModelInfo(
            name=wire.id,
            provider="github-models",
            context_window=wire.limits.max_input_tokens,
            max_output_tokens=wire.limits.max_output_tokens,
            input_modalities=wire.supported_input_modalities,
            output_modalities=wire.supported_output_modalities,
            owner=wire.publisher,
            raw=record,
        )
        for wire, record in zip(wires, objects(records), strict=True)
    ]
