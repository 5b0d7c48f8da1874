"""xAI's models for chatmodels: `create_chat_model("xai:grok-4.6")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.xai._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
