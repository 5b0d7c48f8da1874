"""Anthropic's models for chatmodels: `create_chat_model("anthropic:claude-sonnet-5-5")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.anthropic._blocks import part_options
from chatmodels.providers.anthropic._provider import PROVIDER

__all__ = ["PROVIDER", "part_options"]

publish(globals())

register_provider(PROVIDER)
