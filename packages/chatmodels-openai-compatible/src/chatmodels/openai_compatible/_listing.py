"""Reads the list of models."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.http.wire import NOT_JSON, integer_or_none, is_object, objects, reject_listing
from chatmodels.openai_compatible._wire import WireModel


def read_models(body: bytes, provider: str) -> Sequence[ModelInfo]:
    """Read a list of models: `{"data": [...]}`, or the bare list that Together sends.

    Raises:
        ResponseInvalidError: The body is not a list of models.
    """
    try:
        listing = msgspec.json.decode(body)
        records = listing.get("data") if is_object(listing) else listing
        wires = msgspec.convert(records, list[WireModel], strict=False)
    except NOT_JSON as error:
        reject_listing(body, provider, error)
    return [
        ModelInfo(
            name=wire.id,
            provider=provider,
            context_window=wire.context_window
            or wire.context_length
            or wire.max_model_len
            or _context_of_slot(wire),
            max_output_tokens=wire.max_completion_tokens,
            created=None if wire.created is None else int(wire.created),
            deprecated=wire.shutdown_date,
            owner=wire.owned_by,
            raw=record,
        )
        for wire, record in zip(wires, objects(records), strict=True)
    ]


def _context_of_slot(wire: WireModel) -> int | None:
    # The context of one of llama.cpp's slots, which can be shorter than that of the training.
    return integer_or_none(wire.meta.get("n_ctx")) if is_object(wire.meta) else None
