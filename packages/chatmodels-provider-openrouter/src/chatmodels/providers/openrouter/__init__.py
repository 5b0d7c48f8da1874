"""OpenRouter's models for chatmodels: `create_chat_model("openrouter:openai/gpt-6.1-terra")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.openrouter._provider import DIALECT, PROVIDER, part_options

__all__ = ["DIALECT", "PROVIDER", "part_options"]

publish(globals())

register_provider(PROVIDER)
