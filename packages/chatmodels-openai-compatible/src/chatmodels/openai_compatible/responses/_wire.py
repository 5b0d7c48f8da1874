"""The JSON of the Responses API as typed structures, for whole responses and events of streams.

The output of a response is a list of items of many types. They stay parsed JSON, since most are
sent back to the vendor unchanged. The items with content are typed, so that a defect in them is an
error. Unknown types, fields and events are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire

Item = dict[str, Json]

NO_USAGE = msgspec.Raw(b"null")


class WireContent(Wire, frozen=True, gc=False):
    """One part of a message's content, of its reasoning, or of its summary."""

    type: str | None = None
    text: str | None = None
    refusal: str | None = None
    annotations: Json = None
    logprobs: Json = None


class WireMessage(Wire, frozen=True, gc=False):
    """An item of type `message`."""

    id: str | None = None
    content: list[WireContent] | None = None
    phase: str | None = None


class WireReasoning(Wire, frozen=True, gc=False):
    """An item of type `reasoning`: with a summary of the text, or at some vendors all of it."""

    summary: list[WireContent] | None = None
    content: list[WireContent] | None = None


class WireCall(Wire, frozen=True, gc=False):
    """An item of type `function_call`, or `custom_tool_call` with free text as its input."""

    type: str | None = None
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    input: str | None = None


class WireResponse(Wire, frozen=True, gc=False):
    """A whole response, or the state of one in an event."""

    id: str | None = None
    model: str | None = None
    status: str | None = None
    output: list[Item] | None = None
    error: Json = None
    incomplete_details: Json = None
    service_tier: Json = None
    usage: msgspec.Raw = NO_USAGE


class WireEvent(Wire, frozen=True, gc=False):
    """An event of a stream; its fields depend on its type."""

    type: str = ""
    delta: Json = None
    output_index: int | None = None
    item_id: str | None = None
    content_index: int | None = None
    item: Item | None = None
    response: WireResponse | None = None
    logprobs: Json = None
    error: Json = None


class WireInputDetails(Wire, frozen=True, gc=False):
    """The details of the input tokens."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class WireOutputDetails(Wire, frozen=True, gc=False):
    """The details of the output tokens."""

    reasoning_tokens: int | None = None


class WireUsage(Wire, frozen=True, gc=False):
    """Tokens used."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_details: WireInputDetails | None = None
    output_tokens_details: WireOutputDetails | None = None
    cost: Json = None  # OpenRouter, Perplexity
    cost_details: Json = None  # OpenRouter
    is_byok: Json = None  # OpenRouter
    cost_in_usd_ticks: Json = None  # xAI


response_decoder = msgspec.json.Decoder(WireResponse)
event_decoder = msgspec.json.Decoder(WireEvent)
