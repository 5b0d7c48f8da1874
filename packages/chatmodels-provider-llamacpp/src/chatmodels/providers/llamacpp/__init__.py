"""Models that llama.cpp's server runs: `create_chat_model("llamacpp:smollm2")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.llamacpp._loaded_model import LoadedModel, aloaded_model, loaded_model
from chatmodels.providers.llamacpp._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER", "LoadedModel", "aloaded_model", "loaded_model"]

publish(globals())

register_provider(PROVIDER)
