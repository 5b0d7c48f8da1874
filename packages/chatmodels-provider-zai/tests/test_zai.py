"""The contract, and tests specific to Z.ai."""

from typing import Any

import pytest

from chatmodels.core import ImagePart, UnsupportedError, create_chat_model, user
from chatmodels.core.extending import ToolDefinition
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(
    provider="zai",
    model="any-model",
    exempt={"names-of-speakers-arrive": "the API has no names of speakers"},
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_zai_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"zai:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://api.z.ai/api/paas/v4/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("glm-next", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
        ("glm-5", {"none"}),
        ("glm-5-turbo", {"none"}),
        ("glm-5.3", {"low", "high", "max"}),
        ("glm-5.2", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
        ("glm-4.7-flash", {"none"}),
        ("glm-4.6v", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"zai:{model}", api_key="k")) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"frequency_penalty": 1},
        {"parallel_tool_calls": True},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        body("glm-5.2", **setting)


def test_settings_have_the_names_of_the_api() -> None:
    sent = body("glm-4.7", user="ada-1", reasoning_effort="none", max_output_tokens=9)

    assert (sent["user_id"], sent["max_tokens"]) == ("ada-1", 9)
    assert sent["thinking"] == {"type": "disabled"}


def test_an_output_type_is_requested_through_a_tool() -> None:
    sent = body("glm-5.3", output_type=list[int])

    assert "response_format" not in sent
    assert len(sent["tools"]) == 1
    assert "strict" not in sent["tools"][0]["function"]


def test_a_tool_choice_can_name_a_tool() -> None:
    clock = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})

    sent = body("glm-5.3", tools=[clock], tool_choice="clock")
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "clock"}}
    with pytest.raises(UnsupportedError, match="tool_choice"):
        body("glm-5.3", tools=[clock], tool_choice="required")


@pytest.mark.parametrize(
    ("model", "streamed"),
    [("glm-5.3", True), ("glm-5v-turbo", True), ("glm-4.5-air", None), ("glm-4.6v", None)],
)
def test_the_arguments_of_tools_are_streamed(model: str, streamed: bool | None) -> None:
    clock = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})
    with Simulator() as simulator:
        zai = create_chat_model(f"zai:{model}", api_key="k", base_url=simulator.base_url)
        zai.generate("?", tools=[clock])
        for tools in ([], [clock]):
            with zai.stream("?", tools=tools) as stream:
                list(stream)
        found = [request.get("tool_stream") for request in simulator.requests]

    assert found == [None, None, streamed]


def test_images_are_sent_to_models_that_see() -> None:
    image = user("?", ImagePart(url="https://example.com/a.png"))

    assert "image_url" in str(body("glm-4.6v", image))
    with pytest.raises(UnsupportedError, match="image"):
        body("glm-5.3", image)
