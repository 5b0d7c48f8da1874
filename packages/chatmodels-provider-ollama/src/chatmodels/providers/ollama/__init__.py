"""Ollama's models for chatmodels: `create_chat_model("ollama:qwen3")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.ollama._provider import PROVIDER
from chatmodels.providers.ollama._pull import PullProgress, apull, pull

__all__ = ["PROVIDER", "PullProgress", "apull", "pull"]

publish(globals())

register_provider(PROVIDER)
