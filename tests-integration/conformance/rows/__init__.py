"""The table: one row per wire format and provider."""

from conformance.row import Row
from conformance.rows import (
    anthropic_messages,
    bedrock_converse,
    cohere_chat,
    family_chat,
    gemini,
    mistral_chat,
    ollama_chat,
    openai_chat,
    openai_responses,
)

ROWS: tuple[Row, ...] = (
    *openai_chat.ROWS,
    *openai_responses.ROWS,
    *anthropic_messages.ROWS,
    *gemini.ROWS,
    *bedrock_converse.ROWS,
    *cohere_chat.ROWS,
    *mistral_chat.ROWS,
    *ollama_chat.ROWS,
    *family_chat.ROWS,
)
