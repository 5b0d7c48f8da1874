"""Google's Gemini models for chatmodels: `create_chat_model("google:gemini-3.8-flash")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.google._part_options import part_options
from chatmodels.providers.google._provider import GEMINI_PROVIDER, VERTEX_PROVIDER

__all__ = ["GEMINI_PROVIDER", "VERTEX_PROVIDER", "part_options"]

publish(globals())

register_provider(GEMINI_PROVIDER)
register_provider(VERTEX_PROVIDER)
