"""Mistral's models for chatmodels: `create_chat_model("mistral:mistral-small-latest")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.mistral._dialect import DIALECT
from chatmodels.providers.mistral._provider import PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
