"""Requests compared with what a model supports."""

from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    FREE_TOOL_CHOICES,
    AudioPart,
    CallInfo,
    Capability,
    ChatRequest,
    ChatResponse,
    FilePart,
    ImagePart,
    Profile,
    Settings,
    StandardChatModel,
    ToolChoice,
    ToolDefinition,
    ToolResult,
    UnsupportedError,
    assistant,
    tool_result,
    user,
)
from chatmodels.core._calls.negotiation import negotiate

TOOL = ToolDefinition("clock", "", {"type": "object"})
STRICT = ToolDefinition("clock", "", {"type": "object"}, strict=True)
PROFILE = Profile(
    settings={"temperature": "t", "top_p": "p", "reasoning_effort": "e", "seed": "s"},
    values={"reasoning_effort": ("none", "high")},
    ranges={"temperature": (0, 1)},
    exclusive=(("temperature", "top_p"),),
    not_with_reasoning={"temperature": (1,), "seed": ()},
    strict_tools=False,
    tool_choices=frozenset({"auto", "none", "required"}),
    tool_choices_with_reasoning=FREE_TOOL_CHOICES,
)


def request(
    *tools: ToolDefinition, choice: ToolChoice | None = None, **settings: Any
) -> ChatRequest:
    return ChatRequest(
        messages=(user("Hi"),), settings=Settings(**settings), tools=tools, tool_choice=choice
    )


