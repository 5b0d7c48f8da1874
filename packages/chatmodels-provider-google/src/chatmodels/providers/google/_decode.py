"""Reads answers: a state machine that is fed one chunk at a time, of which a whole answer is one.

There is no terminal event: an answer that runs a tool of the vendor may tell several times why it
ended, and usage and sources come after that. The end of the bytes is the end, if it was told why.
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
    known_usage,
    raise_for_body,
    text_or_none,
    warn,
)
from chatmodels.providers.google._citations import Cited, read_citations
from chatmodels.providers.google._errors import read_failure
from chatmodels.providers.google._parts import PartsReader
from chatmodels.providers.google._response import (
    FINISH_REASONS,
    read_chunk,
    read_logprobs,
    read_usage,
    word_of,
)
from chatmodels.providers.google._wire import (
    WireCandidate,
    WireChunk,
    chunks_decoder,
)

_UNTOLD = Usage()


class AnswerDecoder:
    """Turns the chunks of one answer into events.

    Args:
        provider: The provider's registered name.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._parts = PartsReader()
        self._chunks: list[bytes] = []
        self._begun = False
        self._cited: list[Cited] = []
        self._word: str | None = None
        self._blocked = False
        self._tier: str | None = None
        self._warnings: list[str] = []
        self._usage = _UNTOLD
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Take one chunk in and give the events that it causes.

        Raises:
            ChatModelError: The chunk tells of an error, or is not of this wire format.
        """
        data = frame.data
        if self._ended or not data:
            return ()
        if data.startswith(b"[DONE]"):  # what gateways add to streams of every vendor
            return self.close()
        try:
            chunk = read_chunk(data, self._warnings)
            if chunk.error is not None:
                reject(data, "an error", self._provider)
            self._chunks.append(data)
            return self._take(chunk)
        except (*NOT_JSON, ValueError) as error:
            reject(data, error, self._provider)

    def close(self) -> Sequence[StreamEvent]:
        """Give the end, if the vendor said why the answer ended."""
        if self._ended or self._word is None:
            return ()
        return self._end(msgspec.Raw(b"[" + b",".join(self._chunks) + b"]"))

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole, or as one array of chunks.

        Such a response need not have a finish reason.

        Raises:
            ChatModelError: The body reports an error or is not a response.
        """
        chunks = _chunks(body, self._provider)
        events = [event for chunk in chunks for event in self.feed(Frame(chunk))]
        if self._word is None and not self._parts.count:
            reject(body, "it has no content", self._provider)
        return [*events, *self._end(msgspec.Raw(body))]

    def _take(self, chunk: WireChunk) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if not self._begun:
            self._begun = True
            self._parts.id = chunk.response_id
            events.append(StreamStart(chunk.response_id, chunk.model_version))
        for candidate in chunk.candidates or ():
            if not candidate.index:  # others, if they were asked for, are in the payload
                events += self._more(candidate)
        if chunk.prompt_feedback is not None and not chunk.candidates:
            self._block(chunk.prompt_feedback)
        if (told := chunk.usage_metadata) is not None:
            tier = told.service_tier or told.traffic_type  # of the Gemini API, of Vertex AI
            if isinstance(tier, str):
                self._tier = tier
            usage = read_usage(told)
            if usage != _UNTOLD:
                self._usage = known_usage(self._usage, usage)
                events.append(UsageUpdate(self._usage))
        return events

    def _more(self, candidate: WireCandidate) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        content = candidate.content
        for raw in () if content is None else content.parts or ():
            events += self._parts.add(raw)
        grounding, recited = candidate.grounding_metadata, candidate.citation_metadata
        if grounding is not None or recited is not None:
            self._cited += read_citations(grounding, recited)
        if candidate.logprobs_result is not None:
            logprobs = read_logprobs(candidate.logprobs_result, self._warnings)
            events.append(LogprobsDelta(logprobs))
        if candidate.finish_reason is not None:
            self._finish(candidate.finish_reason, text_or_none(candidate.finish_message))
            if self._word == "CONTINUATION":
                self._interrupt(candidate.continuation_token)
        return events

    def _finish(self, reason: str | int, said: str | None) -> None:
        word = word_of(reason)
        if word not in {"", "FINISH_REASON_UNSPECIFIED"}:
            self._word = word
            if said and FINISH_REASONS.get(word) not in {"stop", "length"}:
                warn(f"{self._provider} ended the answer ({word}): {said}", self._warnings)

    def _interrupt(self, token: Json) -> None:
        option = f'provider_options={{"continuationToken": "{token}"}}'
        warn(
            f"{self._provider} interrupted a long response (CONTINUATION); the same request with "
            f"{option} continues it",
            self._warnings,
        )

    def _block(self, feedback: Json) -> None:
        if is_object(feedback) and (reason := feedback.get("blockReason")) is not None:
            self._word, self._blocked = str(reason), True
            said = text_or_none(feedback.get("blockReasonMessage"))
            words = f": {said}" if said else ""
            warn(f"{self._provider} blocked the prompt ({reason}){words}", self._warnings)

    def _end(self, payload: msgspec.Raw) -> list[StreamEvent]:
        self._ended = True
        events = self._parts.end(self._cited)
        if self._word is None:
            warn(NO_REASON, self._warnings)
        reason = finish_reason(self._word, FINISH_REASONS, calls=self._parts.calls)
        return [
            *events,
            StreamEnd(
                finish_reason="content_filter" if self._blocked else reason,
                raw_finish_reason=self._word,
                service_tier=self._tier,
                warnings=tuple(self._warnings),
                payload=payload,
            ),
        ]


def reject(data: bytes, why: object, provider: str) -> NoReturn:
    """Refuse what is not of this API, or raise the error that it tells.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(
        data, provider, "an answer", why, lambda failure: read_failure(failure, provider)
    )


def _chunks(body: bytes, provider: str) -> Sequence[bytes]:
    if body.lstrip()[:1] != b"[":
        return (body,)
    # Without `alt=sse` the answers of streamGenerateContent are the elements of an array.
    try:
        return [bytes(chunk) for chunk in chunks_decoder.decode(body)]
    except NOT_JSON as error:
        reject(body, error, provider)
