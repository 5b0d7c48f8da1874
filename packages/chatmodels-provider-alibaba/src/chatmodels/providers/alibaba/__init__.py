"""Alibaba Cloud's models for chatmodels: `create_chat_model("alibaba:qwen3.8-max")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.alibaba._provider import DIALECT, PROVIDER, part_options

__all__ = ["DIALECT", "PROVIDER", "part_options"]

publish(globals())

register_provider(PROVIDER)
