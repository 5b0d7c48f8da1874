"""A model of each provider that speaks HTTP, for tests that try all of them."""

from dataclasses import dataclass, field
from typing import Any

from chatmodels.core import ChatModel, create_chat_model
from chatmodels.testing import FaultServer, Simulator


@dataclass(frozen=True, slots=True)
class Vendor:
    """The options that create a model of a provider.

    Attributes:
        model: A model name.
        api: The name of the wire format in recordings.
        path: The path after the simulator's root URL.
        options: Additional options.
    """

    model: str
    api: str
    path: str = "/v1"
    options: dict[str, Any] = field(default_factory=dict[str, Any])


VENDORS: dict[str, Vendor] = {
    "anthropic": Vendor("claude-sonnet-4-6", "anthropic.messages"),
    "azure": Vendor("gpt-5-mini", "openai.chat", "", {"base_url": "https://acme.openai.azure.com"}),
    "azure responses": Vendor(
        "gpt-5-mini",
        "openai.responses",
        "",
        {"base_url": "https://acme.openai.azure.com", "api": "responses"},
    ),
    "bedrock": Vendor(
        "us.anthropic.claude-sonnet-4-6", "bedrock.converse", options={"region": "us-east-1"}
    ),
    "cohere": Vendor("command-a-plus-05-2026", "cohere.chat_v2", path=""),
    "google": Vendor("gemini-3.5-flash", "gemini.generate_content"),
    "google-vertex": Vendor("gemini-3.5-flash", "gemini.stream_generate_content"),
    "mistral": Vendor("labs-any", "mistral.chat", "/mistral/v1"),
    "ollama": Vendor("qwen3", "ollama.chat", path=""),
    "openai-compatible": Vendor(
        "any", "openai.chat", options={"base_url": "https://models.example/v1"}
    ),
    "openai responses": Vendor("gpt-6.1-terra", "openai.responses", options={"api": "responses"}),
    "openai": Vendor("gpt-4o", "openai.chat", options={"api": "chat_completions"}),
}
"""The vendors by provider name, with the name of the API if there are several."""


def model_of(
    provider: str, server: Simulator | FaultServer | str | None = None, **options: Any
) -> ChatModel:
    """Make a model, which talks to a server, or the root of its address, if one is passed."""
    vendor = VENDORS[provider]
    root = server.url if isinstance(server, Simulator | FaultServer) else server
    place = {} if root is None else {"base_url": root + vendor.path}
    chosen = {"api_key": "sk-test", "max_retries": 0} | vendor.options | options | place
    name, _, _ = provider.partition(" ")
    return create_chat_model(f"{name}:{vendor.model}", **chosen)
