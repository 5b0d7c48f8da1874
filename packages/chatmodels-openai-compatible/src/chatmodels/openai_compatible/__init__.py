"""The OpenAI chat completions dialect, shared by the providers of chatmodels that speak it.

The Responses API is in `chatmodels.openai_compatible.responses`, imported where it is used.
"""

from chatmodels.openai_compatible._codec import ChatCompletionsCodec
from chatmodels.openai_compatible._dialect import COMMON_SETTINGS, Dialect, Input

__all__ = ["COMMON_SETTINGS", "ChatCompletionsCodec", "Dialect", "Input"]
