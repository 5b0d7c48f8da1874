"""Reads the catalog of Workers AI."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.http.wire import NOT_JSON, Json, Wire, is_object, objects, reject_listing


class WireTask(Wire, frozen=True):
    """The task of a model."""

    name: str = ""


class WireModel(Wire, frozen=True):
    """A model of the catalog."""

    name: str
    task: WireTask = WireTask()
    properties: list[dict[str, Json]] = msgspec.field(default_factory=list[dict[str, Json]])


def read_catalog(body: bytes, /) -> Sequence[ModelInfo]:
    """Read the models whose task is the generation of text.

    Raises:
        ResponseInvalidError: The body is not the catalog.
    """
    try:
        catalog: Json = msgspec.json.decode(body)
        records = catalog.get("result") if is_object(catalog) else catalog
        wires = msgspec.convert(records, list[WireModel], strict=False)
    except NOT_JSON as error:
        reject_listing(body, "cloudflare", error)
    return [
        ModelInfo(
            name=wire.name,
            provider="cloudflare",
            context_window=_context_window(wire),
            raw=record,
        )
        for wire, record in zip(wires, objects(records), strict=True)
        if wire.task.name == "Text Generation"
    ]


def _context_window(wire: WireModel) -> int | None:
    # such as {"property_id": "context_window", "value": "128000"}
    values = {str(each.get("property_id")): each.get("value") for each in wire.properties}
    value = str(values.get("context_window"))
    return int(value) if value.isdecimal() else None
