"""The codec: chat completions with a dialect for each model and Mistral's model listing."""

from msgspec.structs import replace

from chatmodels.http import HttpRequest, Listing
from chatmodels.openai_compatible import chat_completions_codec
from chatmodels.providers.mistral._batches import MistralBatches
from chatmodels.providers.mistral._dialect import DIALECT, dialect_for
from chatmodels.providers.mistral._listing import read_models
from chatmodels.providers.mistral._profile import FAMILIES

_CHAT = chat_completions_codec(DIALECT, dialect_for=dialect_for)

CODEC = replace(
    _CHAT,
    families=FAMILIES,
    batches=MistralBatches(provider="mistral", failure=_CHAT.failure),
    models=Listing(HttpRequest(method="GET", path="/models"), read_models),
)
