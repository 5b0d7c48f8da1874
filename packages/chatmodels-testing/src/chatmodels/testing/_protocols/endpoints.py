"""The requests that a simulator serves by API, for its help and its page."""

import msgspec


class Endpoints(msgspec.Struct, frozen=True):
    """The requests of one API.

    Attributes:
        api: The name of the API.
        requests: The methods and paths; a path is recognised by its end.
        base_url: The base URL of the vendor's own client; `URL` is that of the simulator.
    """

    api: str
    requests: tuple[str, ...]
    base_url: str = "URL"


ENDPOINTS: tuple[Endpoints, ...] = (
    Endpoints(
        "OpenAI's chat completions, and servers with the same API",
        (
            "POST /v1/chat/completions",
            "GET /v1/models",
            "GET /v1/models/{model}",
            "POST /v1/chat/completions/input_tokens",
            "POST /tokenize",
        ),
        "URL/v1",
    ),
    Endpoints(
        "OpenAI's Responses",
        (
            "POST /v1/responses",
            "GET /v1/responses/{id}",
            "DELETE /v1/responses/{id}",
            "POST /v1/responses/{id}/cancel",
            "GET /v1/responses/{id}/input_items",
            "POST /v1/responses/input_tokens",
            "POST /v1/responses/compact",
        ),
        "URL/v1",
    ),
    Endpoints(
        "Anthropic's Messages, with threads",
        (
            "POST /v1/messages",
            "POST /v1/messages/count_tokens",
            "GET /v1/models",
            "GET /v1/models/{model}",
        ),
    ),
    Endpoints(
        "Azure OpenAI and Foundry",
        (
            "POST /openai/v1/chat/completions",
            "POST /openai/deployments/{model}/chat/completions?api-version=DATE",
            "POST /models/chat/completions?api-version=DATE",
            "GET /openai/v1/models",
            "GET /models/info?api-version=DATE",
        ),
    ),
    Endpoints(
        "Amazon Bedrock's Converse",
        (
            "POST /model/{model}/converse",
            "POST /model/{model}/converse-stream",
            "POST /model/{model}/count-tokens",
            "GET /foundation-models",
        ),
    ),
    Endpoints(
        "Cohere's Chat, version 2",
        ("POST /v2/chat", "POST /v1/tokenize", "GET /v1/models?endpoint=chat"),
    ),
    Endpoints(
        "Gemini and Vertex AI",
        (
            "POST /v1beta/models/{model}:generateContent",
            "POST /v1beta/models/{model}:streamGenerateContent",
            "POST /v1beta/models/{model}:countTokens",
            "GET /v1beta/models",
        ),
    ),
    Endpoints(
        "Groq",
        ("POST /groq/openai/v1/chat/completions", "GET /groq/openai/v1/models"),
        "URL/groq",
    ),
    Endpoints(
        "Mistral",
        ("POST /mistral/v1/chat/completions", "GET /mistral/v1/models"),
        "URL/mistral",
    ),
    Endpoints(
        "Ollama",
        (
            "POST /api/chat",
            "POST /api/generate",
            "POST /api/show",
            "POST /api/pull",
            "GET /api/tags",
            "GET /api/ps",
            "GET /api/version",
        ),
    ),
    Endpoints(
        "Batches of OpenAI and Groq",
        (
            "POST /v1/files",
            "GET /v1/files/{file}/content",
            "POST /v1/batches",
            "GET /v1/batches",
            "GET /v1/batches/{batch}",
            "POST /v1/batches/{batch}/cancel",
            "POST /groq/openai/v1/files",
            "POST /groq/openai/v1/batches",
        ),
    ),
    Endpoints(
        "Batches of Anthropic",
        (
            "POST /v1/messages/batches",
            "GET /v1/messages/batches",
            "GET /v1/messages/batches/{batch}",
            "GET /v1/messages/batches/{batch}/results",
            "POST /v1/messages/batches/{batch}/cancel",
        ),
    ),
    Endpoints("Batches of Azure", ("POST /openai/v1/files", "POST /openai/v1/batches")),
    Endpoints(
        "Batches of Mistral",
        (
            "POST /mistral/v1/files",
            "POST /mistral/v1/batch/jobs",
            "GET /mistral/v1/batch/jobs",
            "GET /mistral/v1/batch/jobs/{job}",
            "POST /mistral/v1/batch/jobs/{job}/cancel",
        ),
        "URL/mistral",
    ),
    Endpoints(
        "Batches of OpenRouter",
        (
            "POST /openrouter/api/v1/batches",
            "GET /openrouter/api/v1/batches",
            "GET /openrouter/api/v1/batches/{batch}",
        ),
        "URL/openrouter/api/v1",
    ),
    Endpoints(
        "Batches of Together AI",
        (
            "POST /together/v1/files/upload",
            "GET /together/v1/files",
            "POST /together/v1/batches",
            "GET /together/v1/batches",
            "GET /together/v1/batches/{batch}",
            "POST /together/v1/batches/{batch}/cancel",
        ),
        "URL/together/v1",
    ),
)
"""The APIs that the vendors document, in the order of their names on the page."""
