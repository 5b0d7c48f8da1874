"""The attributes of a call's span, from its request and its response."""

from collections.abc import Mapping
from typing import Any

from chatmodels.core import ChatRequest, ChatResponse, Settings
from chatmodels.core.extending import Profile
from chatmodels.otel._call_state import CallState
from chatmodels.otel._context import NO_ANNOTATIONS, Annotations
from chatmodels.otel._finish_reason import ENDED_ABNORMALLY, finish_reason
from chatmodels.otel._model_attributes import system_fingerprint
from chatmodels.otel._semconv import (
    BEDROCK,
    BEDROCK_GUARDRAIL,
    CONVERSATION_ID,
    COST,
    ERROR_TYPE,
    FINISH_REASONS,
    FIRST_CHUNK,
    OPENAI,
    OPENAI_FINGERPRINT,
    OPENAI_REQUEST_TIER,
    OPENAI_SERVICE_TIER,
    PROMPT_NAME,
    PROMPT_VERSION,
    RESPONSE_MODEL,
    RETRY_COUNT,
)
from chatmodels.otel._usage import billed_usage

Attributes = dict[str, Any]

_UNSET = ChatRequest(messages=()).settings


def call_attributes(
    attributes: Attributes,
    state: CallState,
    response: ChatResponse[Any] | None,
    failure: str | None,
    cost: float | None,
) -> None:
    """Add the attributes that are known at the end of a call.

    Args:
        attributes: The attributes to extend.
        state: The state of the call.
        response: The response, or the part of it that arrived.
        failure: The error type, if the call failed.
        cost: The cost in US dollars, if known.
    """
    call = state.call
    request = call.request
    provider = state.model.provider
    is_whole = call.outcome == "completed"
    if request.settings is not _UNSET:
        _settings(attributes, request.settings, provider, call.profile)
    if request.output is not None:
        attributes["gen_ai.output.type"] = "json"
    if request.provider_options:
        _options(attributes, request.provider_options, provider)
    if state.annotations is not NO_ANNOTATIONS:
        annotation_attributes(attributes, state.annotations)
    if response is not None and not call.is_delegated:
        _response(attributes, response, is_whole)
        if provider == OPENAI:
            _openai(attributes, response)
    elif not is_whole:
        attributes[FINISH_REASONS] = (ENDED_ABNORMALLY,)
    if call.first_event_at is not None:
        attributes[FIRST_CHUNK] = call.first_event_at - call.started
    if call.attempts > 1:
        attributes[RETRY_COUNT] = call.attempts - 1
    if failure is not None:
        attributes[ERROR_TYPE] = failure
    if cost is not None:
        attributes[COST] = cost


def annotation_attributes(attributes: Attributes, annotations: Annotations) -> None:
    """Add the facts that the program adds to a call."""
    if annotations.conversation is not None:
        attributes[CONVERSATION_ID] = annotations.conversation
    if annotations.prompt is not None:
        attributes[PROMPT_NAME] = annotations.prompt
    if annotations.prompt_version is not None:
        attributes[PROMPT_VERSION] = annotations.prompt_version


def _response(attributes: Attributes, response: ChatResponse[Any], is_whole: bool) -> None:
    # Without a loop, since it runs for each call.
    if response.id is not None:
        attributes["gen_ai.response.id"] = response.id
    if response.model is not None:
        attributes[RESPONSE_MODEL] = response.model
    attributes[FINISH_REASONS] = (finish_reason(response, is_whole=is_whole),)
    usage = billed_usage(response.usage)
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


def _settings(attributes: Attributes, settings: Settings, provider: str, profile: Profile) -> None:
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
        level = profile.effort_words.get(settings.reasoning_effort, settings.reasoning_effort)
        if level is not None:
            attributes["gen_ai.request.reasoning.level"] = level
    if settings.audio_output is not None:
        attributes["gen_ai.output.type"] = "speech"
    if provider == OPENAI and settings.service_tier not in (None, "auto"):
        attributes[OPENAI_REQUEST_TIER] = settings.service_tier


def _openai(attributes: Attributes, response: ChatResponse[Any]) -> None:
    if response.service_tier is not None:
        attributes[OPENAI_SERVICE_TIER] = response.service_tier
    fingerprint = system_fingerprint(response)
    if fingerprint is not None:
        attributes[OPENAI_FINGERPRINT] = fingerprint


def _options(attributes: Attributes, options: Mapping[str, Any], provider: str) -> None:
    previous = options.get("previous_response_id")
    if isinstance(previous, str):
        attributes["gen_ai.request.previous_response.id"] = previous
    choices = options.get("n")
    if isinstance(choices, int) and choices != 1:
        attributes["gen_ai.request.choice.count"] = choices
    if provider == BEDROCK:
        guardrail = options.get("guardrailConfig")
        if isinstance(guardrail, Mapping):
            identifier: object = guardrail.get("guardrailIdentifier")  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType] # plain JSON
            if isinstance(identifier, str):
                attributes[BEDROCK_GUARDRAIL] = identifier
