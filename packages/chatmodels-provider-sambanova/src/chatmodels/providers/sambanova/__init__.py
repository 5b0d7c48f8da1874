"""SambaNova's models for chatmodels: `create_chat_model("sambanova:gpt-oss-120b")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.sambanova._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
