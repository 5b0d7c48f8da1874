"""Failures of vendors, servers and gateways have the same code, whichever provider is asked.

The messages are shortened to the phrases by which they are recognised.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from chatmodels.core import ChatModel, ChatModelError
from vendors import VENDORS, model_of

SHAPES: dict[str, Callable[[ChatModel], Any]] = {
    "generate": lambda model: model.generate("Hi"),
    "agenerate": lambda model: model.agenerate("Hi"),
    "stream": lambda model: model.stream("Hi").collect(),
    "astream": lambda model: model.astream("Hi").collect(),
}


class Server:
    """Responds to each request with the same failure, and counts the requests."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        self.requests = 0
        self._status = status
        self._body = body if isinstance(body, str) else json.dumps(body)
        # the shortest advice, so that retries do not wait
        self._headers = {"content-type": "application/json", "retry-after-ms": "1"}
        if headers is not None:
            self._headers = {"content-type": "application/json", **headers}

    def respond(self, _: httpx.Request) -> httpx.Response:
        self.requests += 1
        return httpx.Response(self._status, text=self._body, headers=self._headers)

    async def failure(
        self, vendor: str = "openai", shape: str = "generate", *, max_retries: int = 1
    ) -> ChatModelError:
        transport = httpx.MockTransport(self.respond)
        model = model_of(
            vendor,
            max_retries=max_retries,
            http_client=httpx.Client(transport=transport),
            async_http_client=httpx.AsyncClient(transport=transport),
        )
        with pytest.raises(ChatModelError) as caught:
            await call(model, shape)
        return caught.value


async def call(model: ChatModel, shape: str) -> None:
    await SHAPES[shape](model)  # those that are not async raise before


def openai(message: str, **fields: object) -> object:
    return {"error": {"message": message, "type": None, "code": None, **fields}}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [
        (401, "authentication", 1),
        (403, "permission_denied", 1),
        (404, "invalid_request", 1),
        (429, "rate_limited", 2),
    ],
)
async def test_a_type_never_contradicts_the_status(
    status: int, code: str, requests: int, shape: str, vendor: str
) -> None:
    server = Server(status, openai("no", type="api_error", code="api_error"))
    error = await server.failure(vendor, shape)
    assert (error.code, server.requests) == (code, requests)


CONTEXT = {
    "Anthropic": "prompt is too long: 9 tokens > 8 maximum",
    "Anthropic with max_tokens": "`max_tokens` exceed context limit: 9 + 2 > 8",
    "Bedrock": "Input is too long for requested model.",
    "Bedrock, Nova": "Input Tokens Exceeded",
    "Bedrock, characters": "too many total text bytes",
    "Cerebras": "Please reduce the length of the messages or completion.",
    "Cohere": "too many tokens: the limit is 8",
    "DashScope": "Range of input length should be [1, 8]",
    "Gemini": "The input token count (9) exceeds the maximum number of tokens allowed (8).",
    "GitHub Copilot": "prompt token count of 9 exceeds the limit of 8",
    "Groq": "Request too large, please reduce your message size",
    "LM Studio": "loaded with context length of only 8 tokens",
    "LM Studio, older": "keep the first 9 tokens when context the overflows",
    "LiteLLM": "context_length_exceeded",
    "MiniMax": "context window exceeds limit",
    "Mistral": "Prompt is too large for model with 8 maximum context length",
    "Moonshot": "exceeded model token limit: 8 (requested: 9)",
    "Ollama": "the input length exceeds the context length",
    "OpenAI": "This model's maximum context length is 8 tokens.",
    "OpenAI, Responses": "Your input exceeds the context window of this model.",
    "Azure": "Input tokens exceed the configured limit of 8 tokens.",
    "Perplexity": "The total length of all messages is too long.",
    "SGLang": "The input (9 tokens) is longer than the model's context length (8 tokens).",
    "TGI": "`inputs` must have less than 8 tokens. Given: 9",
    "Together": "`inputs` tokens + `max_new_tokens` must be <= 8",
    "Z.ai": "Prompt exceeds max length",
    "llama.cpp": "the request exceeds the available context size (8 tokens)",
    "vLLM": "The decoder prompt is longer than the maximum model length of 8.",
    "vLLM, max_tokens": "max_tokens cannot be greater than max_model_len",
    "xAI": "This model's maximum prompt length is 8",
}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("words", CONTEXT.values(), ids=CONTEXT)
async def test_too_long_a_prompt_is_recognised_at_every_address(words: str, vendor: str) -> None:
    error = await Server(400, openai(words)).failure(vendor)
    assert error.code == "context_length_exceeded"


