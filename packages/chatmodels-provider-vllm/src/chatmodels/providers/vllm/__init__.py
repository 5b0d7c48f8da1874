"""Models that vLLM's server runs: `create_chat_model("vllm:Qwen/Qwen3-8B")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.vllm._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
