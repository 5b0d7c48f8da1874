"""A request and its answer as attributes of the inference span."""

from typing import Any

import msgspec

from chatmodels.core import ChatRequest, ChatResponse, FinishReason, Settings, Usage
from chatmodels.otel._semconv import CONVERSATION_ID, FINISH_REASONS, RESPONSE_MODEL

Attributes = dict[str, Any]

_SETTINGS = (
    ("temperature", "gen_ai.request.temperature"),
    ("top_p", "gen_ai.request.top_p"),
    ("top_k", "gen_ai.request.top_k"),
    ("max_output_tokens", "gen_ai.request.max_tokens"),
    ("stop", "gen_ai.request.stop_sequences"),
    ("seed", "gen_ai.request.seed"),
    ("frequency_penalty", "gen_ai.request.frequency_penalty"),
    ("presence_penalty", "gen_ai.request.presence_penalty"),
    ("reasoning_effort", "gen_ai.request.reasoning.level"),
)
_DOUBLES = frozenset({"temperature", "top_p", "frequency_penalty", "presence_penalty"})

_USAGE = (
    ("input_tokens", "gen_ai.usage.input_tokens"),
    ("output_tokens", "gen_ai.usage.output_tokens"),
    ("cached_input_tokens", "gen_ai.usage.cache_read.input_tokens"),
    ("cache_write_tokens", "gen_ai.usage.cache_write.input_tokens"),
    ("reasoning_tokens", "gen_ai.usage.reasoning.output_tokens"),
    ("input_audio_tokens", "gen_ai.usage.audio.input_tokens"),
    ("output_audio_tokens", "gen_ai.usage.audio.output_tokens"),
)

_FINISH_REASONS: dict[FinishReason, str] = {"tool_calls": "tool_call"}

_UNSET = Settings()


class _Fingerprint(msgspec.Struct):
    system_fingerprint: str | None = None


_FINGERPRINT = msgspec.json.Decoder(_Fingerprint)
_FINGERPRINTS = msgspec.json.Decoder(list[_Fingerprint])


def request_attributes(
    attributes: Attributes, request: ChatRequest, conversation: str | None, *, is_openai: bool
) -> None:
    """Add what is known of a request.

    Args:
        attributes: Where to add it.
        request: The request.
        conversation: The id of the conversation that it belongs to.
        is_openai: Whether the attributes of OpenAI are called for.
    """
    settings = request.settings
    if settings is not _UNSET:
        for field, name in _SETTINGS:
            value = getattr(settings, field)
            if value is not None:
                attributes[name] = float(value) if field in _DOUBLES else value
        if settings.audio_output is not None:
            attributes["gen_ai.output.type"] = "speech"
        if is_openai and settings.service_tier not in (None, "auto"):
            attributes["openai.request.service_tier"] = settings.service_tier
    if request.output is not None:
        attributes["gen_ai.output.type"] = "json"
    if conversation is not None:
        attributes[CONVERSATION_ID] = conversation
    options = request.provider_options
    if options:
        previous = options.get("previous_response_id")
        if isinstance(previous, str):
            attributes["gen_ai.request.previous_response.id"] = previous
        choices = options.get("n")
        if isinstance(choices, int) and choices != 1:
            attributes["gen_ai.request.choice.count"] = choices


def response_attributes(
    attributes: Attributes, response: ChatResponse[Any], *, is_whole: bool, is_openai: bool
) -> None:
    """Add what is known of an answer, or of the part of it that arrived.

    Args:
        attributes: Where to add it.
        response: The answer.
        is_whole: Whether all of it arrived; if not, its finish reason means nothing.
        is_openai: Whether the attributes of OpenAI are called for.
    """
    if response.id is not None:
        attributes["gen_ai.response.id"] = response.id
    if response.model is not None:
        attributes[RESPONSE_MODEL] = response.model
    attributes[FINISH_REASONS] = (finish_reason(response, is_whole=is_whole),)
    usage_attributes(attributes, response.usage)
    if is_openai:
        if response.service_tier is not None:
            attributes["openai.response.service_tier"] = response.service_tier
        fingerprint = _fingerprint(response.payload)
        if fingerprint is not None:
            attributes["openai.response.system_fingerprint"] = fingerprint


def usage_attributes(attributes: Attributes, usage: Usage) -> None:
    """Add the tokens that were reported."""
    for field, name in _USAGE:
        count = getattr(usage, field)
        if count is not None:
            attributes[name] = count


def finish_reason(response: ChatResponse[Any], *, is_whole: bool) -> str:
    """Name why an answer ended, in the provider's word, or "error" if it ended abnormally."""
    reason = response.finish_reason
    if not is_whole or reason == "error":
        return "error"
    return response.raw_finish_reason or _FINISH_REASONS.get(reason, reason)


def _fingerprint(payload: msgspec.Raw) -> str | None:
    raw = bytes(payload)
    if b'"system_fingerprint"' not in raw:
        return None
    try:
        if raw.lstrip().startswith(b"["):
            found = (event.system_fingerprint for event in _FINGERPRINTS.decode(raw))
            return next((each for each in found if each is not None), None)
        return _FINGERPRINT.decode(raw).system_fingerprint
    except msgspec.DecodeError:
        return None
