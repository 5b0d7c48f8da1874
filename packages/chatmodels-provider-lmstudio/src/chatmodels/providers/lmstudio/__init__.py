"""Models that LM Studio runs: `create_chat_model("lmstudio:qwen/qwen3-4b")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.lmstudio._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
