"""What a stream consists of.

The order is: a `StreamStart`, then deltas and ends of parts with `UsageUpdate` anywhere among
them, and one `StreamEnd` at last. Every delta carries the `index` of the part that it belongs to;
the parts of the final message stand in the order of their indexes.
"""

from typing import Any, ClassVar, Literal

import msgspec

from chatmodels.core._values.parts import FrozenValue, Part, ToolCall
from chatmodels.core._values.response import (
    NO_PAYLOAD,
    ChatResponse,
    FinishReason,
    TokenLogprob,
    Usage,
)


class StreamStart(FrozenValue, frozen=True, tag_field="type", tag="stream_start"):
    """The answer begins.

    Attributes:
        id: The vendor's id of the response.
        model: The model that answers.
    """

    type: ClassVar[Literal["stream_start"]] = "stream_start"

    id: str | None = None
    model: str | None = None


class TextDelta(FrozenValue, frozen=True, tag_field="type", tag="text_delta"):
    """Some more visible text."""

    type: ClassVar[Literal["text_delta"]] = "text_delta"

    text: str
    index: int = 0


class ReasoningDelta(FrozenValue, frozen=True, tag_field="type", tag="reasoning_delta"):
    """Some more readable reasoning."""

    type: ClassVar[Literal["reasoning_delta"]] = "reasoning_delta"

    text: str
    index: int = 0


class RefusalDelta(FrozenValue, frozen=True, tag_field="type", tag="refusal_delta"):
    """Some more of the words with which the model refuses."""

    type: ClassVar[Literal["refusal_delta"]] = "refusal_delta"

    text: str
    index: int = 0


class AudioDelta(FrozenValue, frozen=True, tag_field="type", tag="audio_delta"):
    """Some more sound, or some more of what is said in it.

    Attributes:
        data: Encoded sound, to be appended.
        transcript: Text, to be appended.
        index: The part that it belongs to.
    """

    type: ClassVar[Literal["audio_delta"]] = "audio_delta"

    data: bytes = b""
    transcript: str = ""
    index: int = 0


class ToolCallStart(FrozenValue, frozen=True, tag_field="type", tag="tool_call_start"):
    """The model begins to call a tool; its arguments follow."""

    type: ClassVar[Literal["tool_call_start"]] = "tool_call_start"

    id: str
    name: str
    index: int = 0


class ToolCallDelta(FrozenValue, frozen=True, tag_field="type", tag="tool_call_delta"):
    """Some more of a tool call's arguments, as JSON text that is whole only at the end."""

    type: ClassVar[Literal["tool_call_delta"]] = "tool_call_delta"

    arguments_json: str
    index: int = 0


class ToolCallEnd(FrozenValue, frozen=True, tag_field="type", tag="tool_call_end"):
    """A tool call is complete."""

    type: ClassVar[Literal["tool_call_end"]] = "tool_call_end"

    tool_call: ToolCall
    index: int = 0


class PartEnd(FrozenValue, frozen=True, tag_field="type", tag="part_end"):
    """A part is complete and is exactly this, whatever its deltas said.

    Sent for what deltas cannot tell: citations, signatures, images, a vendor's own parts.
    """

    type: ClassVar[Literal["part_end"]] = "part_end"

    part: Part
    index: int = 0


class LogprobsDelta(FrozenValue, frozen=True, tag_field="type", tag="logprobs_delta"):
    """The probabilities of the tokens that came just now."""

    type: ClassVar[Literal["logprobs_delta"]] = "logprobs_delta"

    logprobs: tuple[TokenLogprob, ...]


class UsageUpdate(FrozenValue, frozen=True, tag_field="type", tag="usage_update"):
    """The tokens used so far; the last one counts."""

    type: ClassVar[Literal["usage_update"]] = "usage_update"

    usage: Usage


class StreamEnd(FrozenValue, frozen=True, tag_field="type", tag="stream_end"):
    """The answer is complete. A stream without this event was interrupted.

    Attributes:
        finish_reason: Why it ended, normalised.
        raw_finish_reason: The vendor's word for it.
        response: The whole answer. Core fills it in: a provider need not.
        service_tier: The processing tier that served the call, where the vendor tells.
        warnings: What was odd in the stream, in words.
        request_id: The vendor's id of the HTTP request.
        payload: The vendor's JSON: the list of what its events held.
    """

    type: ClassVar[Literal["stream_end"]] = "stream_end"

    finish_reason: FinishReason = "stop"
    raw_finish_reason: str | None = None
    response: ChatResponse[Any] | None = None
    service_tier: str | None = None
    warnings: tuple[str, ...] = ()
    request_id: str | None = None
    payload: msgspec.Raw = NO_PAYLOAD


StreamEvent = (
    StreamStart
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | AudioDelta
    | ToolCallStart
    | ToolCallDelta
    | ToolCallEnd
    | PartEnd
    | LogprobsDelta
    | UsageUpdate
    | StreamEnd
)
"""Anything that a stream yields; `event.type` tells which."""
