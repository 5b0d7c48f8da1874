"""Reads the list of models."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.http.wire import (
    NOT_JSON,
    Json,
    Wire,
    integer_or_none,
    is_list,
    is_object,
    objects,
    reject_listing,
)


class WireModel(Wire, frozen=True, gc=False):
    """A model in a list: OpenAI's fields, then other vendors' fields for its limits."""

    id: str
    created: int | float | None = None
    owned_by: str | None = None
    context_window: int | None = None  # Groq
    context_length: int | None = None  # OpenRouter, Together
    max_model_len: int | None = None  # vLLM
    max_completion_tokens: int | None = None  # Groq
    meta: Json = None  # llama.cpp
    shutdown_date: str | None = None  # OpenAI's "Deprecations" page
    expiration_date: str | None = None  # OpenRouter, as the next two
    architecture: Json = None
    top_provider: Json = None


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
