"""A call as attributes of the inference span: what was asked, and what was answered."""

from typing import Any

import msgspec

from chatmodels.core import ChatRequest, ChatResponse, FinishReason, Settings
from chatmodels.otel._semconv import (
    CONVERSATION_ID,
    FINISH_REASONS,
    FIRST_CHUNK,
    RESPONSE_MODEL,
    RETRY_COUNT,
)
from chatmodels.otel._watch import Watch

Attributes = dict[str, Any]

_FINISH_REASONS: dict[FinishReason, str] = {"tool_calls": "tool_call"}

_UNSET = ChatRequest(messages=()).settings


class _Fingerprint(msgspec.Struct):
    system_fingerprint: str | None = None


_FINGERPRINT = msgspec.json.Decoder(_Fingerprint)
_FINGERPRINTS = msgspec.json.Decoder(list[_Fingerprint])


def call_attributes(
    attributes: Attributes, watch: Watch, response: ChatResponse[Any] | None
) -> None:
    """Add what is known of a call at its end.

    Args:
        attributes: Where to add it.
        watch: What is remembered of the call.
        response: The answer, or what there is of it.
    """
    call = watch.call
    is_openai = watch.plan.is_openai
    is_whole = call.outcome == "completed"
    _request(attributes, call.request, is_openai)
    if watch.conversation is not None:
        attributes[CONVERSATION_ID] = watch.conversation
    if response is not None and not call.is_delegated:
        _response(attributes, response, is_whole)
        if is_openai:
            _openai(attributes, response)
    elif not is_whole:
        attributes[FINISH_REASONS] = ("error",)
    if call.first_event_at is not None:
        attributes[FIRST_CHUNK] = call.first_event_at - call.started
    if call.attempts > 1:
        attributes[RETRY_COUNT] = call.attempts - 1


def finish_reason(response: ChatResponse[Any], *, is_whole: bool) -> str:
    """Name why an answer ended, in the provider's word, or "error" if it ended abnormally."""
    reason = response.finish_reason
    if not is_whole or reason == "error":
        return "error"
    return response.raw_finish_reason or _FINISH_REASONS.get(reason, reason)


def _request(attributes: Attributes, request: ChatRequest, is_openai: bool) -> None:
    settings = request.settings
    if settings is not _UNSET:
        _settings(attributes, settings)
        if is_openai and settings.service_tier not in (None, "auto"):
            attributes["openai.request.service_tier"] = settings.service_tier
    if request.output is not None:
        attributes["gen_ai.output.type"] = "json"
    options = request.provider_options
    if options:
        previous = options.get("previous_response_id")
        if isinstance(previous, str):
            attributes["gen_ai.request.previous_response.id"] = previous
        choices = options.get("n")
        if isinstance(choices, int) and choices != 1:
            attributes["gen_ai.request.choice.count"] = choices


def _response(attributes: Attributes, response: ChatResponse[Any], is_whole: bool) -> None:
    # Written out, since it is done for each call.
    if response.id is not None:
        attributes["gen_ai.response.id"] = response.id
    if response.model is not None:
        attributes[RESPONSE_MODEL] = response.model
    attributes[FINISH_REASONS] = (finish_reason(response, is_whole=is_whole),)
    usage = response.usage
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


def _settings(attributes: Attributes, settings: Settings) -> None:
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


def _openai(attributes: Attributes, response: ChatResponse[Any]) -> None:
    if response.service_tier is not None:
        attributes["openai.response.service_tier"] = response.service_tier
    fingerprint = _fingerprint(response.payload)
    if fingerprint is not None:
        attributes["openai.response.system_fingerprint"] = fingerprint


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
