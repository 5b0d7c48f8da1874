"""Typed structures for the JSON of generateContent: whole responses and stream chunks.

Fields with content are typed, so that a defect raises an error. Other fields are parsed JSON and
are read leniently. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire

NOTHING = msgspec.Raw()

STATE_FORMAT = "google"
"""The format of opaque state, which the Gemini API and Vertex AI share."""


class WirePartialArgument(Wire, frozen=True, gc=False, rename="camel"):
    """A delta of a call's arguments: a value or text chunk, and its JSON path."""

    json_path: str
    string_value: str | None = None
    number_value: int | float | None = None
    bool_value: bool | None = None


class WireFunctionCall(Wire, frozen=True, gc=False, rename="camel"):
    """A call, or a delta of one; `args` can be missing if there are no arguments."""

    name: str | None = None
    id: str | None = None
    args: msgspec.Raw = NOTHING
    partial_args: list[WirePartialArgument] | None = None
    will_continue: bool | None = None


class WireBlob(Wire, frozen=True, gc=False, rename="camel"):
    """A media file in base64."""

    data: bytes
    mime_type: str = "application/octet-stream"


class WireFile(Wire, frozen=True, gc=False, rename="camel"):
    """A media file by URI."""

    file_uri: str
    mime_type: str | None = None


class WireFunctionResponse(Wire, frozen=True, gc=False):
    """The result of a tool that Google runs."""

    name: str | None = None
    id: str | None = None


class WirePart(Wire, frozen=True, gc=False, rename="camel"):
    """A part of the content; parts of other kinds are kept as JSON."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: WireFunctionCall | None = None
    function_response: WireFunctionResponse | None = None
    inline_data: WireBlob | None = None
    file_data: WireFile | None = None


class WireContent(Wire, frozen=True, gc=False):
    """The content of a candidate; blocked responses and last chunks have no parts."""

    parts: list[msgspec.Raw] | None = None


class WireCandidate(Wire, frozen=True, gc=False, rename="camel"):
    """A candidate, or a delta of one; enums are numbers if numbers were requested."""

    index: int | None = None
    content: WireContent | None = None
    finish_reason: str | int | None = None
    finish_message: Json = None
    continuation_token: Json = None
    citation_metadata: Json = None
    grounding_metadata: Json = None
    logprobs_result: Json = None


class WireModality(Wire, frozen=True, gc=False, rename="camel"):
    """The number of tokens of one modality, such as "AUDIO"."""

    modality: str | int = ""
    token_count: int | None = None


class WireUsage(Wire, frozen=True, gc=False, rename="camel"):
    """Token usage; thinking and tools are counted separately from candidates and prompt."""

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
    """A whole body, or the data of one stream event."""

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
    """The most likely tokens at one position."""

    candidates: tuple[WireTokenLogprob, ...] = ()


class WireLogprobs(Wire, frozen=True, gc=False, rename="camel"):
    """The chosen tokens, and the most likely tokens at their positions."""

    chosen_candidates: tuple[WireTokenLogprob, ...] = ()
    top_candidates: tuple[WireTopLogprobs, ...] = ()


class WireModel(Wire, frozen=True, gc=False, rename="camel"):
    """A model of the listing; Vertex AI reports only the name."""

    name: str
    input_token_limit: int | None = None
    output_token_limit: int | None = None
    supported_generation_methods: list[str] | None = None
    thinking: bool | None = None


part_decoder = msgspec.json.Decoder(WirePart)
chunk_decoder = msgspec.json.Decoder(WireChunk)
chunks_decoder = msgspec.json.Decoder(list[msgspec.Raw])
