"""Decoder of responses: a state machine that is fed one chunk at a time.

A whole response is one chunk. Streams do not have a terminal event: a response that runs one of
Google's tools can contain several finish reasons, and usage and sources can follow the last one.
The stream is complete at the end of the bytes if a finish reason arrived.
"""

from collections.abc import Sequence
from typing import NoReturn

import msgspec

from chatmodels.core import (
    LogprobsDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    Usage,
    UsageUpdate,
)
from chatmodels.http import Frame
from chatmodels.http.wire import (
    NO_REASON,
    NOT_JSON,
    Json,
    finish_reason,
    is_object,
    merge_usage,
    raise_for_body,
    text_or_none,
    warn,
)
from chatmodels.providers.google._citations import ByteCitation, read_citations
from chatmodels.providers.google._errors import read_failure
from chatmodels.providers.google._parts import PartsReader
from chatmodels.providers.google._response import (
    FINISH_REASONS,
    read_chunk,
    read_logprobs,
    read_usage,
    reason_name,
)
from chatmodels.providers.google._wire import (
    WireCandidate,
    WireChunk,
    chunks_decoder,
)

_NO_USAGE = Usage()


class ChunkDecoder:
    """Stateful decoder of the chunks of one response into events.

    Args:
        provider: The provider's registered name.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._parts = PartsReader()
        self._chunks: list[bytes] = []
        self._started = False
        self._citations: list[ByteCitation] = []
        self._raw_reason: str | None = None
        self._blocked = False
        self._tier: str | None = None
        self._warnings: list[str] = []
        self._usage = _NO_USAGE
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Process one chunk and return its events.

        Raises:
            ChatModelError: The chunk reports an error, or does not have this wire format.
        """
        data = frame.data
        if self._ended or not data:
            return ()
        if data.startswith(b"[DONE]"):  # added by gateways to the streams of every vendor
            return self.close()
        try:
            chunk = read_chunk(data, self._warnings)
            if chunk.error is not None:
                reject(data, "an error", self._provider)
            self._chunks.append(data)
            return self._read(chunk)
        except (*NOT_JSON, ValueError) as error:
            reject(data, error, self._provider)

    def close(self) -> Sequence[StreamEvent]:
        """Return the end if a finish reason arrived."""
        if self._ended or self._raw_reason is None:
            return ()
        return self._end(msgspec.Raw(b"[" + b",".join(self._chunks) + b"]"))

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that is one body, or one array of chunks.

        Such a response can lack a finish reason.

        Raises:
            ChatModelError: The body reports an error or is not a response.
        """
        chunks = _chunks(body, self._provider)
        events = [event for chunk in chunks for event in self.feed(Frame(chunk))]
        if self._raw_reason is None and not self._parts.count:
            reject(body, "it has no content", self._provider)
        return [*events, *self._end(msgspec.Raw(body))]

    def _read(self, chunk: WireChunk) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if not self._started:
            self._started = True
            self._parts.id = chunk.response_id
            events.append(StreamStart(chunk.response_id, chunk.model_version))
        for candidate in chunk.candidates or ():
            if not candidate.index:  # others, if requested, are only in the payload
                events += self._read_candidate(candidate)
        if chunk.prompt_feedback is not None and not chunk.candidates:
            self._read_feedback(chunk.prompt_feedback)
        if (metadata := chunk.usage_metadata) is not None:
            # the fields of the Gemini API and of Vertex AI
            tier = metadata.service_tier or metadata.traffic_type
            if isinstance(tier, str):
                self._tier = tier
            usage = read_usage(metadata)
            if usage != _NO_USAGE:
                self._usage = merge_usage(self._usage, usage)
                events.append(UsageUpdate(self._usage))
        return events

    def _read_candidate(self, candidate: WireCandidate) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        content = candidate.content
        for raw in () if content is None else content.parts or ():
            events += self._parts.add(raw)
        grounding, recited = candidate.grounding_metadata, candidate.citation_metadata
        if grounding is not None or recited is not None:
            self._citations += read_citations(grounding, recited)
        if candidate.logprobs_result is not None:
            logprobs = read_logprobs(candidate.logprobs_result, self._warnings)
            events.append(LogprobsDelta(logprobs))
        if candidate.finish_reason is not None:
            self._finish(candidate.finish_reason, text_or_none(candidate.finish_message))
            if self._raw_reason == "CONTINUATION":
                self._warn_of_continuation(candidate.continuation_token)
        return events

    def _finish(self, reason: str | int, message: str | None) -> None:
        name = reason_name(reason)
        if name not in {"", "FINISH_REASON_UNSPECIFIED"}:
            self._raw_reason = name
            if message and FINISH_REASONS.get(name) not in {"stop", "length"}:
                warn(f"{self._provider} ended the response ({name}): {message}", self._warnings)

    def _warn_of_continuation(self, token: Json) -> None:
        option = f'provider_options={{"continuationToken": "{token}"}}'
        warn(
            f"{self._provider} interrupted a long response (CONTINUATION); to continue it, repeat "
            f"the request with {option}",
            self._warnings,
        )

    def _read_feedback(self, feedback: Json) -> None:
        if is_object(feedback) and (reason := feedback.get("blockReason")) is not None:
            self._raw_reason, self._blocked = str(reason), True
            message = text_or_none(feedback.get("blockReasonMessage"))
            suffix = f": {message}" if message else ""
            warn(f"{self._provider} blocked the prompt ({reason}){suffix}", self._warnings)

    def _end(self, payload: msgspec.Raw) -> list[StreamEvent]:
        self._ended = True
        events = self._parts.end(self._citations)
        if self._raw_reason is None:
            warn(NO_REASON, self._warnings)
        reason = finish_reason(self._raw_reason, FINISH_REASONS, calls=self._parts.calls)
        return [
            *events,
            StreamEnd(
                finish_reason="content_filter" if self._blocked else reason,
                raw_finish_reason=self._raw_reason,
                service_tier=self._tier,
                warnings=tuple(self._warnings),
                payload=payload,
            ),
        ]


def reject(data: bytes, why: object, provider: str) -> NoReturn:
    """Raise the error that a body reports, or report that the body is invalid.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(
        data, provider, "a response", why, lambda failure: read_failure(failure, provider)
    )


def _chunks(body: bytes, provider: str) -> Sequence[bytes]:
    if body.lstrip()[:1] != b"[":
        return (body,)
    # Without `alt=sse`, the response of streamGenerateContent is an array of chunks.
    try:
        return [bytes(chunk) for chunk in chunks_decoder.decode(body)]
    except NOT_JSON as error:
        reject(body, error, provider)
