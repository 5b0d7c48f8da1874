"""Typed structures for the JSON of the Chat API: whole bodies and stream events.

Fields with content are typed, so that a defect raises an error. Other fields are parsed JSON and
are read leniently. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire


class WireContent(Wire, frozen=True, gc=False):
    """A content block, or a delta of one."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None


class WireFunction(Wire, frozen=True, gc=False):
    """The function of a call, or a delta of its arguments."""

    name: str | None = None
    arguments: str | None = None


class WireCall(Wire, frozen=True, gc=False):
    """A tool call, or a delta of one."""

    id: str | None = None
    function: WireFunction | None = None


class WireMessage(Wire, frozen=True, gc=False):
    """A whole message, or a delta of one with single items instead of lists."""

    content: list[WireContent] | WireContent | None = None
    tool_plan: str | None = None
    tool_calls: list[WireCall] | WireCall | None = None
    citations: Json = None


class WireResponse(Wire, frozen=True, gc=False):
    """A whole response."""

    message: WireMessage
    id: str | None = None
    finish_reason: str | None = None
    usage: Json = None
    logprobs: Json = None


class WireDelta(Wire, frozen=True, gc=False):
    """The delta of an event, or the finish reason and the usage."""

    message: WireMessage | None = None
    finish_reason: str | None = None
    usage: Json = None
    error: Json = None


class WireEvent(Wire, frozen=True, gc=False):
    """A stream event."""

    type: str
    id: str | None = None
    index: int | None = None
    delta: WireDelta | None = None
    logprobs: Json = None


class WireTokens(Wire, frozen=True, gc=False):
    """Token counts by kind; `input_tokens` includes cached tokens."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None


class WireUsage(Wire, frozen=True, gc=False):
    """Tokens that the model used, and billed tokens, which exclude Cohere's own prompt."""

    tokens: WireTokens | None = None
    billed_units: WireTokens | None = None
    cached_tokens: int | None = None


class WireLogprob(Wire, frozen=True, gc=False):
    """The log probabilities of the tokens in a text chunk."""

    text: str | None = None
    logprobs: list[float] | None = None


class WireModel(Wire, frozen=True, gc=False):
    """A model of the listing."""

    name: str
    is_deprecated: bool | None = None
    context_length: float | None = None
    features: Json = None


class WireModels(Wire, frozen=True, gc=False):
    """The model listing."""

    models: list[msgspec.Raw]


event_decoder = msgspec.json.Decoder(WireEvent)
response_decoder = msgspec.json.Decoder(WireResponse)
