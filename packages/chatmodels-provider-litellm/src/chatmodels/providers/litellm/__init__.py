"""Models behind a LiteLLM proxy: `create_chat_model("litellm:claude-sonnet")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.litellm._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
