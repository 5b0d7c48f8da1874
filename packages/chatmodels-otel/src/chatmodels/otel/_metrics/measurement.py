"""A call that is over, as metrics see it: numbers and names, without its content."""

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
from chatmodels.otel._call_state import Watch
from chatmodels.otel._model_attributes import UNANSWERED, Answered, Plan
from chatmodels.otel._usage import billed

NO_USAGE = Usage()

_NOWHERE = Context()


class Finished(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is measured of a call.

    Attributes:
        plan: The model's constant attributes.
        streamed: Whether it was a stream.
        span: The identity of its span, for exemplars; None without a recorded span. The span itself
            would keep its content in memory until a reader collects.
        duration: Seconds that it took; the span takes the same.
        answered: By what it was answered, one of a bounded number.
        error_type: Why it failed, if it did.
        usage: The tokens reported, billed ones if told; all None if the answer is another model's.
        modalities: What the tokens of input and output that are not known to be audio are.
        first_chunk: Seconds until the first event of a stream.
        chunk_times: When each event came, in seconds of one clock.
        events: How many events a stream had.
        retries: Why each repeated attempt was repeated, as error types.
        cost: What it cost, in US dollars, where known.
    """

    plan: Plan
    streamed: bool
    span: SpanContext | None
    duration: float
    answered: Answered
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
        """A context to record measurements in, so that exemplars lead to the span."""
        if self.span is None:
            return None
        return set_span_in_context(NonRecordingSpan(self.span), _NOWHERE)


class Sink(Protocol):
    """Records finished calls in some instruments."""

    def record(self, call: Finished, /) -> None:
        """Record a call."""
        ...


def finished(
    watch: Watch,
    response: ChatResponse[Any] | None,
    duration: float,
    failure: str | None,
    cost: float | None,
) -> Finished:
    """Sum a call up.

    Args:
        watch: What is remembered of it.
        response: The answer, or what there is of it.
        duration: Seconds that it took.
        failure: Why it failed, as an error type, if it did.
        cost: What it cost, in US dollars, where known.
    """
    call, plan = watch.call, watch.plan.stand_in or watch.plan
    own = None if call.is_delegated else response
    first = call.first_event_at
    failures = watch.failures
    return Finished(
        plan=plan,
        streamed=call.op == "stream",
        span=watch.span.get_span_context() if watch.is_recorded and watch.span else None,
        duration=duration,
        answered=UNANSWERED if own is None else plan.answered(own),
        error_type=failure,
        usage=NO_USAGE if own is None else billed(own.usage),
        modalities=modalities(call.request, own),
        first_chunk=None if first is None else first - call.started,
        chunk_times=_packed(watch.times) if watch.times else (),
        events=call.events,
        retries=() if failures is None else tuple(failures[: call.attempts - 1]),
        cost=cost,
    )


def _packed(times: Sequence[float]) -> Sequence[float]:
    """Keep a number in eight bytes instead of thirty-two, while they wait for a reader."""
    from array import array

    return array("d", times)


def modalities(request: ChatRequest, response: ChatResponse[Any] | None) -> tuple[str, str]:
    """Tell of what kind tokens of input and output are that the provider does not break down.

    The conventions call tokens "unknown" unless their kind is certain: a conversation without
    media is text.
    """
    asked = "text"
    for message in request.messages:
        if _has_media(message):
            asked = "unknown"
            break
    if response is None or request.settings.audio_output is not None:
        return asked, "unknown"
    return asked, "unknown" if _has_media(response.message) else "text"


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
