"""LiteLLM, which calls each wire format with code of its own."""

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # otherwise importing it makes a request

import litellm
import pytest

from chatmodels.core import ErrorCode
from chatmodels.testing import Simulator

GREETING = "Hello"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(
    params=[
        ("openai/gpt-4.1", "/v1"),
        ("openai/responses/gpt-6.1-terra", "/v1"),
        ("anthropic/claude-sonnet-5-5", ""),
        ("gemini/gemini-3.8-flash", "/v1beta"),
        ("mistral/mistral-medium-latest", "/mistral/v1"),
        ("cohere_chat/command-a-03-2025", "/v2/chat"),
        ("ollama_chat/qwen3", ""),
        ("bedrock/converse/us.anthropic.claude-sonnet-5-5", ""),
    ],
    ids=lambda param: param[0].partition("/")[0],
)
def call(request: pytest.FixtureRequest, simulator: Simulator) -> dict[str, object]:
    model, path = request.param
    keys: dict[str, object] = {"api_key": "test"}
    if model.startswith("bedrock"):
        keys = {
            "aws_access_key_id": "test",
            "aws_secret_access_key": "secret",
            "aws_region_name": "us-east-1",
            "aws_bedrock_runtime_endpoint": simulator.url,
        }
    return {"model": model, "api_base": f"{simulator.url}{path}", "num_retries": 0, **keys}


# It serialises calls of its own that do not have the types of its own responses.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_tools_are_called(call: dict[str, object]) -> None:
    first = litellm.completion(**call, messages=HELLO, tools=[TOOL]).choices[0].message
    (tool_call,) = first.tool_calls
    assert tool_call.function.name == "weather"
    result = {
        "role": "tool",
        "tool_call_id": tool_call.id,
        "name": "weather",
        "content": "7 degrees",
    }
    second = litellm.completion(**call, messages=[*HELLO, first, result], tools=[TOOL])
    assert "7 degrees" in second.choices[0].message.content


def test_text_is_returned(call: dict[str, object]) -> None:
    response = litellm.completion(**call, messages=HELLO)
    assert response.choices[0].message.content == f"You said: {GREETING}"
    assert response.usage.completion_tokens == 3


def test_text_is_streamed(call: dict[str, object], request: pytest.FixtureRequest) -> None:
    if "cohere_chat" in request.node.callspec.id:
        # LiteLLM reads the line "event: message-start" of Cohere's streams as JSON.
        failure = litellm.exceptions.MidStreamFallbackError
        request.applymarker(pytest.mark.xfail(raises=failure, strict=True))
    chunks = list(litellm.completion(**call, messages=HELLO, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == f"You said: {GREETING}"


def test_errors_have_their_type(call: dict[str, object], simulator: Simulator) -> None:
    simulator.queue(ErrorCode.RATE_LIMITED)
    with pytest.raises(litellm.RateLimitError):
        litellm.completion(**call, messages=HELLO)
