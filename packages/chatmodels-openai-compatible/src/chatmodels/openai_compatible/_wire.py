"""The JSON of chat completions as typed structures: whole bodies and chunks of streams alike.

What carries the answer is typed, so that a defect is an error. What accompanies it (usage,
probabilities, annotations) is taken as parsed JSON and read leniently later: no answer is lost
for a number that a vendor spelt as a string. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire


class WireFunction(Wire, frozen=True, gc=False):
    """The function that a tool call names; arguments are text, though some send an object."""

    name: str | None = None
    arguments: Json = None


class WireCustom(Wire, frozen=True, gc=False):
    """The custom tool that a call names, and its free text."""

    name: str | None = None
    input: str | None = None


class WireToolCall(Wire, frozen=True, gc=False):
    """A tool call, or some more of one."""

    index: int | None = None
    id: str | int | None = None
    function: WireFunction | None = None
    custom: WireCustom | None = None
    metadata: Json = None  # Mistral's, of tools that it runs itself
    extra_content: Json = None  # Gemini's thought signatures: "OpenAI compatibility", Google


class WireAudio(Wire, frozen=True, gc=False):
    """Spoken output, or some more of it."""

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | None = None


class WireMessage(Wire, frozen=True, gc=False):
    """What the model says: the `message` of a whole answer, the `delta` of a chunk."""

    content: str | list[Json] | dict[str, Json] | None = None  # an object: Cloudflare's JSON mode
    tool_calls: list[WireToolCall] | None = None
    tool_call_id: str | None = None  # Mistral's, of what its own tools gave
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_text: str | None = None
    reasoning_details: Json = None
    thinking_blocks: Json = None  # Anthropic's, behind LiteLLM
    function_call: WireFunction | None = None  # what tool calls were before November 2023
    audio: WireAudio | None = None
    annotations: Json = None
    images: Json = None  # "Image Generation", OpenRouter
    executed_tools: Json = None  # of tools that Groq runs itself: "Compound", Groq


class WireChoice(Wire, frozen=True, gc=False):
    """One alternative answer; `index` is 0 for the only one that is asked for."""

    index: int | None = None
    delta: WireMessage | None = None
    finish_reason: str | None = None
    message: WireMessage | None = None
    messages: Json = None  # Mistral's, where it ran tools of its own
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


class WireTop(Wire, frozen=True, gc=False):
    """A likely token."""

    token: str
    logprob: float


class WireToken(Wire, frozen=True, gc=False):
    """A token of the output, with the likeliest at its place."""

    token: str
    logprob: float
    top_logprobs: list[WireTop] | None = None


class WireLogprobs(Wire, frozen=True, gc=False):
    """The probabilities of a choice's visible tokens."""

    content: list[WireToken] | None = None


class WireInputDetails(Wire, frozen=True, gc=False):
    """What the input tokens were."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None


class WireOutputDetails(Wire, frozen=True, gc=False):
    """What the output tokens were."""

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None


class WireUsage(Wire, frozen=True, gc=False):
    """Tokens used: OpenAI's names, then other vendors' for what OpenAI nests or has not."""

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


class WireModel(Wire, frozen=True, gc=False):
    """A model in a listing: OpenAI's fields, then those in which others tell its limits."""

    id: str
    created: int | float | None = None
    owned_by: str | None = None
    context_window: int | None = None  # Groq
    context_length: int | None = None  # OpenRouter, Together
    max_model_len: int | None = None  # vLLM
    max_completion_tokens: int | None = None  # Groq
    shutdown_date: str | None = None  # OpenAI's "Deprecations" page


body_decoder = msgspec.json.Decoder(WireBody)
