"""Z.ai's models for chatmodels: `create_chat_model("zai:glm-5.3")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.zai._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
