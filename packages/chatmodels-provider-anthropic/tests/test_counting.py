"""The endpoint counts the tokens of the message that a call would send."""

from typing import Any

import pytest

from chatmodels.core import (
    AuthenticationError,
    InvalidRequestError,
    ModelNotFoundError,
    create_chat_model,
    image,
    system,
    tool,
    user,
)
from chatmodels.testing import Simulator

REFUSED = ("max_tokens", "metadata", "service_tier", "stop_sequences", "temperature")
PNG = b"\x89PNG\r\n\x1a\n"


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError


def model(simulator: Simulator, name: str = "claude-sonnet-5-5", **options: Any) -> Any:
    given = {"api_key": "k", "base_url": simulator.url, "max_retries": 0} | options
    return create_chat_model(f"anthropic:{name}", **given)


def test_the_fields_of_the_prompt_are_sent() -> None:
    prompt = [system("Be brief."), user("Describe it", image(PNG))]
    with Simulator() as simulator:
        claude = model(simulator, headers={"anthropic-beta": "b-1"})
        options: dict[str, Any] = {"tools": [weather], "output_type": list[int]}
        settings: dict[str, Any] = {"user": "u", "stop": ["END"], "service_tier": "default"}
        count = claude.count_tokens(prompt, reasoning_effort="low", **options, **settings)
        call = claude.explain(prompt, reasoning_effort="low", **options, **settings).body
        sent = simulator.exchanges[-1].request

    assert (count.input_tokens, count.is_estimate) == (4, False)  # the simulator counts words
    assert sent.path == "/v1/messages/count_tokens"
    assert (sent.headers["anthropic-beta"], sent.headers["x-api-key"]) == ("b-1", "k")
    assert "anthropic-version" in sent.headers
    assert {"system", "messages", "tools", "thinking"} <= sent.json.keys()
    assert sent.json == {name: value for name, value in call.items() if name not in REFUSED}


def test_fields_that_the_endpoint_does_not_know_are_its_own_error() -> None:
    with Simulator() as simulator, pytest.raises(InvalidRequestError, match="new_field"):
        model(simulator).count_tokens("?", provider_options={"new_field": 1})


def test_errors_are_those_of_a_call() -> None:
    with Simulator() as simulator:
        with pytest.raises(AuthenticationError):
            model(simulator, api_key="bad").count_tokens("?")
        with pytest.raises(ModelNotFoundError):
            model(simulator, "fault-unknown").count_tokens("?")


def test_a_gateway_with_the_version_in_its_address_is_counted() -> None:
    with Simulator() as simulator:
        count = model(simulator, base_url=simulator.base_url).count_tokens("two words")
    assert count.input_tokens == 2
