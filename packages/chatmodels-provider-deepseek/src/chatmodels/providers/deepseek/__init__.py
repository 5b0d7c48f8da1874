"""DeepSeek's models for chatmodels: `create_chat_model("deepseek:deepseek-v4-flash")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.deepseek._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
