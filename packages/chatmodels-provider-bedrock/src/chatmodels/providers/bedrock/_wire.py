"""Typed structures for the JSON of Converse (API reference of Bedrock Runtime).

Fields with content are typed, so that a defect raises an error. Other fields are parsed JSON and
are read leniently. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire

NOTHING = msgspec.Raw()


class Camel(Wire, frozen=True, gc=False, rename="camel"):
    """An object with field names in camel case."""


class WireToolUse(Camel, frozen=True, gc=False):
    """A tool call: of one of your tools, or of a tool that Bedrock runs."""

    tool_use_id: str | None = None
    name: str | None = None
    input: msgspec.Raw = NOTHING
    type: str | None = None


class WireReasoningText(Camel, frozen=True, gc=False):
    """Readable reasoning of the model."""

    text: str | None = None
    signature: str | None = None


class WireReasoning(Camel, frozen=True, gc=False):
    """Reasoning of the model, readable or redacted; redacted content is in base64."""

    reasoning_text: WireReasoningText | None = None
    redacted_content: str | None = None


class WireCited(Camel, frozen=True, gc=False):
    """Text with its citations."""

    content: Json = None
    citations: Json = None


class WireBlock(Camel, frozen=True, gc=False):
    """A content block with one field; blocks with other fields are kept as JSON."""

    text: str | None = None
    tool_use: WireToolUse | None = None
    reasoning_content: WireReasoning | None = None
    citations_content: WireCited | None = None


class WireMessage(Camel, frozen=True, gc=False):
    """The message of a response."""

    content: list[msgspec.Raw]


class WireOutput(Camel, frozen=True, gc=False):
    """The object that contains the message."""

    message: WireMessage


class WireResponse(Camel, frozen=True, gc=False):
    """A whole response."""

    output: WireOutput
    stop_reason: str | None = None
    usage: Json = None
    service_tier: Json = None


class WireReasoningDelta(Camel, frozen=True, gc=False):
    """A reasoning delta."""

    text: str | None = None
    signature: str | None = None
    redacted_content: bytes | None = None


class WireArgumentsDelta(Camel, frozen=True, gc=False):
    """A delta of the arguments of a call, as text."""

    input: str | None = None


class WireDelta(Camel, frozen=True, gc=False):
    """A block delta."""

    text: str | None = None
    tool_use: WireArgumentsDelta | None = None
    reasoning_content: WireReasoningDelta | None = None
    citation: Json = None


class WireEvent(Camel, frozen=True, gc=False):
    """A stream event; the frame specifies its type."""

    content_block_index: int | None = None
    start: dict[str, msgspec.Raw] | None = None
    delta: WireDelta | None = None
    stop_reason: str | None = None
    usage: Json = None
    service_tier: Json = None


class WireUsage(Camel, frozen=True, gc=False):
    """Token usage; `inputTokens` excludes tokens that were read from or written to a cache."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    cache_details: Json = None


class WireModel(Camel, frozen=True, gc=False):
    """A model of the listing."""

    model_id: str
    provider_name: str | None = None
    input_modalities: Json = None
    output_modalities: Json = None
    response_streaming_supported: bool | None = None
    model_lifecycle: Json = None


response_decoder = msgspec.json.Decoder(WireResponse)
block_decoder = msgspec.json.Decoder(WireBlock)
event_decoder = msgspec.json.Decoder(WireEvent)
tool_use_decoder = msgspec.json.Decoder(WireToolUse)
