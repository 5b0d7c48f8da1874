"""The contract, and tests specific to vLLM."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from msgspec import Meta

from chatmodels.core import (
    AudioPart,
    FilePart,
    ImagePart,
    UnsupportedError,
    create_chat_model,
    tool,
    user,
)
from chatmodels.testing import SimulatedResponse, Simulator
from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="vllm", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_vllm_keeps_the_contract(check: Check) -> None:
    check()


def body(prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model("vllm:any-model").explain(prompt, **options)
    assert explained.url == "http://127.0.0.1:8000/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@tool
def clock(zone: str) -> str:
    """Return the time."""
    return zone


def test_settings_have_the_names_of_vllm() -> None:
    sent = body(max_output_tokens=9, top_k=5, reasoning_effort="none", reasoning_budget=64)

    assert (sent["max_completion_tokens"], sent["top_k"]) == (9, 5)
    assert (sent["reasoning_effort"], sent["thinking_token_budget"]) == ("none", 64)


def test_the_user_whom_vllm_ignores_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="user"):
        body(user="ada")


def test_the_schema_of_a_strict_tool_is_whole() -> None:
    @tool(strict=True)
    def measure(city: Annotated[str, Meta(min_length=2, max_length=9)], unit: str = "m") -> None:
        """Measure a city."""

    (sent,) = body(tools=[measure])["tools"]
    assert sent["function"]["strict"]
    assert sent["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "minLength": 2, "maxLength": 9},
            "unit": {"type": "string", "default": "m"},
        },
        "required": ["city"],
        "additionalProperties": False,
    }


def test_fields_of_vllm_are_provider_options() -> None:
    fields = {"min_p": 0.1, "structured_outputs": {"choice": ["yes", "no"]}}

    assert body(provider_options=fields).items() >= fields.items()


def test_a_tool_is_named_in_the_choice_and_can_be_strict() -> None:
    sent = body(tools=[clock], tool_choice="clock")

    assert sent["tool_choice"] == {"type": "function", "function": {"name": "clock"}}
    assert clock("UTC") == "UTC"


@dataclass
class Point:
    name: Annotated[str, Meta(min_length=2, max_length=8)]
    tags: dict[str, int]
    share: Annotated[float, Meta(multiple_of=0.25)] = 0.5


def test_schemas_are_sent_whole() -> None:
    explained = create_chat_model("vllm:any-model").explain("?", output_type=Point)
    schema = explained.body["response_format"]["json_schema"]["schema"]

    assert schema["required"] == ["name", "tags"]
    assert schema["properties"]["name"] == {"type": "string", "minLength": 2, "maxLength": 8}
    assert schema["properties"]["tags"]["additionalProperties"] == {"type": "integer"}
    assert "multipleOf" not in schema["properties"]["share"]
    (warning,) = explained.warnings
    assert "multipleOf of share" in warning


def test_images_audio_and_videos_are_sent() -> None:
    prompt = user(
        ImagePart(url="https://example.com/a.png"),
        AudioPart(data=b"RIFF", media_type="audio/wav"),
        FilePart(url="https://example.com/a.mp4", media_type="video/mp4"),
    )

    (message,) = body(prompt)["messages"]
    types = [part["type"] for part in message["content"]]
    assert types == ["image_url", "input_audio", "video_url"]


def test_reasoning_is_read_and_returned() -> None:
    reply = {"role": "assistant", "content": "4", "reasoning": "2 + 2."}
    with Simulator() as simulator:
        answer = {"choices": [{"message": reply, "finish_reason": "stop"}]}
        simulator.queue(SimulatedResponse(body=(json.dumps(answer).encode(),)))
        model = create_chat_model("vllm:any-model", api_key="k", base_url=simulator.base_url)
        response = model.generate("2 + 2?")
        model.generate([user("2 + 2?"), response.message, user("Sure?")])
        sent = simulator.exchanges[-1].request.json
    assert response.reasoning == "2 + 2."
    assert sent["messages"][1]["reasoning"] == "2 + 2."
