"""Reads the listing of models ("List Available Models", API reference)."""

from collections.abc import Mapping, Sequence

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.http.wire import NOT_JSON, Json, Wire, is_object, objects, reject_listing
from chatmodels.providers.mistral._profile import CHAT

_TOLD: Mapping[str, tuple[Capability, ...]] = {
    "function_calling": (Capability.TOOLS, Capability.PARALLEL_TOOLS, Capability.STRICT_TOOLS),
    "vision": (Capability.VISION,),
    "audio": (Capability.AUDIO_INPUT,),
    "reasoning": (Capability.REASONING,),
}
_BY_ALL = CHAT - frozenset(_TOLD["function_calling"])
_INPUTS = {"vision": "image", "audio": "audio"}


class WireCard(Wire, frozen=True, gc=False):
    """A model in the listing; each of its aliases is listed as well."""

    id: str
    created: int | None = None
    owned_by: str | None = None
    max_context_length: int | None = None
    capabilities: Json = None
    deprecation: str | None = None


def read_models(body: bytes) -> Sequence[ModelInfo]:
    """Read what models there are.

    Raises:
        ResponseInvalidError: The body is no such listing.
    """
    try:
        records = msgspec.json.decode(body, type=dict[str, Json])["data"]
        cards = msgspec.convert(records, list[WireCard])
    except (*NOT_JSON, KeyError) as error:
        reject_listing(body, "mistral", error)
    return [_read(card, record) for card, record in zip(cards, objects(records), strict=True)]


def _read(card: WireCard, record: Json) -> ModelInfo:
    told = card.capabilities if is_object(card.capabilities) else {}
    chats = bool(told.get("completion_chat"))
    found = frozenset(word for name, words in _TOLD.items() if told.get(name) for word in words)
    media = [word for name, word in _INPUTS.items() if told.get(name)]
    return ModelInfo(
        name=card.id,
        provider="mistral",
        context_window=card.max_context_length,
        input_modalities=("text", *media) if chats else (),
        output_modalities=("text",) if chats else (),
        capabilities=_BY_ALL | found if chats else frozenset(),
        created=card.created,
        deprecated=card.deprecation[:10] if card.deprecation else None,
        owner=card.owned_by,
        raw=record,
    )
