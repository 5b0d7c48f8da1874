"""The JSON of Converse as typed structures, as the API reference of Bedrock Runtime has it.

What carries the answer is typed, so that a defect is an error. What accompanies it is taken as
parsed JSON and read leniently. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire

NOTHING = msgspec.Raw()


class Camel(Wire, frozen=True, gc=False, rename="camel"):
    """An object whose fields are in camel case."""


class WireToolUse(Camel, frozen=True, gc=False):
    """A call: of a tool of the caller's, or of one that the vendor has run."""

    tool_use_id: str | None = None
    name: str | None = None
    input: msgspec.Raw = NOTHING
    type: str | None = None


class WireReasoningText(Camel, frozen=True, gc=False):
    """What the model thought."""

    text: str | None = None
    signature: str | None = None


class WireReasoning(Camel, frozen=True, gc=False):
    """What the model thought, readable or not; the latter is in base64."""

    reasoning_text: WireReasoningText | None = None
    redacted_content: str | None = None


class WireCited(Camel, frozen=True, gc=False):
    """Text, and where it comes from."""

    content: Json = None
    citations: Json = None


class WireBlock(Camel, frozen=True, gc=False):
    """A block of content, of which one field is set; those not named here are kept as they are."""

    text: str | None = None
    tool_use: WireToolUse | None = None
    reasoning_content: WireReasoning | None = None
    citations_content: WireCited | None = None


class WireMessage(Camel, frozen=True, gc=False):
    """What the model said."""

    content: list[msgspec.Raw]


class WireOutput(Camel, frozen=True, gc=False):
    """What holds the message."""

    message: WireMessage


class WireAnswer(Camel, frozen=True, gc=False):
    """A whole answer."""

    output: WireOutput
    stop_reason: str | None = None
    usage: Json = None
    service_tier: Json = None


class WireThought(Camel, frozen=True, gc=False):
    """Some more of what the model thought."""

    text: str | None = None
    signature: str | None = None
    redacted_content: bytes | None = None


class WireArguments(Camel, frozen=True, gc=False):
    """Some more of the arguments of a call, as text."""

    input: str | None = None


class WireDelta(Camel, frozen=True, gc=False):
    """Some more of a block."""

    text: str | None = None
    tool_use: WireArguments | None = None
    reasoning_content: WireThought | None = None
    citation: Json = None


class WireEvent(Camel, frozen=True, gc=False):
    """An event of a stream; of which type it is, is told by the frame."""

    content_block_index: int | None = None
    start: dict[str, msgspec.Raw] | None = None
    delta: WireDelta | None = None
    stop_reason: str | None = None
    usage: Json = None
    service_tier: Json = None


class WireUsage(Camel, frozen=True, gc=False):
    """Tokens used; `inputTokens` counts neither what was read from a cache nor written to one."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None


class WireModel(Camel, frozen=True, gc=False):
    """A model in the listing."""

    model_id: str
    provider_name: str | None = None
    input_modalities: Json = None
    output_modalities: Json = None
    response_streaming_supported: bool | None = None
    model_lifecycle: Json = None


response_decoder = msgspec.json.Decoder(WireAnswer)
block_decoder = msgspec.json.Decoder(WireBlock)
event_decoder = msgspec.json.Decoder(WireEvent)
tool_use_decoder = msgspec.json.Decoder(WireToolUse)
