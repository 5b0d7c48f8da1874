"""OpenAI's Responses API, for the providers of chatmodels that are compatible with it."""

from chatmodels.core.extending import publish
from chatmodels.openai_compatible.responses._codec import responses_codec
from chatmodels.openai_compatible.responses._dialect import RESPONSES_SETTINGS, ResponsesDialect

__all__ = ["RESPONSES_SETTINGS", "ResponsesDialect", "responses_codec"]

publish(globals())
