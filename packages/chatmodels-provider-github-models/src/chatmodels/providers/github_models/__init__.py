"""GitHub Models's models for chatmodels: `create_chat_model("github-models:openai/gpt-4.1")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.github_models._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