@pytest.mark.parametrize(
    ("asked", "problems", "kept"),
    [
        pytest.param(request(top_k=1, seed=1), ["top_k"], request(seed=1), id="a setting"),
        pytest.param(
            request(reasoning_effort="low"), ["reasoning_effort='low'"], request(), id="a value"
        ),
        pytest.param(
            request(temperature=1.5, top_p=0.5),
            ["temperature=1.5"],
            request(top_p=0.5),
            id="what is left out excludes nothing",
        ),
        pytest.param(
            request(temperature=0.5, top_p=0.5),
            ["top_p beside temperature"],
            request(temperature=0.5),
            id="two that exclude each other",
        ),
        pytest.param(
            request(temperature=0.5, top_p=0.5, reasoning_effort="high"),
            ["temperature beside reasoning"],
            request(top_p=0.5, reasoning_effort="high"),
            id="beside reasoning",
        ),
        pytest.param(
            request(temperature=1, seed=1, reasoning_effort="high"),
            ["seed beside reasoning"],
            request(temperature=1, reasoning_effort="high"),
            id="a value beside reasoning",
        ),
        pytest.param(request(STRICT), ["strict in the tool 'clock'"], request(TOOL), id="strict"),
        pytest.param(
            request(TOOL, choice=ToolChoice("tool", "clock")),
            ["tool_choice 'clock'"],
            request(TOOL),
            id="a tool choice",
        ),
        pytest.param(
            request(TOOL, choice=ToolChoice("required"), reasoning_effort="high"),
            ["tool_choice 'required' beside reasoning"],
            request(TOOL, reasoning_effort="high"),
            id="a tool choice beside reasoning",
        ),
        pytest.param(
            request(STRICT, choice=ToolChoice("auto"), seed=1, top_k=1),
            ["top_k", "strict in the tool 'clock'"],
            request(TOOL, choice=ToolChoice("auto"), seed=1),
            id="everything at once",
        ),
    ],
)
def test_what_is_not_supported_is_refused_or_left_out(
    asked: ChatRequest, problems: list[str], kept: ChatRequest
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        negotiate(asked, PROFILE, provider="acme")
    for problem in problems:
        assert problem in caught.value.message
    found, warnings = negotiate(asked, PROFILE, provider="acme", unsupported="warn")
    assert found == kept
    assert warnings == tuple(f"acme does not support {problem}: left out" for problem in problems)


def test_a_tool_choice_is_left_out_and_strict_tools_stay() -> None:
    profile = Profile(tool_choices=FREE_TOOL_CHOICES)
    asked = request(STRICT, choice=ToolChoice("required"))
    found, _ = negotiate(asked, profile, provider="acme", unsupported="warn")
    assert found == request(STRICT)


def test_a_model_without_tools_is_given_none() -> None:
    asked = request(TOOL, choice=ToolChoice("required"))
    found, warnings = negotiate(asked, Profile(tools=False), provider="acme", unsupported="warn")
    assert (found, warnings) == (request(), ("acme does not support tools: left out",))


@pytest.mark.parametrize(
    "asked",
    [
        request(),
        request(TOOL),
        request(temperature=0.5, reasoning_effort="none"),
        request(TOOL, choice=ToolChoice("required")),
    ],
)
def test_what_is_supported_stays_the_same_object(asked: ChatRequest) -> None:
    assert negotiate(asked, PROFILE, provider="acme") == (asked, ())
    assert negotiate(asked, PROFILE, provider="acme")[0] is asked


IMAGE = ImagePart(data=b"png", media_type="image/png")


@pytest.mark.parametrize(
    ("prompt", "options", "problem"),
    [
        (user("?", IMAGE, IMAGE), {}, "an image of type image/png in a user message (message 0)"),
        ([user("?"), tool_result(ToolResult("c", (IMAGE,)))], {}, "(message 1)"),
        (user(AudioPart(data=b"x"), FilePart(data=b"x")), {}, "(message 0), a file"),
        ("?", {"output_type": dict}, "output types"),
        ("?", {"tools": [TOOL]}, "tools"),
    ],
    ids=["an image", "in a result", "audio and a file", "an output type", "tools"],
)
def test_a_model_refuses_what_its_provider_does_not_claim(
    prompt: Any, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        Seeing(frozenset()).generate(prompt, **options)
    assert problem in caught.value.message


def test_a_model_accepts_what_its_provider_claims_and_what_other_models_made() -> None:
    drawn = assistant("Here.", IMAGE)
    assert Seeing(frozenset()).generate([user("?"), drawn, user("!")]).text == "Hi"
    claimed = frozenset({Capability.VISION, Capability.STRUCTURED_OUTPUT, Capability.TOOLS})
    response = Seeing(claimed).generate(user(IMAGE), output_type=str, tools=[TOOL])
    assert response.parsed == "Hi"


class Seeing(StandardChatModel):
    def __init__(self, capabilities: frozenset[Capability]) -> None:
        super().__init__("acme", "m", capabilities=capabilities)

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        return ChatResponse(message=assistant('{"value": "Hi"}' if request.output else "Hi"))


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        pytest.param(
            request(service_tier="auto", seed=1), request(seed=1), id="a value that holds anyway"
        ),
        pytest.param(
            request(service_tier="flex"), request(service_tier="flex"), id="another value of it"
        ),
        pytest.param(request(parallel_tool_calls=False), request(), id="no tools"),
        pytest.param(
            request(TOOL, choice=ToolChoice("none"), parallel_tool_calls=True),
            request(TOOL, choice=ToolChoice("none")),
            id="no tools that can be called",
        ),
        pytest.param(
            request(TOOL, parallel_tool_calls=False),
            request(TOOL, parallel_tool_calls=False),
            id="tools",
        ),
        pytest.param(
            replace(request(parallel_tool_calls=False), provider_options={"tools": [{}]}),
            replace(request(parallel_tool_calls=False), provider_options={"tools": [{}]}),
            id="tools of the vendor",
        ),
    ],
)
def test_settings_that_need_not_be_sent_are_left_out_without_a_warning(
    asked: ChatRequest, kept: ChatRequest
) -> None:
    profile = Profile(implied={"service_tier": ("auto",)}, needs_tools=("parallel_tool_calls",))
    assert negotiate(asked, profile, provider="acme") == (kept, ())
