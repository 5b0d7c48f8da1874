"""Databricks's models for chatmodels: `create_chat_model("databricks:databricks-gpt-oss-120b")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.databricks._provider import DIALECT, PROVIDER, part_options

__all__ = ["DIALECT", "PROVIDER", "part_options"]

publish(globals())

register_provider(PROVIDER)
