"""Decodes responses: a state machine that is fed one frame at a time, or a whole response.

The parts have fixed indexes: reasoning 0, text 1, refusal 2, audio and provider parts 3, tool calls
from 4 on.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from chatmodels.core import (
    ChatRequest,
    ImagePart,
    LogprobsDelta,
    PartEnd,
    ProviderPart,
    ReasoningDelta,
    RefusalDelta,
    RefusalPart,
    ResponseInvalidError,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    Usage,
    UsageUpdate,
)
from chatmodels.core.extending import ProviderState
from chatmodels.http import Frame, excerpt
from chatmodels.http.wire import (
    NO_REASON,
    Json,
    finish_reason,
    identifier,
    is_object,
    merge_usage,
    objects,
    text_or_none,
    warn,
)
from chatmodels.openai_compatible._citations import parts_to_send_back, read_citations
from chatmodels.openai_compatible._connector_messages import (
    calls_of_caller,
    is_result,
    join_messages,
)
from chatmodels.openai_compatible._content import ContentReader, content_parts
from chatmodels.openai_compatible._errors import failure_of
from chatmodels.openai_compatible._reading import (
    FINISH_REASONS,
    REASONING_FIELD,
    merge_details,
    merge_thinking,
    reasoning_field_of,
    reasoning_in_parts,
    reasoning_part,
)
from chatmodels.openai_compatible._response import decode_body, first_choice, legacy_call
from chatmodels.openai_compatible._think_tags import ThinkTagSplitter
from chatmodels.openai_compatible._tool_calls import FIRST_INDEX, CallAssembler
from chatmodels.openai_compatible._usage import read_service_tier, read_usage, reported_usage
from chatmodels.openai_compatible._wire import WireBody, WireChoice, WireMessage, WireToolCall

if TYPE_CHECKING:
    from chatmodels.openai_compatible._audio import AudioAssembler

REASONING, TEXT, REFUSAL = range(3)

_DONE = b"[DONE]"
_NONE = frozenset[str]()
_NO_USAGE = Usage()


class ChatCompletionsDecoder:
    """Decodes one response into events."""

    def __init__(
        self,
        request: ChatRequest,
        dialect: str,
        *,
        marks_reasoning: bool = False,
        think_tags: bool = False,
    ) -> None:
        """Begin a response.

        Args:
            request: The request of the response.
            dialect: The name of the dialect, the format of its opaque state.
            marks_reasoning: Whether reasoning is sent back in the field that contained it.
            think_tags: Whether the text can begin with reasoning in tags.
        """
        self._marks_reasoning = marks_reasoning
        self._tags = ThinkTagSplitter() if think_tags else None
        self._field: str | None = None
        self._request = request
        self._dialect = dialect
        self._frames: list[bytes] = []
        self._started = False
        self._ended = False
        self._answered = False
        self._word: str | None = None
        self._tier: str | None = None
        self._usage = _NO_USAGE
        self._warnings: list[str] = []
        self._calls = CallAssembler(dialect)
        self._content = ContentReader()
        self._steps: list[Json] = []
        self._executed: dict[str, Json] = {}
        self._images: list[ImagePart] = []
        self._thinking: list[Json] = []
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._details: list[Json] = []
        self._annotations: list[Json] = []
        self._sources: Json = None
        self._refusal: list[str] = []
        self._audio: AudioAssembler | None = None

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Decode one frame and return its events.

        Raises:
            ChatModelError: The frame reports an error, or is not in this wire format.
        """
        data = frame.data
        if self._ended or not data:
            return ()
        if data.startswith(_DONE):
            return self._end(self._payload()) if self._answered else ()
        wire = decode_body(data, self._dialect)
        self._frames.append(data)
        events: list[StreamEvent] = []
        if not self._started and (wire.id or wire.choices):
            self._started = True
            events.append(StreamStart(identifier(wire.id) or None, wire.model or None))
        choice = wire.choices[0] if wire.choices else None
        if choice is not None and (choice.index or choice.error):
            choice = first_choice(wire, self._dialect)
        if choice is not None:
            self._answered = True
            delta = choice.delta or choice.message
            if delta is not None:
                self._take(delta, events, events)
                # Some servers send a call in the old format as well (llama-cpp-python 0.3).
                if delta.tool_calls:
                    calls = calls_of_caller(delta.tool_calls, self._steps, _NONE)
                    events += self._calls.feed(calls, wire.created)
                elif delta.function_call is not None:
                    events += self._calls.feed(legacy_call(delta), wire.created)
            if choice.logprobs is not None:
                self._take_logprobs(choice, events)
            if choice.finish_reason:
                self._word = choice.finish_reason
                events += self._calls.finish()
        self._accompany(wire, events)
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Return the last events, if the vendor sent a finish reason but not `[DONE]`."""
        return self._end(self._payload()) if self._word and not self._ended else ()

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole.

        Raises:
            ChatModelError: The body reports an error or is not a chat completion.
        """
        wire = decode_body(body, self._dialect)
        choice = first_choice(wire, self._dialect)
        if choice is None:
            raise ResponseInvalidError(
                f"{self._dialect} sent a response without a choice: {excerpt(body)}",
                details={"body": excerpt(body)},
            )
        events: list[StreamEvent] = [StreamStart(identifier(wire.id) or None, wire.model or None)]
        # Content filters can remove the message of a choice.
        message = choice.message or choice.delta
        message = message or join_messages(choice.messages, self._steps, self._warnings)
        if message is not None:
            self._take(message, events, [])  # without deltas: the parts are complete
            calls: Sequence[WireToolCall] = ()
            if message.tool_calls:
                calls = calls_of_caller(message.tool_calls, self._steps, _NONE)
            if calls or message.function_call is not None:
                self._calls.add_whole(calls or legacy_call(message), wire.created)
        self._word = choice.finish_reason or None
        if choice.logprobs is not None:
            self._take_logprobs(choice, events)
        self._accompany(wire, events)
        events += self._end(msgspec.Raw(body), whole=True)
        return events

    def _accompany(self, wire: WireBody, events: list[StreamEvent]) -> None:
        if wire.service_tier is not None and wire.service_tier != self._tier:
            self._tier = text_or_none(wire.service_tier) or self._tier
        if wire.search_results is not None or wire.citations is not None:
            self._sources = wire.search_results or wire.citations
        if wire.x_groq is not None:
            self._check(wire.x_groq)
        if wire.usage is not None or wire.x_groq is not None:
            usage = reported_usage(wire)
            if usage is not None:
                self._tier = read_service_tier(usage) or self._tier
                self._usage = merge_usage(self._usage, read_usage(usage, self._warnings))
                events.append(UsageUpdate(self._usage))

    def _take(
        self, delta: WireMessage, events: list[StreamEvent], deltas: list[StreamEvent]
    ) -> None:
        """Read a message or some more of one.

        Args:
            delta: The message.
            events: Receives the parts that are complete.
            deltas: Receives the deltas.
        """
        if delta.tool_call_id is not None and is_result(delta, self._steps):
            return
        content = delta.content
        if content:
            if isinstance(content, str) and self._tags is not None:
                self._add(*self._tags.feed(content), deltas)
            elif isinstance(content, str):
                self._text.append(content)
                deltas.append(TextDelta(content, TEXT))
            else:
                self._take_parts(content_parts(content), deltas)
        # Vendors differ in the field, and some send it twice.
        reasoning = delta.reasoning_content or delta.reasoning or delta.reasoning_text
        if not reasoning and (delta.reasoning_details or delta.thinking_blocks):
            reasoning = reasoning_in_parts(delta)
        if reasoning:
            self._reasoning.append(reasoning)
            deltas.append(ReasoningDelta(reasoning, REASONING))
            if self._marks_reasoning and self._field is None:
                self._field = reasoning_field_of(delta)
        if delta.reasoning_details is not None:
            self._details += objects(delta.reasoning_details)
        if delta.thinking_blocks is not None:
            self._thinking += objects(delta.thinking_blocks)
        if delta.refusal:
            self._refusal.append(delta.refusal)
            deltas.append(RefusalDelta(delta.refusal, REFUSAL))
        if delta.audio is not None:
            from chatmodels.openai_compatible._audio import AudioAssembler  # few models speak

            self._audio = self._audio or AudioAssembler()
            deltas += self._audio.feed(delta.audio, self._warnings)
        if delta.annotations is not None:
            new = [item for item in objects(delta.annotations) if item not in self._annotations]
            self._annotations += new
        if delta.images is not None:
            self._draw(delta.images, events)
        if delta.executed_tools is not None:
            for tool in objects(delta.executed_tools):
                # A tool is sent again, with its result, after it has run.
                self._executed[str(tool.get("index"))] = tool

    def _draw(self, images: Json, events: list[StreamEvent]) -> None:
        from chatmodels.openai_compatible._images import read_images  # few models draw

        for image in read_images(images, self._warnings):
            if image not in self._images:
                # Parts of other kinds can have the same index.
                events.append(PartEnd(image, FIRST_INDEX + len(self._images)))
                self._images.append(image)

    def _take_parts(self, content: list[Json], deltas: list[StreamEvent]) -> None:
        text, reasoning, refusal = self._content.feed(content, self._text)
        self._add(reasoning, text, deltas)
        if refusal:
            self._refusal.append(refusal)
            deltas.append(RefusalDelta(refusal, REFUSAL))

    def _add(self, reasoning: str, text: str, deltas: list[StreamEvent]) -> None:
        if text:
            self._text.append(text)
            deltas.append(TextDelta(text, TEXT))
        if reasoning:
            self._reasoning.append(reasoning)
            deltas.append(ReasoningDelta(reasoning, REASONING))

    def _take_logprobs(self, choice: WireChoice, events: list[StreamEvent]) -> None:
        from chatmodels.openai_compatible._logprobs import read_logprobs  # few calls request them

        logprobs = read_logprobs(choice.logprobs, self._warnings)
        if logprobs:
            events.append(LogprobsDelta(logprobs))

    def _check(self, extension: Json) -> None:
        # Groq reports here why it ends a stream early ("x_groq", API reference of Groq).
        if is_object(extension) and extension.get("error"):
            raise failure_of(extension["error"], self._dialect)

    def _payload(self) -> msgspec.Raw:
        return msgspec.Raw(b"[" + b",".join(self._frames) + b"]")

    def _end(self, payload: msgspec.Raw, *, whole: bool = False) -> list[StreamEvent]:
        self._ended = True
        events: list[StreamEvent] = []
        if self._tags is not None:
            self._add(*self._tags.finish(), [] if whole else events)
        content, reasoning = self._content, "".join(self._reasoning)
        details = merge_details(self._details) if self._details else ()
        blocks = merge_thinking(self._thinking) if self._thinking else ()
        thinking: dict[str, Json] = {"thinking_blocks": blocks} if blocks else content.thinking
        if self._field:
            thinking = {**thinking, REASONING_FIELD: self._field}
        if reasoning or details or thinking:
            part = reasoning_part(reasoning, details, thinking, self._dialect)
            if part is not None and (whole or part.signature is not None):
                events.append(PartEnd(part, REASONING))
        executed = list(self._executed.values())
        cited = (*read_citations(self._annotations, self._sources, executed), *content.citations)
        if self._text and (whole or cited):
            events.append(PartEnd(TextPart("".join(self._text), cited), TEXT))
        if self._refusal and whole:
            events.append(PartEnd(RefusalPart("".join(self._refusal)), REFUSAL))
        if self._audio is not None:
            events += self._audio.finish(self._request)
        steps = [*self._steps, *executed]
        if fields := parts_to_send_back(self._annotations, content.others, steps):
            from chatmodels.openai_compatible._audio import AUDIO_INDEX

            signature = ProviderState(self._dialect, fields)
            events.append(PartEnd(ProviderPart(signature), AUDIO_INDEX))
        events += self._calls.finish()
        if self._word is None:
            warn(NO_REASON, self._warnings)
        reason = finish_reason(
            self._word, FINISH_REASONS, calls=bool(self._calls), refused=bool(self._refusal)
        )
        events.append(
            StreamEnd(
                finish_reason=reason,
                raw_finish_reason=self._word,
                service_tier=self._tier,
                warnings=tuple(self._warnings),
                payload=payload,
            )
        )
        return events
