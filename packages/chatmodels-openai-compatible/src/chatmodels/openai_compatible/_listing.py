"""Reads the list of models."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.http.wire import (
    NOT_JSON,
    Json,
    integer_or_none,
    is_list,
    is_object,
    objects,
    reject_listing,
)
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
        _read(wire, record, provider) for wire, record in zip(wires, objects(records), strict=True)
    ]


def _read(wire: WireModel, record: Json, provider: str) -> ModelInfo:
    best = wire.top_provider if is_object(wire.top_provider) else {}
    media = wire.architecture if is_object(wire.architecture) else {}
    slot = wire.meta if is_object(wire.meta) else {}
    return ModelInfo(
        name=wire.id,
        provider=provider,
        context_window=wire.context_window
        or wire.context_length
        or wire.max_model_len
        or integer_or_none(slot.get("n_ctx")),  # shorter than in the training
        max_output_tokens=wire.max_completion_tokens
        or integer_or_none(best.get("max_completion_tokens")),
        input_modalities=_texts(media.get("input_modalities")),
        output_modalities=_texts(media.get("output_modalities")),
        created=None if wire.created is None else int(wire.created),
        deprecated=wire.shutdown_date or wire.expiration_date,
        owner=wire.owned_by,
        raw=record,
    )


def _texts(values: Json) -> tuple[str, ...]:
    return tuple(str(value) for value in values) if is_list(values) else ()
