"""The codec: that of chat completions, with the dialect of each model and Mistral's listing."""

from collections.abc import Sequence

from chatmodels.core import ModelInfo
from chatmodels.openai_compatible import ChatCompletionsCodec, Dialect
from chatmodels.providers.mistral._dialect import DIALECT, dialect_for
from chatmodels.providers.mistral._listing import read_models


class MistralCodec(ChatCompletionsCodec):
    """A `ChatCodec` for Mistral's chat completion API."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(DIALECT)

    def dialect_for(self, model: str, /) -> Dialect:
        """Choose how to speak to a model, by what is known of its family."""
        return dialect_for(model)

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing.

        Raises:
            ResponseInvalidError: The body is no such listing.
        """
        return read_models(body)