@pytest.mark.parametrize(
    "words",
    ["max_tokens is above the maximum allowed number of output tokens", "context_length: not int"],
)
async def test_other_limits_are_not_context_length_errors(words: str) -> None:
    error = await Server(400, openai(words)).failure()
    assert error.code == "invalid_request"


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("API key not valid.", "authentication"),
        ("The model `x` does not exist", "model_not_found"),
        ("model 'x' not found", "model_not_found"),
        ("Not found the model x", "model_not_found"),
        ("x is not a valid model ID", "model_not_found"),
        ("No such model: x", "model_not_found"),
        ("The provided model identifier is invalid.", "model_not_found"),
        ("This model version has reached the end of its life.", "model_not_found"),
        ("x is missing, try pulling it first", "model_not_found"),
        ("Your credit balance is too low", "quota_exceeded"),
        ("You have reached your weekly usage limit", "quota_exceeded"),
        ("Output blocked by content filtering policy", "content_filtered"),
        ("Blocked by our content filters", "content_filtered"),
        ("violates responsible AI practices", "content_filtered"),
        ("x does not support tools", "unsupported"),
        ("Something else is wrong", "invalid_request"),
        ("The file was not found", "invalid_request"),
    ],
)
async def test_error_messages_have_the_same_code_at_every_url(
    words: str, code: str, vendor: str
) -> None:
    error = await Server(400, openai(words)).failure(vendor)
    assert error.code == code


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        pytest.param(
            400,
            openai("Invalid model name passed in model=x"),
            "model_not_found",
            id="LiteLLM, unknown model",
        ),
        pytest.param(
            400,
            openai("You passed in model=x. There are no healthy deployments for this model"),
            "model_not_found",
            id="LiteLLM with a wildcard route",
        ),
        pytest.param(
            404,
            openai('AnthropicException - {"type": "not_found_error", "message": "model: x"}'),
            "model_not_found",
            id="Anthropic behind LiteLLM",
        ),
        pytest.param(
            400,
            openai("No connected db.", type="no_db_connection", code="400"),
            "authentication",
            id="LiteLLM, wrong key without a database",
        ),
        pytest.param(
            429,
            openai("You exceeded your current quota", type="throttling_error", code="429"),
            "quota_exceeded",
            id="OpenAI's quota behind LiteLLM",
        ),
        pytest.param(
            429,
            openai("You exceeded your current quota. See ai.google.dev. Please retry in 9.5s."),
            "rate_limited",
            id="Gemini's limit per minute behind a gateway",
        ),
        pytest.param(
            400,
            openai("violates the content management policy"),
            "content_filtered",
            id="Azure's filter behind LiteLLM",
        ),
        pytest.param(
            400, openai("over budget", type="budget_exceeded"), "quota_exceeded", id="a budget"
        ),
        pytest.param(
            401,
            openai("not allowed", type="key_model_access_denied", code="401"),
            "permission_denied",
            id="LiteLLM, a key without the model",
        ),
        pytest.param(
            400,
            {"detail": "Server is pinned to 'm'; requested 'x'."},
            "model_not_found",
            id="transformers serve",
        ),
        pytest.param(
            400,
            {"object": "error", "message": "Only a&&b allowed now, your model x", "code": 40301},
            "model_not_found",
            id="FastChat, unknown model",
        ),
        pytest.param(
            400,
            {"object": "error", "message": "'messages' is a required property", "code": 40001},
            "invalid_request",
            id="FastChat, wrong request",
        ),
        pytest.param(
            400,
            {"detail": "[pid=7] Model not found in the model list, uid: x"},
            "model_not_found",
            id="Xinference, unknown model",
        ),
        pytest.param(
            401, {"detail": "Could not validate credentials"}, "authentication", id="Xinference key"
        ),
        pytest.param(
            400,
            {"code": "Some invalid argument", "error": "Incorrect API key provided."},
            "authentication",
            id="xAI, wrong key",
        ),
        pytest.param(
            403,
            {"code": "Forbidden", "error": "insufficient credits"},
            "quota_exceeded",
            id="no credits",
        ),
        pytest.param(
            403, openai("Your input was flagged", code=403), "content_filtered", id="moderation"
        ),
        pytest.param(
            404, openai("No endpoints found for x."), "model_not_found", id="OpenRouter, no model"
        ),
        pytest.param(
            404,
            openai("No endpoints found that support tool use"),
            "unsupported",
            id="OpenRouter, no tools",
        ),
        pytest.param(
            429,
            {"error": {"type": "rate_limit_error", "details": {"error_code": "weekly"}}},
            "rate_limited",
            id="another limit of Anthropic",
        ),
        *(
            pytest.param(
                429,
                {"error": {"type": "rate_limit_error", "details": {"error_code": word}}},
                "quota_exceeded",
                id=word,
            )
            for word in ("enforced_spend_limit_reached", "contract_spend_limit_reached")
        ),
        pytest.param(
            400,
            {"errors": [{"code": "model_not_found", "message": "no"}]},
            "model_not_found",
            id="a list of errors",
        ),
        pytest.param(
            400,
            {"errorCode": "insufficient_quota", "errorMessage": "no"},
            "quota_exceeded",
            id="names in camel case",
        ),
    ],
)
@pytest.mark.parametrize("vendor", ["openai", "openai responses", "anthropic"])
async def test_servers_and_gateways_are_understood(
    status: int, body: object, code: str, vendor: str
) -> None:
    error = await Server(status, body).failure(vendor)
    assert error.code == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("image input is not supported - hint: provide the mmproj", "unsupported"),
        ("audio input is not supported", "unsupported"),
        ("Failed to parse tool call arguments as JSON", "invalid_request"),
        ("'messages' is required", "invalid_request"),
        ("Conversation roles must alternate user/assistant", "invalid_request"),
        ("[{'type': 'literal_error', 'loc': ('body', 'response_format')}]", "invalid_request"),
        ("2 validation errors for Request", "invalid_request"),
        ('can only concatenate str (not "list") to str', "invalid_request"),
        ("model requires more system memory than is available", "configuration_invalid"),
    ],
)
@pytest.mark.parametrize("vendor", ["openai", "anthropic", "ollama"])
async def test_a_permanent_error_with_status_500_is_not_retried(
    words: str, code: str, vendor: str
) -> None:
    server = Server(500, openai(words, code=500, type="server_error"))
    error = await server.failure(vendor)
    assert (error.code, server.requests) == (code, 1)


