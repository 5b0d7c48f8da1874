"""Snowflake's models for chatmodels: `create_chat_model("snowflake:claude-sonnet-4-6")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.snowflake._provider import DIALECT, PROVIDER, part_options

__all__ = ["DIALECT", "PROVIDER", "part_options"]

publish(globals())

register_provider(PROVIDER)
