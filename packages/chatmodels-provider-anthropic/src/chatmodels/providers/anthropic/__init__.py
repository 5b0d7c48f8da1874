"""Anthropic's models for chatmodels: `create_chat_model("anthropic:claude-sonnet-5-5")`."""

from chatmodels.core import register_provider
from chatmodels.providers.anthropic._blocks import part_options
from chatmodels.providers.anthropic._provider import PROVIDER

__all__ = ["PROVIDER", "part_options"]

register_provider(PROVIDER)
