"""Requests compared with what a model supports."""

from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    AudioPart,
    ChatRequest,
    ChatResponse,
    FilePart,
    ImagePart,
    Settings,
    ToolChoice,
    ToolResult,
    UnsupportedError,
    assistant,
    tool_result,
    user,
)
from chatmodels.core._calls.negotiation import negotiate, refuse_unsupported
from chatmodels.core._values.settings import NO_SETTINGS
from chatmodels.core.extending import (
    FREE_TOOL_CHOICES,
    CallInfo,
    Capability,
    Profile,
    StandardChatModel,
    ToolDefinition,
)

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
    ("full", "problems", "supported"),
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
            ["top_p with temperature"],
            request(temperature=0.5),
            id="two that exclude each other",
        ),
        pytest.param(
            request(temperature=0.5, top_p=0.5, reasoning_effort="high"),
            ["temperature with reasoning"],
            request(top_p=0.5, reasoning_effort="high"),
            id="with reasoning",
        ),
        pytest.param(
            request(temperature=1, seed=1, reasoning_effort="high"),
            ["seed with reasoning"],
            request(temperature=1, reasoning_effort="high"),
            id="a value with reasoning",
        ),
        pytest.param(
            request(seed=1, temperature=0.5, reasoning_budget=9),
            ["reasoning_budget"],
            request(seed=1, temperature=0.5),
            id="reasoning that is left out",
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
            ["tool_choice 'required' with reasoning"],
            request(TOOL, reasoning_effort="high"),
            id="a tool choice with reasoning",
        ),
        pytest.param(
            request(STRICT, choice=ToolChoice("auto"), seed=1, top_k=1),
            ["top_k", "strict in the tool 'clock'"],
            request(TOOL, choice=ToolChoice("auto"), seed=1),
            id="everything at once",
        ),
    ],
)
def test_unsupported_features_are_refused_or_omitted(
    full: ChatRequest, problems: list[str], supported: ChatRequest
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        negotiate(full, PROFILE, provider="acme")
    for problem in problems:
        assert problem in caught.value.message
    found, warnings = negotiate(full, PROFILE, provider="acme", on_unsupported="warn")
    assert found == supported
    assert warnings == tuple(f"acme does not support {problem}: omitted" for problem in problems)


def refused(full: ChatRequest, profile: Profile, **remedies: str) -> str:
    with pytest.raises(UnsupportedError) as caught:
        negotiate(full, profile, provider="acme", remedies=remedies)
    return caught.value.message


def test_a_refusal_lists_everything_with_the_supported_values_and_the_remedies() -> None:
    profile = Profile(
        settings=dict.fromkeys(("temperature", "seed", "reasoning_effort", "verbosity"), ""),
        values={"reasoning_effort": ("none", "high"), "verbosity": ()},
        ranges={"temperature": (0, 1.5)},
    )
    full = request(temperature=2, reasoning_effort="low", verbosity="low", top_k=1, top_p=1)
    assert refused(
        full, profile, top_k="sampling=...", verbosity="text=...", top_p="sampling=..."
    ) == (
        "acme does not support temperature=2 (supported: 0 to 1.5), top_p, top_k, "
        "reasoning_effort='low' (supported: 'none', 'high'), verbosity='low' (supported: none); "
        "omit it, or create the model with sampling=... for top_p, top_k, or with text=... "
        'for verbosity, or with on_unsupported="warn" to omit it with a warning; '
        "provider_options send the field unchecked"
    )


def test_a_refusal_without_remedies_leaves_the_way_to_leave_it_out() -> None:
    assert refused(request(STRICT), PROFILE) == (
        "acme does not support strict in the tool 'clock'; omit it, or create the model with "
        'on_unsupported="warn" to omit it with a warning'
    )


@pytest.mark.parametrize("temperature", [0, 1])
def test_a_range_includes_its_ends(temperature: float) -> None:
    full = request(temperature=temperature)
    assert negotiate(full, PROFILE, provider="acme") == (full, ())


@pytest.mark.parametrize(
    ("reasoning", "reasons"),
    [
        ({}, False),
        ({"reasoning_effort": "none"}, False),
        ({"reasoning_budget": 0}, False),
        ({"reasoning_effort": "high"}, True),
        ({"reasoning_budget": 1}, True),
    ],
)
def test_a_budget_and_an_effort_request_reasoning(reasoning: Any, reasons: bool) -> None:
    full = request(seed=1, **reasoning)
    found, _ = negotiate(
        full, Profile(not_with_reasoning={"seed": ()}), provider="acme", on_unsupported="warn"
    )
    assert found == (request(**reasoning) if reasons else full)


def test_tools_are_compared_in_a_request_without_settings() -> None:
    full = ChatRequest(messages=(user("Hi"),), tools=(STRICT,))
    with pytest.raises(UnsupportedError, match="strict in the tool"):
        negotiate(full, PROFILE, provider="acme")


def test_unsupported_settings_and_tools_are_omitted_together() -> None:
    found, _ = negotiate(
        request(TOOL, seed=1, top_k=1),
        Profile(settings={"seed": "s"}, tools=False),
        provider="acme",
        on_unsupported="warn",
    )
    assert found == request(seed=1)


def test_the_defaults_of_a_model_are_refused_like_the_settings_of_a_call() -> None:
    settings = Settings(top_k=1)
    with pytest.raises(UnsupportedError) as caught:
        refuse_unsupported(settings, PROFILE, provider="acme", remedies={"top_k": "all=True"})
    assert caught.value.message == refused(request(top_k=1), PROFILE, top_k="all=True")


@pytest.mark.parametrize("settings", [NO_SETTINGS, Settings(), Settings(seed=1)])
def test_defaults_that_are_supported_pass(settings: Settings) -> None:
    refuse_unsupported(settings, PROFILE, provider="acme", remedies={})


@pytest.mark.parametrize(
    "choice",
    [ToolChoice("auto"), ToolChoice("none"), ToolChoice("required"), ToolChoice("tool", "clock")],
)
def test_an_unknown_model_supports_everything(choice: ToolChoice) -> None:
    full = request(STRICT, choice=choice, seed=1, reasoning_effort="max")
    assert negotiate(full, Profile(), provider="acme") == (full, ())


def test_free_choices_do_not_force_a_call() -> None:
    assert sorted(FREE_TOOL_CHOICES) == ["auto", "none"]


def test_an_unsupported_tool_choice_is_omitted_and_strict_tools_stay() -> None:
    profile = Profile(tool_choices=FREE_TOOL_CHOICES)
    full = request(STRICT, choice=ToolChoice("required"))
    found, _ = negotiate(full, profile, provider="acme", on_unsupported="warn")
    assert found == request(STRICT)


def test_a_model_without_tool_support_receives_no_tools() -> None:
    full = request(TOOL, choice=ToolChoice("required"))
    found, warnings = negotiate(full, Profile(tools=False), provider="acme", on_unsupported="warn")
    assert (found, warnings) == (request(), ("acme does not support tools: omitted",))


@pytest.mark.parametrize(
    "full",
    [
        request(),
        request(TOOL),
        request(temperature=0.5, reasoning_effort="none"),
        request(TOOL, choice=ToolChoice("required")),
    ],
)
def test_a_supported_request_stays_the_same_object(full: ChatRequest) -> None:
    assert negotiate(full, PROFILE, provider="acme") == (full, ())
    assert negotiate(full, PROFILE, provider="acme")[0] is full


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
def test_a_model_refuses_features_beyond_the_capabilities_of_its_provider(
    prompt: Any, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        Seeing(frozenset()).generate(prompt, **options)
    assert problem in caught.value.message


def test_a_model_accepts_the_capabilities_of_its_provider_and_content_of_other_models() -> None:
    drawn = assistant("Here.", IMAGE)
    assert Seeing(frozenset()).generate([user("?"), drawn, user("!")]).text == "Hi"
    claimed = frozenset({Capability.VISION, Capability.STRUCTURED_OUTPUT, Capability.TOOLS})
    response = Seeing(claimed).generate(user(IMAGE), output_type=str, tools=[TOOL])
    assert response.parsed == "Hi"


def test_media_of_a_profile_take_precedence_over_capabilities() -> None:
    profile = Profile(user_media=())
    model = Seeing(frozenset({Capability.VISION}), profile=profile)
    assert model.profile.user_media == ()
    assert [each.kind for each in model.profile.result_media or ()] == ["image"]
    with pytest.raises(UnsupportedError, match="an image"):
        model.generate(user("?", IMAGE))


def test_an_output_type_is_refused_together_with_all_else() -> None:
    with pytest.raises(UnsupportedError) as caught:
        Seeing(frozenset()).generate(user("?", IMAGE), output_type=dict, tools=[TOOL])
    assert "support output types, tools, an image" in caught.value.message


def test_an_unsupported_output_type_is_omitted_with_a_warning() -> None:
    claimed = frozenset({Capability.TOOLS, Capability.STRICT_TOOLS})
    model = Seeing(claimed, on_unsupported="warn")
    response = model.generate("?", output_type=int, tools=[STRICT])
    assert response.text == "Hi"
    assert response.parsed is None
    assert response.warnings == ("acme does not support output types: omitted",)


def test_settings_that_need_a_capability_are_refused_without_it() -> None:
    with pytest.raises(UnsupportedError) as caught:
        Seeing(frozenset({Capability.LOGPROBS})).generate(
            "?", temperature=0.5, logprobs=True, seed=7, reasoning_effort="low", prediction="Hi"
        )
    assert "support seed, reasoning_effort, prediction;" in caught.value.message


def test_settings_of_claimed_capabilities_are_accepted() -> None:
    model = Seeing(frozenset({Capability.SEED, Capability.REASONING}))
    assert model.generate("?", seed=7, reasoning_budget=1024, top_k=3).text == "Hi"


def test_settings_of_a_profile_take_precedence_over_capabilities() -> None:
    model = Seeing(frozenset(), profile=Profile(settings={"seed": "seed"}))
    assert model.generate("?", seed=7).text == "Hi"


class Seeing(StandardChatModel):
    def __init__(self, capabilities: frozenset[Capability], **options: Any) -> None:
        super().__init__("acme", "m", capabilities=capabilities, **options)

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        return ChatResponse(message=assistant('{"value": "Hi"}' if request.output else "Hi"))


@pytest.mark.parametrize(
    ("full", "supported"),
    [
        pytest.param(
            request(service_tier="auto", seed=1), request(seed=1), id="a value that holds anyway"
        ),
        pytest.param(
            request(service_tier="flex"), request(service_tier="flex"), id="another value of it"
        ),
        pytest.param(request(parallel_tool_calls=False), request(), id="no tools"),
        pytest.param(
            replace(request(parallel_tool_calls=False), provider_options={"tools": []}),
            replace(request(), provider_options={"tools": []}),
            id="an empty list of tools",
        ),
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
def test_implied_settings_are_omitted_without_a_warning(
    full: ChatRequest, supported: ChatRequest
) -> None:
    profile = Profile(implied={"service_tier": ("auto",)}, needs_tools=("parallel_tool_calls",))
    assert negotiate(full, profile, provider="acme") == (supported, ())


BY_DEFAULT = Profile(
    values={"reasoning_effort": ("none", "high")},
    not_with_reasoning={"seed": ()},
    reasons_by_default=True,
    tools_with_reasoning=False,
)


@pytest.mark.parametrize("settings", [{}, {"reasoning_effort": "high"}, {"reasoning_budget": 9}])
def test_tools_that_exclude_reasoning_are_refused(settings: dict[str, Any]) -> None:
    message = refused(request(TOOL, **settings), BY_DEFAULT)
    assert "tools with reasoning (the default; reasoning_effort='none' switches it off)" in message


@pytest.mark.parametrize("settings", [{"reasoning_effort": "none"}, {"reasoning_budget": 0}])
def test_tools_that_exclude_reasoning_are_accepted_without_it(settings: dict[str, Any]) -> None:
    full = request(TOOL, seed=1, **settings)
    assert negotiate(full, BY_DEFAULT, provider="acme") == (full, ())


def test_the_remedy_of_reasoning_is_left_out_if_a_model_always_reasons() -> None:
    always = replace(BY_DEFAULT, values={"reasoning_effort": ("high",)})
    remedy = {"tools with reasoning": "api=2"}
    with pytest.raises(UnsupportedError) as caught:
        negotiate(request(TOOL, seed=1), always, provider="acme", remedies=remedy)
    assert caught.value.message == (
        "acme does not support seed with reasoning, tools with reasoning; omit it, or create the "
        'model with api=2 for tools with reasoning, or with on_unsupported="warn" to omit it '
        "with a warning; provider_options send the field unchecked"
    )


def test_a_setting_that_is_left_out_does_not_switch_reasoning_on() -> None:
    profile = Profile(settings={"seed": "s"}, tools_with_reasoning=False)
    full = request(TOOL, reasoning_effort="high", seed=1)
    found, warnings = negotiate(full, profile, provider="acme", on_unsupported="warn")
    assert (found, len(warnings)) == (request(TOOL, seed=1), 1)


def test_a_default_setting_waits_for_the_effort_of_the_call() -> None:
    refuse_unsupported(Settings(seed=1), BY_DEFAULT, provider="acme", remedies={})
    chosen = Settings(seed=1, reasoning_effort="high")
    with pytest.raises(UnsupportedError, match="seed with reasoning;"):
        refuse_unsupported(chosen, BY_DEFAULT, provider="acme", remedies={})
