"""The measurement of a completed call: numbers and names, without its content."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

from chatmodels.core import (
    AudioPart,
    ChatRequest,
    ChatResponse,
    FilePart,
    ImagePart,
    Message,
    TextPart,
    ToolResult,
    Usage,
)
from chatmodels.otel._call_state import CallState
from chatmodels.otel._model_attributes import NO_RESPONSE_MODEL, ModelAttributes, ResponseModel
from chatmodels.otel._usage import billed_usage

NO_USAGE = Usage()

_NOWHERE = Context()


class Measurement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The measurement of a completed call.

    Attributes:
        model: The model's constant attributes.
        streamed: Whether it was a stream.
        span: The identity of its span, for exemplars; None without a recorded span. The span itself
            would keep its content in memory until a reader collects.
        duration: The duration in seconds, the same as that of the span.
        response_model: The model of the response, from a bounded number.
        error_type: The error type, if the call failed.
        usage: The reported tokens, billed ones if reported; all None if the response is from
            another model.
        modalities: The modality of input and output tokens that are not reported as audio.
        first_chunk: The seconds until the first event of a stream.
        chunk_times: The time of each event, in seconds of one clock.
        events: The number of events of a stream.
        retries: The error types of the attempts that were repeated.
        cost: The cost in US dollars, if known.
    """

    model: ModelAttributes
    streamed: bool
    span: SpanContext | None
    duration: float
    response_model: ResponseModel
    error_type: str | None
    usage: Usage
    modalities: tuple[str, str]
    first_chunk: float | None
    chunk_times: Sequence[float]
    events: int
    retries: tuple[str, ...]
    cost: float | None

    @property
    def context(self) -> Context | None:
        """A context for recording measurements, so that exemplars refer to the span."""
        if self.span is None:
            return None
        return set_span_in_context(NonRecordingSpan(self.span), _NOWHERE)


class Sink(Protocol):
    """Records measurements in some instruments."""

    def record(self, call: Measurement, /) -> None:
        """Record a call."""
        ...


def measure(
    state: CallState,
    response: ChatResponse[Any] | None,
    duration: float,
    failure: str | None,
    cost: float | None,
) -> Measurement:
    """Measure a completed call.

    Args:
        state: The state of the call.
        response: The response, or the part of it that arrived.
        duration: The duration in seconds.
        failure: The error type, if the call failed.
        cost: The cost in US dollars, if known.
    """
    call, model = state.call, state.model.substitute or state.model
    own = None if call.is_delegated else response  # the response of this model
    first = call.first_event_at
    failures = state.failures
    return Measurement(
        model=model,
        streamed=call.op == "stream",
        span=state.span.get_span_context() if state.is_recorded and state.span else None,
        duration=duration,
        response_model=NO_RESPONSE_MODEL if own is None else model.response_model(own),
        error_type=failure,
        usage=NO_USAGE if own is None else billed_usage(own.usage),
        modalities=modalities(call.request, own),
        first_chunk=None if first is None else first - call.started,
        chunk_times=_packed(state.times) if state.times else (),
        events=call.events,
        retries=() if failures is None else tuple(failures[: call.attempts - 1]),
        cost=cost,
    )


def _packed(times: Sequence[float]) -> Sequence[float]:
    """Store each number in eight bytes instead of thirty-two, while it is pending."""
    from array import array

    return array("d", times)


def modalities(request: ChatRequest, response: ChatResponse[Any] | None) -> tuple[str, str]:
    """Return the modality of input and output tokens that the provider does not split.

    The conventions require "unknown" unless the modality is certain: a conversation without media
    is text.
    """
    input_modality = "text"
    for message in request.messages:
        if _has_media(message):
            input_modality = "unknown"
            break
    if response is None or request.settings.audio_output is not None:
        return input_modality, "unknown"
    return input_modality, "unknown" if _has_media(response.message) else "text"


def _has_media(message: Message) -> bool:
    for part in message.parts:
        if type(part) is TextPart:
            continue
        if isinstance(part, ToolResult):
            if any(isinstance(item, _MEDIA) for item in part.content):
                return True
        elif isinstance(part, _MEDIA):
            return True
    return False


_MEDIA = (ImagePart, AudioPart, FilePart)
