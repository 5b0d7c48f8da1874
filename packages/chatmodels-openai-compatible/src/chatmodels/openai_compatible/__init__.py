"""The OpenAI chat completions dialect, shared by the providers of chatmodels that speak it.

The Responses API is in `chatmodels.openai_compatible.responses`, imported where it is used.
"""

from chatmodels.core.extending import publish
from chatmodels.openai_compatible._codec import chat_completions_codec
from chatmodels.openai_compatible._dialect import COMMON_SETTINGS, Dialect, Input
from chatmodels.openai_compatible._schemas import OPENAI_SCHEMAS

__all__ = ["COMMON_SETTINGS", "OPENAI_SCHEMAS", "Dialect", "Input", "chat_completions_codec"]

publish(globals())
