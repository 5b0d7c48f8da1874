"""Models that SGLang's server runs: `create_chat_model("sglang:Qwen/Qwen3-8B")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.sglang._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