async def test_an_outage_is_tried_again() -> None:
    server = Server(500, openai("oops", type="server_error"))
    error = await server.failure()
    assert (error.code, server.requests) == ("provider_unavailable", 2)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("status", "hint", "requests"),
    [(503, "false", 1), (429, "false", 1), (529, "false", 1), (400, "true", 2), (503, "true", 2)],
)
async def test_the_hint_of_the_provider_decides_whether_a_call_is_tried_again(
    status: int, hint: str, requests: int, shape: str
) -> None:
    server = Server(status, openai("no"), {"x-should-retry": hint, "retry-after-ms": "1"})
    await server.failure(shape=shape)
    assert server.requests == requests


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        pytest.param(
            "prompt is too long", "context_length_exceeded", "prompt is too long", id="text"
        ),
        pytest.param(
            '{"error": {"message": "no room", "code": "context_length_exceeded"}}',
            "context_length_exceeded",
            "no room",
            id="JSON as text",
        ),
        pytest.param(
            {"error": {"message": "no such model", "type": "t"}},
            "model_not_found",
            "no such model",
            id="JSON",
        ),
    ],
)
async def test_the_error_of_a_provider_behind_openrouter_counts(
    raw: object, code: str, words: str
) -> None:
    metadata = {"raw": raw, "provider_name": "Acme"}
    body = {"error": {"message": "Provider returned error", "code": 400, "metadata": metadata}}
    error = await Server(400, body).failure()
    assert error.code == code
    assert error.details["provider_message"] == f"Acme: {words}"
    assert f'"Acme: {words}"' in str(error)


async def test_the_advice_of_a_provider_behind_litellm_is_obeyed() -> None:
    advice = {"llm_provider-retry-after-ms": "1", "llm_provider-x-request-id": "req_1"}
    server = Server(429, openai("slow down"), advice)
    error = await server.failure()
    assert (error.retry_after, error.request_id, server.requests) == (0.001, "req_1", 2)


async def test_a_reset_time_in_decades_is_ignored() -> None:
    limits = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "2099-01-01T00:00:00Z",
    }
    error = await Server(429, openai("slow down"), limits).failure(max_retries=0)
    assert error.retry_after is None
