"""A request and its answer as attributes of the inference span."""

from typing import Any

import msgspec

from chatmodels.core import ChatRequest, ChatResponse, FinishReason, Settings, Usage
from chatmodels.otel._semconv import CONVERSATION_ID, FINISH_REASONS, RESPONSE_MODEL

Attributes = dict[str, Any]

_FINISH_REASONS: dict[FinishReason, str] = {"tool_calls": "tool_call"}

_UNSET = ChatRequest(messages=()).settings


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
        _settings_attributes(attributes, settings)
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
    # Written out, since it is done for each call.
    if usage.input_tokens is not None:
        attributes["gen_ai.usage.input_tokens"] = usage.input_tokens
    if usage.output_tokens is not None:
        attributes["gen_ai.usage.output_tokens"] = usage.output_tokens
    if usage.cached_input_tokens is not None:
        attributes["gen_ai.usage.cache_read.input_tokens"] = usage.cached_input_tokens
    if usage.cache_write_tokens is not None:
        attributes["gen_ai.usage.cache_write.input_tokens"] = usage.cache_write_tokens
    if usage.reasoning_tokens is not None:
        attributes["gen_ai.usage.reasoning.output_tokens"] = usage.reasoning_tokens
    if usage.input_audio_tokens is not None:
        attributes["gen_ai.usage.audio.input_tokens"] = usage.input_audio_tokens
    if usage.output_audio_tokens is not None:
        attributes["gen_ai.usage.audio.output_tokens"] = usage.output_audio_tokens


def _settings_attributes(attributes: Attributes, settings: Settings) -> None:
    if settings.temperature is not None:
        attributes["gen_ai.request.temperature"] = float(settings.temperature)
    if settings.top_p is not None:
        attributes["gen_ai.request.top_p"] = float(settings.top_p)
    if settings.top_k is not None:
        attributes["gen_ai.request.top_k"] = settings.top_k
    if settings.max_output_tokens is not None:
        attributes["gen_ai.request.max_tokens"] = settings.max_output_tokens
    if settings.stop is not None:
        attributes["gen_ai.request.stop_sequences"] = settings.stop
    if settings.seed is not None:
        attributes["gen_ai.request.seed"] = settings.seed
    if settings.frequency_penalty is not None:
        attributes["gen_ai.request.frequency_penalty"] = float(settings.frequency_penalty)
    if settings.presence_penalty is not None:
        attributes["gen_ai.request.presence_penalty"] = float(settings.presence_penalty)
    if settings.reasoning_effort is not None:
        attributes["gen_ai.request.reasoning.level"] = settings.reasoning_effort
    if settings.audio_output is not None:
        attributes["gen_ai.output.type"] = "speech"


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
