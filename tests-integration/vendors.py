"""A model of each provider that speaks HTTP, for tests that try all of them."""

from typing import Any

from chatmodels.core import ChatModel, create_chat_model
from chatmodels.testing import Simulator

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "anthropic": ("claude-sonnet-4-6", {}),
    "openai": ("gpt-5-mini", {}),
}
"""A model's name, and what making it needs besides a key and an address."""

PATHS: dict[str, str] = {}
"""What stands behind the simulator's root in the address, where it is not "/v1"."""


def model_of(provider: str, simulator: Simulator) -> ChatModel:
    """Make a model that talks to a simulator."""
    name, options = MODELS[provider]
    base_url = simulator.url + PATHS.get(provider, "/v1")
    return create_chat_model(
        f"{provider}:{name}", api_key="sk-test", base_url=base_url, max_retries=0, **options
    )
