"""Decoder of the model listing ("List Available Models", API reference)."""

from collections.abc import Mapping, Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import NOT_JSON, Json, Wire, is_object, objects, reject_listing
from chatmodels.providers.mistral._profile import CHAT

_REPORTED: Mapping[str, tuple[Capability, ...]] = {
    "function_calling": (Capability.TOOLS, Capability.PARALLEL_TOOLS, Capability.STRICT_TOOLS),
    "vision": (Capability.VISION,),
    "audio": (Capability.AUDIO_INPUT,),
    "reasoning": (Capability.REASONING,),
}
_ALL_CHAT_MODELS = CHAT - frozenset(_REPORTED["function_calling"])
_INPUTS = {"vision": "image", "audio": "audio"}


class WireCard(Wire, frozen=True, gc=False):
    """A model of the listing; each alias is a separate entry."""

    id: str
    created: int | None = None
    owned_by: str | None = None
    max_context_length: int | None = None
    capabilities: Json = None
    deprecation: str | None = None


def read_models(body: bytes) -> Sequence[ModelInfo]:
    """Decode the model listing.

    Raises:
        ResponseInvalidError: The body is not a model listing.
    """
    try:
        records = msgspec.json.decode(body, type=dict[str, Json])["data"]
        cards = msgspec.convert(records, list[WireCard])
    except (*NOT_JSON, KeyError) as error:
        reject_listing(body, "mistral", error)
    return [_read(card, record) for card, record in zip(cards, objects(records), strict=True)]


def _read(card: WireCard, record: Json) -> ModelInfo:
    reported = card.capabilities if is_object(card.capabilities) else {}
    chat = bool(reported.get("completion_chat"))
    names = [name for name in _REPORTED if reported.get(name)]
    capabilities = frozenset(capability for name in names for capability in _REPORTED[name])
    media = [modality for name, modality in _INPUTS.items() if reported.get(name)]
    return ModelInfo(
        name=card.id,
        provider="mistral",
        context_window=card.max_context_length,
        input_modalities=("text", *media) if chat else (),
        output_modalities=("text",) if chat else (),
        capabilities=_ALL_CHAT_MODELS | capabilities if chat else frozenset(),
        created=card.created,
        deprecated=card.deprecation[:10] if card.deprecation else None,
        owner=card.owned_by,
        raw=record,
    )
