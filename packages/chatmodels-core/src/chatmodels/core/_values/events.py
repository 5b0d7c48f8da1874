"""The events of a stream.

The order is: a `StreamStart`, then deltas and ends of parts with `UsageUpdate` anywhere among
them, and finally one `StreamEnd`. Every delta has the `index` of its part; the parts of the final
message are in the order of their indexes.
"""

from typing import Any, ClassVar, Literal

import msgspec

from chatmodels.core._public import published_in
from chatmodels.core._values.parts import FrozenValue, Part, ToolCall
from chatmodels.core._values.response import (
    NO_PAYLOAD,
    ChatResponse,
    FinishReason,
    TokenLogprob,
)
from chatmodels.core._values.usage import Usage


@published_in("chatmodels.core")
class StreamStart(FrozenValue, frozen=True, tag_field="type", tag="stream_start"):
    """The start of the response.

    Attributes:
        id: The vendor's id of the response.
        model: The model that generates the response.
    """

    type: ClassVar[Literal["stream_start"]] = "stream_start"

    id: str | None = None
    model: str | None = None


@published_in("chatmodels.core")
class TextDelta(FrozenValue, frozen=True, tag_field="type", tag="text_delta"):
    """A chunk of visible text."""

    type: ClassVar[Literal["text_delta"]] = "text_delta"

    text: str
    index: int = 0


@published_in("chatmodels.core")
class ReasoningDelta(FrozenValue, frozen=True, tag_field="type", tag="reasoning_delta"):
    """A chunk of readable reasoning."""

    type: ClassVar[Literal["reasoning_delta"]] = "reasoning_delta"

    text: str
    index: int = 0


@published_in("chatmodels.core")
class RefusalDelta(FrozenValue, frozen=True, tag_field="type", tag="refusal_delta"):
    """A chunk of the text of a refusal."""

    type: ClassVar[Literal["refusal_delta"]] = "refusal_delta"

    text: str
    index: int = 0


@published_in("chatmodels.core")
class AudioDelta(FrozenValue, frozen=True, tag_field="type", tag="audio_delta"):
    """A chunk of audio, or of its transcript.

    Attributes:
        data: Encoded audio, to be appended.
        transcript: Text, to be appended.
        index: The index of its part.
    """

    type: ClassVar[Literal["audio_delta"]] = "audio_delta"

    data: bytes = b""
    transcript: str = ""
    index: int = 0


@published_in("chatmodels.core")
class ToolCallStart(FrozenValue, frozen=True, tag_field="type", tag="tool_call_start"):
    """The start of a tool call; its arguments follow."""

    type: ClassVar[Literal["tool_call_start"]] = "tool_call_start"

    id: str
    name: str
    index: int = 0


@published_in("chatmodels.core")
class ToolCallDelta(FrozenValue, frozen=True, tag_field="type", tag="tool_call_delta"):
    """A chunk of a tool call's arguments; the JSON is complete only at the end."""

    type: ClassVar[Literal["tool_call_delta"]] = "tool_call_delta"

    arguments_json: str
    index: int = 0


@published_in("chatmodels.core")
class ToolCallEnd(FrozenValue, frozen=True, tag_field="type", tag="tool_call_end"):
    """The end of a tool call."""

    type: ClassVar[Literal["tool_call_end"]] = "tool_call_end"

    tool_call: ToolCall
    index: int = 0


@published_in("chatmodels.core")
class PartEnd(FrozenValue, frozen=True, tag_field="type", tag="part_end"):
    """The end of a part, with its complete value, which replaces that of its deltas.

    Sent for data that deltas do not contain: citations, signatures, images, a vendor's own parts.
    """

    type: ClassVar[Literal["part_end"]] = "part_end"

    part: Part
    index: int = 0


@published_in("chatmodels.core")
class LogprobsDelta(FrozenValue, frozen=True, tag_field="type", tag="logprobs_delta"):
    """The log probabilities of the latest tokens."""

    type: ClassVar[Literal["logprobs_delta"]] = "logprobs_delta"

    logprobs: tuple[TokenLogprob, ...]


@published_in("chatmodels.core")
class UsageUpdate(FrozenValue, frozen=True, tag_field="type", tag="usage_update"):
    """The tokens used so far; the last update is the total."""

    type: ClassVar[Literal["usage_update"]] = "usage_update"

    usage: Usage


@published_in("chatmodels.core")
class StreamEnd(FrozenValue, frozen=True, tag_field="type", tag="stream_end"):
    """The end of the response. A stream without this event was interrupted.

    Attributes:
        finish_reason: The reason why it ended, the same values for every vendor.
        raw_finish_reason: The vendor's own value of the finish reason.
        response: The complete response. Core sets it: only in a provider and a policy it is None.
        service_tier: The processing tier that served the call, if the vendor reports it.
        warnings: Anomalies of the stream.
        request_id: The vendor's id of the HTTP request.
        payload: The vendor's JSON: a list of the data of its events.
    """

    type: ClassVar[Literal["stream_end"]] = "stream_end"

    finish_reason: FinishReason = "stop"
    raw_finish_reason: str | None = None
    response: ChatResponse[Any] = None  # type: ignore[assignment] - core sets it
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
"""Any event of a stream; `event.type` is its type."""
