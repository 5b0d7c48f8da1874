"""CountTokens counts the fields of Converse that form the prompt."""

from typing import Any

import pytest

from chatmodels.core import ModelNotFoundError, create_chat_model, system, tool, user
from chatmodels.testing import Simulator

CLAUDE = "us.anthropic.claude-sonnet-4-6"
ARN = "arn:aws:bedrock:us-east-1:"
PROMPT = [system("Be brief."), user("Why is the sky blue?")]


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError


def model(simulator: Simulator, name: str, **options: Any) -> Any:
    return create_chat_model(
        f"bedrock:{name}", api_key="k", region="us-east-1", base_url=simulator.url, **options
    )


def test_the_fields_of_the_prompt_are_sent() -> None:
    given: dict[str, Any] = {
        "tools": [weather],
        "reasoning_effort": "low",
        "max_output_tokens": 5_000,
        "metadata": {"team": "blue"},
    }
    with Simulator() as simulator:
        count = model(simulator, CLAUDE).count_tokens(PROMPT, **given)
        call = model(simulator, CLAUDE).explain(PROMPT, **given).body
        sent = simulator.exchanges[-1].request

    assert (count.input_tokens, count.is_estimate, count.note) == (7, False, "")
    assert sent.json == {
        "input": {
            "converse": {
                name: call[name]
                for name in ("messages", "system", "toolConfig", "additionalModelRequestFields")
            }
        }
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1%3A0"),
        ("us.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"),
        ("us-gov.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"),
        ("apac.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"),
        ("global.anthropic.claude-sonnet-5-5", "anthropic.claude-sonnet-5-5"),
        (
            f"{ARN}1:inference-profile/eu.anthropic.claude-sonnet-4-6",
            "anthropic.claude-sonnet-4-6",
        ),
        (
            f"{ARN}:foundation-model/anthropic.claude-sonnet-4-6",
            "arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Fanthropic.claude-sonnet-4-6",
        ),
    ],
)
def test_the_model_behind_a_profile_is_counted(name: str, path: str) -> None:
    with Simulator() as simulator:
        count = model(simulator, name).count_tokens("two words")
        sent = simulator.exchanges[-1].request
    assert (count.input_tokens, count.is_estimate) == (2, False)
    assert sent.path == f"/model/{path}/count-tokens"


@pytest.mark.parametrize("name", ["amazon.nova-pro-v1:0", "moonshotai.kimi-k2.5"])
def test_other_models_are_refused_by_the_vendor_and_estimated(name: str) -> None:
    with Simulator() as simulator:
        count = model(simulator, name).count_tokens("four")
        (exchange,) = simulator.exchanges
    assert exchange.request.path.startswith(f"/model/{name.replace(':', '%3A')}")
    assert (count.input_tokens, count.method) == (5, "estimate")
    assert count.note == "bedrock does not count the tokens of this model"


def test_a_resource_whose_model_is_unknown_is_estimated() -> None:
    with Simulator() as simulator:
        name = f"{ARN}1:application-inference-profile/a1"
        count = model(simulator, name).count_tokens("four")
        assert simulator.exchanges == ()
    assert (count.input_tokens, count.is_estimate) == (5, True)


def test_the_output_schema_is_estimated() -> None:
    with Simulator() as simulator:
        native = model(simulator, CLAUDE).count_tokens("two words", output_type=list[int])
        from_tool = model(simulator, CLAUDE).count_tokens("two words", output_type=dict[str, int])
        sent = simulator.exchanges[-1].request.json["input"]["converse"]
    assert native.input_tokens > 2
    assert (native.is_estimate, native.method) == (True, "endpoint")
    assert native.note == "the output schema is estimated"
    assert "toolConfig" in sent  # a schema that cannot be enforced is that of a tool
    assert (from_tool.input_tokens, from_tool.is_estimate) == (2, False)


def test_an_unknown_model_is_an_error() -> None:
    with Simulator() as simulator, pytest.raises(ModelNotFoundError):
        model(simulator, "fault-unknown").count_tokens("?")
