"""The JSON of the Chat API as typed structures: whole bodies and events of streams alike.

What carries the answer is typed, so that a defect is an error. What accompanies it is taken as
parsed JSON and read leniently. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire


class WireContent(Wire, frozen=True, gc=False):
    """A block of content, or some more of one."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None


class WireFunction(Wire, frozen=True, gc=False):
    """What is called, or some more of its arguments."""

    name: str | None = None
    arguments: str | None = None


class WireCall(Wire, frozen=True, gc=False):
    """A tool call, or some more of one."""

    id: str | None = None
    function: WireFunction | None = None


class WireMessage(Wire, frozen=True, gc=False):
    """A whole message; or a part of one, whose lists are the single thing that an event tells."""

    content: list[WireContent] | WireContent | None = None
    tool_plan: str | None = None
    tool_calls: list[WireCall] | WireCall | None = None
    citations: Json = None


class WireResponse(Wire, frozen=True, gc=False):
    """A whole answer."""

    message: WireMessage
    id: str | None = None
    finish_reason: str | None = None
    usage: Json = None
    logprobs: Json = None


class WireDelta(Wire, frozen=True, gc=False):
    """What an event adds, or how the answer ended."""

    message: WireMessage | None = None
    finish_reason: str | None = None
    usage: Json = None
    error: Json = None


class WireEvent(Wire, frozen=True, gc=False):
    """An event of a stream."""

    type: str
    id: str | None = None
    index: int | None = None
    delta: WireDelta | None = None
    logprobs: Json = None


class WireTokens(Wire, frozen=True, gc=False):
    """Tokens by what they were; `input_tokens` counts cached ones as well."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None


class WireUsage(Wire, frozen=True, gc=False):
    """Tokens that the model used, and those that are paid for: without the vendor's own prompt."""

    tokens: WireTokens | None = None
    billed_units: WireTokens | None = None
    cached_tokens: int | None = None


class WireLogprob(Wire, frozen=True, gc=False):
    """How likely the tokens of a piece of text were."""

    text: str | None = None
    logprobs: list[float] | None = None


class WireModel(Wire, frozen=True, gc=False):
    """A model in the listing."""

    name: str
    is_deprecated: bool | None = None
    context_length: float | None = None
    features: Json = None


class WireModels(Wire, frozen=True, gc=False):
    """The listing."""

    models: list[msgspec.Raw]


event_decoder = msgspec.json.Decoder(WireEvent)
response_decoder = msgspec.json.Decoder(WireResponse)
