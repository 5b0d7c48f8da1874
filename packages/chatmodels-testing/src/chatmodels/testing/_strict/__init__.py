"""The rules by which the vendors refuse requests, written from their documentation.

They share no code with the providers of chatmodels, so that neither hides a mistake of the other.
"""

from collections.abc import Callable, Mapping

from chatmodels.testing._strict import (
    anthropic,
    bedrock,
    chat_vendors,
    cohere,
    gemini,
    mistral,
    ollama,
    openai_chat,
    openai_responses,
)
from chatmodels.testing._strict.rule import Refusal, StrictRule

__all__ = ["STRICT_RULES", "UNKNOWN_MODELS"]

STRICT_RULES: Mapping[str, tuple[StrictRule, ...]] = {
    "openai.chat": openai_chat.RULES,
    "openai.responses": openai_responses.RULES,
    "anthropic.messages": anthropic.RULES,
    "bedrock.converse": bedrock.RULES,
    "cohere.chat_v2": cohere.RULES,
    "gemini.generate_content": gemini.RULES,
    "mistral.chat": mistral.RULES,
    "ollama.chat": ollama.RULES,
}
"""The rules of strict mode by wire format, in the order in which they are checked."""

UNKNOWN_MODELS: Mapping[str, Callable[[str], Refusal]] = {
    "openai.chat": chat_vendors.unknown_model,
    "openai.responses": openai_responses.unknown_model,
    "anthropic.messages": anthropic.unknown_model,
    "bedrock.converse": bedrock.unknown_model,
    "cohere.chat_v2": cohere.unknown_model,
    "gemini.generate_content": gemini.unknown_model,
    "mistral.chat": mistral.unknown_model,
    "ollama.chat": ollama.unknown_model,
}
"""The refusals of an unknown model by wire format."""
