"""OpenAI's models for chatmodels: `create_chat_model("openai:gpt-5-mini")`."""

from chatmodels.core import register_provider
from chatmodels.providers.openai._dialect import DIALECT
from chatmodels.providers.openai._provider import PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

register_provider(PROVIDER)
