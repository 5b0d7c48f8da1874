"""Moonshot AI's models for chatmodels: `create_chat_model("moonshot:kimi-k3")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.moonshot._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
