"""OpenAI's models for chatmodels: `create_chat_model("openai:gpt-6.1-terra")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.openai._dialect import DIALECT, part_options
from chatmodels.providers.openai._provider import PROVIDER

__all__ = ["DIALECT", "PROVIDER", "part_options"]

publish(globals())

register_provider(PROVIDER)
