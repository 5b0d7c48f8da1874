"""Perplexity's models for chatmodels: `create_chat_model("perplexity:sonar-pro")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.perplexity._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
