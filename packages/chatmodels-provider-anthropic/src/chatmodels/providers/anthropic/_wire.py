"""Typed structures for the JSON of the Messages API: whole bodies and stream events.

Fields with content are typed, so that a defect raises an error. Other fields are parsed JSON and
are read leniently. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire

NOTHING = msgspec.Raw()
NO_USAGE = msgspec.Raw(b"null")


class WireBlock(Wire, frozen=True, gc=False):
    """A content block; blocks of other types are kept as JSON."""

    type: str
    text: str | None = None
    citations: Json = None
    thinking: str | None = None
    signature: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = NOTHING
    caller: Json = None
    toolset_name: str | None = None


class WireMessage(Wire, frozen=True, gc=False):
    """A whole response, or the start of a streamed one."""

    type: str | None = None
    id: str | None = None
    model: str | None = None
    content: list[msgspec.Raw] | None = None
    stop_reason: str | None = None
    stop_details: Json = None
    usage: msgspec.Raw = NO_USAGE


class WireDelta(Wire, frozen=True, gc=False):
    """A delta of a block, or the finish reason of the message."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    signature: str | None = None
    citation: Json = None
    stop_reason: str | None = None
    stop_details: Json = None


class WireEvent(Wire, frozen=True, gc=False):
    """A stream event."""

    type: str
    index: int | None = None
    message: WireMessage | None = None
    content_block: msgspec.Raw = NOTHING
    delta: WireDelta | None = None
    usage: Json = None


class WireOutputDetails(Wire, frozen=True, gc=False):
    """The kinds of output tokens."""

    thinking_tokens: int | None = None


class WireUsage(Wire, frozen=True, gc=False):
    """Token usage; `input_tokens` excludes tokens that were read from or written to a cache."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: Json = None
    output_tokens_details: WireOutputDetails | None = None
    iterations: Json = None
    service_tier: Json = None
    speed: Json = None


class WireModel(Wire, frozen=True, gc=False):
    """A model of the listing."""

    id: str
    created_at: str | None = None
    max_input_tokens: int | None = None
    max_tokens: int | None = None
    capabilities: Json = None
    lifecycle: str | None = None
    retires_at: str | None = None


block_decoder = msgspec.json.Decoder(WireBlock)
event_decoder = msgspec.json.Decoder(WireEvent)
message_decoder = msgspec.json.Decoder(WireMessage)
