"""Cohere's models for chatmodels: `create_chat_model("cohere:command-a-03-2025")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.cohere._provider import PROVIDER

__all__ = ["PROVIDER"]

publish(globals())

register_provider(PROVIDER)
