"""Starts mock servers of others, which speak the APIs of several vendors."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatModel, create_chat_model
from installing import Environment
from processes import Process, free_port

FIXTURES = [
    {
        "match": {"userMessage": "Oslo", "hasToolResult": True},
        "response": {"content": "It is 7 C in Oslo."},
    },
    {
        "match": {"userMessage": "Oslo"},
        "response": {"toolCalls": [{"name": "weather", "arguments": {"city": "Oslo"}}]},
    },
    {"match": {"userMessage": "Invent"}, "response": {"content": '{"x": 3, "y": 4}'}},
    {
        "match": {"userMessage": "2 + 2"},
        "response": {"content": "Four.", "reasoning": "Two plus two."},
    },
    {
        "match": {"userMessage": "limit"},
        "response": {"error": {"message": "Slow.", "type": "rate_limit_error"}, "status": 429},
    },
    {"match": {}, "response": {"content": "Hello, this is a mock of a model."}},
]
"""The responses of aimock."""


@dataclass(frozen=True, kw_only=True)
class Mocked:
    """A mock server that runs.

    Attributes:
        address: The root of its addresses.
        apis: The options of a model of each API: the spec, and the path of its base URL.
        process: The process.
    """

    address: str
    apis: Mapping[str, dict[str, Any]]
    process: Process

    def model(self, api: str, **options: Any) -> ChatModel:
        """Create a model that makes no second attempt."""
        given = {"max_retries": 0, **self.apis[api], **options}
        return create_chat_model(
            given.pop("spec"), base_url=self.address + given.pop("path"), api_key="k", **given
        )


OPENAI = {
    "openai-chat": {"spec": "openai:gpt-4o", "path": "/v1", "api": "chat_completions"},
    "openai-responses": {"spec": "openai:gpt-4o", "path": "/v1", "api": "responses"},
}
CLAUDE = "claude-sonnet-4-5"
AIMOCK = {
    **OPENAI,
    "anthropic": {"spec": f"anthropic:{CLAUDE}", "path": ""},
    "azure": {"spec": "azure:gpt-4o", "path": "/openai/v1"},
    "bedrock": {"spec": f"bedrock:anthropic.{CLAUDE}", "path": "", "region": "us-east-1"},
    "cohere": {"spec": "cohere:command-a-03-2025", "path": ""},
    "google": {"spec": "google:gemini-2.5-flash", "path": "/v1beta"},
    "ollama": {"spec": "ollama:llama3", "path": ""},
    "openrouter": {"spec": "openrouter:m", "path": "/api/v1"},
}
LLMOCK = {
    **OPENAI,
    "anthropic": {"spec": f"anthropic:{CLAUDE}", "path": "/anthropic"},
    "cohere": {"spec": "cohere:command-a-03-2025", "path": "/cohere"},
    "google": {"spec": "google:gemini-2.5-flash", "path": "/gemini/v1beta"},
    "groq": {"spec": "groq:m", "path": "/groq/openai/v1"},
    "mistral": {"spec": "mistral:mistral-large-latest", "path": "/mistral/v1"},
    "perplexity": {"spec": "perplexity:sonar", "path": "/perplexity/v1"},
    "together": {"spec": "together:m", "path": "/together/v1"},
    "xai": {"spec": "xai:grok-4", "path": "/xai/v1", "api": "chat_completions"},
}


def aimock() -> Mocked:
    """Start the server of the npm package `@copilotkit/aimock`, which needs Node.js."""
    package = Environment("aimock").npm_package("@copilotkit/aimock")
    fixtures = Path(tempfile.mkdtemp()) / "fixtures.json"
    fixtures.write_text(json.dumps({"fixtures": FIXTURES}), "utf-8")
    program = str(package / "dist" / "cli.js")
    return _started(["node", program, "--fixtures", str(fixtures)], AIMOCK)


def llmock() -> Mocked:
    """Start the server of the PyPI package `llmock`."""
    return _started([Environment("llmock").script("llmock"), "serve"], LLMOCK)


def _started(command: list[str], apis: Mapping[str, dict[str, Any]]) -> Mocked:
    port = free_port()
    process = Process([*command, "--port", str(port)])
    address = f"http://127.0.0.1:{port}"
    process.wait_until_ready("openai-compatible", base_url=f"{address}/v1")
    return Mocked(address=address, apis=apis, process=process)


MOCKS: dict[str, Callable[[], Mocked]] = {"aimock": aimock, "llmock": llmock}
"""The functions that start the mock servers, by the names of `SERVERS`."""

_APIS = {"aimock": AIMOCK, "llmock": LLMOCK}
each_api = pytest.mark.parametrize("api", _APIS.get(os.environ.get("CHATMODELS_SERVER", ""), ()))
"""Calls a test with the name of each API of the mock server."""
