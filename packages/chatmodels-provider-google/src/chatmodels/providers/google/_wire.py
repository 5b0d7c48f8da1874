"""The JSON of generateContent as typed structures: whole answers and chunks of streams alike.

What carries the answer is typed, so that a defect is an error. What accompanies it is taken as
parsed JSON and read leniently. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire

NOTHING = msgspec.Raw()

STATE_FORMAT = "google"
"""The format of opaque state, which the Gemini API and Vertex AI have in common."""


class WirePartialArgument(Wire, frozen=True, gc=False, rename="camel"):
    """Some more of a call's arguments: a value, or a piece of a text, and where it belongs."""

    json_path: str
    string_value: str | None = None
    number_value: int | float | None = None
    bool_value: bool | None = None


class WireFunctionCall(Wire, frozen=True, gc=False, rename="camel"):
    """A call, or some more of one; without arguments `args` may be missing."""

    name: str | None = None
    id: str | None = None
    args: msgspec.Raw = NOTHING
    partial_args: list[WirePartialArgument] | None = None
    will_continue: bool | None = None


class WireBlob(Wire, frozen=True, gc=False, rename="camel"):
    """A medium, in base64."""

    data: bytes
    mime_type: str = "application/octet-stream"


class WireFile(Wire, frozen=True, gc=False, rename="camel"):
    """A medium that lies elsewhere."""

    file_uri: str
    mime_type: str | None = None


class WireFunctionResponse(Wire, frozen=True, gc=False):
    """What a tool returned that the vendor ran itself."""

    name: str | None = None
    id: str | None = None


class WirePart(Wire, frozen=True, gc=False, rename="camel"):
    """A part of the content; those of other kinds than are named here are kept as they are."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: WireFunctionCall | None = None
    function_response: WireFunctionResponse | None = None
    inline_data: WireBlob | None = None
    file_data: WireFile | None = None


class WireContent(Wire, frozen=True, gc=False):
    """What was said; blocked answers and ends of streams have no parts."""

    parts: list[msgspec.Raw] | None = None


class WireCandidate(Wire, frozen=True, gc=False, rename="camel"):
    """An answer, or some more of it; enums are numbers where they were asked for as numbers."""

    index: int | None = None
    content: WireContent | None = None
    finish_reason: str | int | None = None
    finish_message: Json = None
    continuation_token: Json = None
    citation_metadata: Json = None
    grounding_metadata: Json = None
    logprobs_result: Json = None


class WireModality(Wire, frozen=True, gc=False, rename="camel"):
    """How many of the tokens were of one kind, as "AUDIO"."""

    modality: str | int = ""
    token_count: int | None = None


class WireUsage(Wire, frozen=True, gc=False, rename="camel"):
    """Tokens used; those of thoughts and of tools stand beside those of candidates and prompt."""

    prompt_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    total_token_count: int | None = None
    prompt_tokens_details: tuple[WireModality, ...] = ()
    candidates_tokens_details: tuple[WireModality, ...] = ()
    service_tier: str | int | None = None
    traffic_type: str | int | None = None


class WireChunk(Wire, frozen=True, gc=False, rename="camel"):
    """A whole body, or what one event of a stream holds."""

    response_id: str | None = None
    model_version: str | None = None
    candidates: list[WireCandidate] | None = None
    prompt_feedback: Json = None
    usage_metadata: WireUsage | None = None
    error: Json = None


class WireTokenLogprob(Wire, frozen=True, gc=False, rename="camel"):
    """A token and the logarithm of its probability."""

    token: str = ""
    log_probability: float = 0.0


class WireTopLogprobs(Wire, frozen=True, gc=False):
    """The likeliest tokens at a place."""

    candidates: tuple[WireTokenLogprob, ...] = ()


class WireLogprobs(Wire, frozen=True, gc=False, rename="camel"):
    """The tokens chosen, and the likeliest at their places."""

    chosen_candidates: tuple[WireTokenLogprob, ...] = ()
    top_candidates: tuple[WireTopLogprobs, ...] = ()


class WireModel(Wire, frozen=True, gc=False, rename="camel"):
    """A model in the listing of the Gemini API; that of Vertex AI has a name alone."""

    name: str
    input_token_limit: int | None = None
    output_token_limit: int | None = None
    supported_generation_methods: list[str] | None = None
    thinking: bool | None = None


part_decoder = msgspec.json.Decoder(WirePart)
chunk_decoder = msgspec.json.Decoder(WireChunk)
chunks_decoder = msgspec.json.Decoder(list[msgspec.Raw])
