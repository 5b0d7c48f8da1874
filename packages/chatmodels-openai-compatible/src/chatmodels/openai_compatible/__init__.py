"""OpenAI's chat completions API, for the providers of chatmodels that are compatible with it.

The Responses API is in the subpackage `chatmodels.openai_compatible.responses`.
"""

from chatmodels.core.extending import publish
from chatmodels.openai_compatible._codec import chat_completions_codec
from chatmodels.openai_compatible._counting import INPUT_TOKENS, TOKENIZE
from chatmodels.openai_compatible._dialect import COMMON_SETTINGS, Dialect, Input
from chatmodels.openai_compatible._schemas import OPENAI_SCHEMAS

__all__ = [
    "COMMON_SETTINGS",
    "INPUT_TOKENS",
    "OPENAI_SCHEMAS",
    "TOKENIZE",
    "Dialect",
    "Input",
    "chat_completions_codec",
]

publish(globals())
