"""The JSON of chat completions as typed structures, for whole bodies and chunks of streams.

The content of a response is typed, so that a defect is an error. Its metadata (usage,
probabilities, annotations) is parsed JSON and read leniently later, so that a number sent as a
string does not discard the response. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire


class WireFunction(Wire, frozen=True, gc=False):
    """The function of a tool call; arguments are text, but some vendors send an object."""

    name: str | None = None
    arguments: Json = None


class WireCustom(Wire, frozen=True, gc=False):
    """The custom tool of a call, and its free text."""

    name: str | None = None
    input: str | None = None


class WireToolCall(Wire, frozen=True, gc=False):
    """A tool call, or a delta of one."""

    index: int | None = None
    id: str | int | None = None
    function: WireFunction | None = None
    custom: WireCustom | None = None
    metadata: Json = None  # for tools that Mistral runs itself
    extra_content: Json = None  # Gemini's signatures: "OpenAI compatibility", Google


class WireAudio(Wire, frozen=True, gc=False):
    """Audio output, or a delta of it."""

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | None = None


class WireMessage(Wire, frozen=True, gc=False):
    """The content of a response: the `message` of a whole one, the `delta` of a chunk."""

    content: str | list[Json] | dict[str, Json] | None = None  # an object: Cloudflare's JSON mode
    tool_calls: list[WireToolCall] | None = None
    tool_call_id: str | None = None  # for results of Mistral's own tools
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_text: str | None = None
    reasoning_details: Json = None
    thinking_blocks: Json = None  # Anthropic's, behind LiteLLM
    function_call: WireFunction | None = None  # the form of tool calls before November 2023
    audio: WireAudio | None = None
    annotations: Json = None
    images: Json = None  # "Image Generation", OpenRouter
    executed_tools: Json = None  # for tools that Groq runs itself: "Compound", Groq


class WireChoice(Wire, frozen=True, gc=False):
    """One alternative response; `index` is 0 for the only one that is requested."""

    index: int | None = None
    delta: WireMessage | None = None
    finish_reason: str | None = None
    message: WireMessage | None = None
    messages: Json = None  # instead of `message` if Mistral ran its own tools
    logprobs: Json = None
    error: Json = None


class WireBody(Wire, frozen=True, gc=False):
    """A whole response, or one chunk of a streamed one."""

    id: str | int | None = None
    created: Json = None
    model: str | None = None
    choices: list[WireChoice] | None = None
    usage: Json = None
    service_tier: Json = None
    error: Json = None
    citations: Json = None
    search_results: Json = None
    x_groq: Json = None


class WireInputDetails(Wire, frozen=True, gc=False):
    """The details of the input tokens."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None


class WireOutputDetails(Wire, frozen=True, gc=False):
    """The details of the output tokens."""

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None


class WireUsage(Wire, frozen=True, gc=False):
    """The token usage: OpenAI's fields, then other vendors' for nested or missing ones."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: WireInputDetails | None = None
    completion_tokens_details: WireOutputDetails | None = None
    cached_tokens: int | None = None  # Moonshot, Together
    num_cached_tokens: int | None = None  # Mistral
    prompt_cache_hit_tokens: int | None = None  # DeepSeek
    cache_read_input_tokens: int | None = None  # Databricks, Doubleword, Venice
    cache_creation_input_tokens: int | None = None  # the same, and Vercel's gateway
    reasoning_tokens: int | None = None  # GitHub Copilot
    cost: Json = None  # OpenRouter
    cost_details: Json = None  # OpenRouter
    is_byok: Json = None  # OpenRouter
    cost_in_usd_ticks: Json = None  # xAI


body_decoder = msgspec.json.Decoder(WireBody)
