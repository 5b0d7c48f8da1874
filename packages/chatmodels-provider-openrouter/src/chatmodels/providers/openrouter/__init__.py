"""OpenRouter's models for chatmodels: `create_chat_model("openrouter:openai/gpt-5-mini")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.openrouter._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
