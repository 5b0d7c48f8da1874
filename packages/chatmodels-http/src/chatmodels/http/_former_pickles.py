"""Pickles of models from 0.1.0: their models are created again from the names and the options."""

from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

from chatmodels.core import ChatModel, ChatModelError, ConfigurationError, registry
from chatmodels.core.extending import ProviderMetadata, ProviderOptions


class Caller(NamedTuple):
    """The part of a pickle that describes a provider and the options of a model."""

    metadata: ProviderMetadata
    codec: object
    options: ProviderOptions
    signers: object


class FormerCodec:
    """Stands for a codec of 0.1.0, which follows from the options."""


AzureResponsesCodec = adapt = FormerCodec

_CODECS = {
    "chatmodels.openai_compatible._codec": "ChatCompletionsCodec",
    "chatmodels.openai_compatible.responses._codec": "ResponsesCodec",
    "chatmodels.providers.anthropic._codec": "MessagesCodec",
    "chatmodels.providers.azure._codec": "AzureCodec",
    "chatmodels.providers.bedrock._codec": "ConverseCodec",
    "chatmodels.providers.cohere._codec": "ChatV2Codec",
    "chatmodels.providers.google._codec": "GeminiCodec",
    "chatmodels.providers.mistral._codec": "MistralCodec",
    "chatmodels.providers.ollama._codec": "OllamaCodec",
}
"""The modules from which these classes were removed."""


def create_again(caller: Caller, model: str) -> ChatModel:
    """Create the model that a pickle describes.

    Raises:
        ConfigurationError: The provider or its options are no longer valid.
    """
    name = caller.metadata.name
    try:
        return registry.provider(name).create_chat_model(model, caller.options)
    except ChatModelError as error:
        raise ConfigurationError(
            f"the pickle of {name}:{model} was made by chatmodels 0.1.0 and cannot be loaded "
            f"({error.message}); create the model again and pickle that",
            provider=name,
            model=model,
        ) from error


for _module, _name in _CODECS.items():
    with suppress(ImportError):  # the provider is not installed
        setattr(import_module(_module), _name, FormerCodec)
