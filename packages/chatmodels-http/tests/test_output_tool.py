"""Structured output through a tool, for models that have no native output."""

from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    ChatRequest,
    FilePart,
    Message,
    Settings,
    ToolChoice,
    UnsupportedError,
    user,
)
from chatmodels.core.extending import (
    FREE_TOOL_CHOICES,
    STRICT_SCHEMA,
    OutputSchema,
    Profile,
    ToolDefinition,
)
from chatmodels.http import SchemaSupport, TranslatedRequest
from chatmodels.http._codec.schema_support import translate_request

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
PLACE = OutputSchema("place", SCHEMA, "A place.")
ANY = OutputSchema("any", None)
CLOCK = ToolDefinition("clock", "", {"type": "object"})
ANSWER = ToolDefinition("place", "A place.", SCHEMA)
BY_TOOL = Profile(native_output=frozenset())
ALONE = Profile(native_output_without=("tools", "documents"))
FILE = FilePart(data=b"x", media_type="text/plain")


def translated(
    profile: Profile, *tools: ToolDefinition, lenient: bool = False, **fields: Any
) -> TranslatedRequest:
    request = ChatRequest(**{"messages": (user("?"),), "output": PLACE, "tools": tools, **fields})
    return translate_request(request, SchemaSupport(), "acme", profile=profile, lenient=lenient)


def refusal(profile: Profile, **fields: Any) -> str:
    with pytest.raises(UnsupportedError) as caught:
        translated(profile, **fields)
    return caught.value.message


@pytest.mark.parametrize(
    ("forms", "output", "is_native"),
    [
        ({"strict"}, PLACE, True),
        ({"strict"}, OutputSchema("place", SCHEMA, strict=False), False),
        ({"strict"}, ANY, False),
        ({"schema"}, PLACE, True),
        ({"schema"}, OutputSchema("place", SCHEMA, strict=False), True),
        ({"object"}, ANY, True),
        ({"object"}, PLACE, False),
        (set(), PLACE, False),
    ],
)
def test_output_is_native_in_the_forms_of_the_api(
    forms: Any, output: OutputSchema, is_native: bool
) -> None:
    result = translated(Profile(native_output=frozenset(forms)), output=output)
    assert (result.request.output is not None) is is_native
    assert result.output_tool == ("" if is_native else output.name)
    assert bool(result.request.tools) is not is_native


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": (CLOCK,)},
        {"provider_options": {"tools": [{}]}},
        {"provider_options": {"documents": ["The sea."]}},
        {"messages": (user("?"), user(FILE))},
    ],
)
def test_native_output_can_exclude_other_features(fields: dict[str, Any]) -> None:
    assert translated(ALONE, **fields).output_tool == "place"
    assert translated(Profile(), **fields).output_tool == ""


def test_only_files_of_the_user_are_documents() -> None:
    assert translated(ALONE, messages=(user("?"), Message("assistant", (FILE,)))).output_tool == ""


@pytest.mark.parametrize(
    ("choice", "forced"),
    [
        (None, ToolChoice("required")),
        (ToolChoice("auto"), ToolChoice("required")),
        (ToolChoice("none"), ToolChoice("tool", "place")),
    ],
    ids=["unsaid", "auto", "none"],
)
def test_the_model_has_to_call_the_tool_or_one_of_the_callers(
    choice: ToolChoice | None, forced: ToolChoice
) -> None:
    result = translated(BY_TOOL, CLOCK, tool_choice=choice)
    assert result.request.tools == (CLOCK, ANSWER)
    assert result.request.tool_choice == forced
    assert result.output_tool == "place"


def test_the_tool_is_demanded_if_it_is_the_only_one() -> None:
    result = translated(BY_TOOL, output=ANY)
    (tool,) = result.request.tools
    assert (tool.description, tool.parameters) == (
        "Return the output in this form.",
        {"type": "object"},
    )
    assert result.request.tool_choice == ToolChoice("tool", "any")


@pytest.mark.parametrize("choice", [ToolChoice("required"), ToolChoice("tool", "clock")])
def test_no_output_is_requested_while_a_call_is_required(choice: ToolChoice) -> None:
    result = translated(BY_TOOL, CLOCK, tool_choice=choice)
    assert (result.request.output, result.output_tool) == (None, "")
    assert (result.request.tools, result.request.tool_choice) == ((CLOCK,), choice)


def test_tools_that_must_not_be_called_are_out_of_the_way_of_native_output() -> None:
    result = translated(ALONE, CLOCK, tool_choice=ToolChoice("none"))
    sent = result.request
    assert (sent.output, sent.tools, sent.tool_choice) == (PLACE, (), None)


def test_the_tool_is_named_like_no_other() -> None:
    names = ("place", "place_")
    result = translated(BY_TOOL, *(ToolDefinition(name, "", {}) for name in names))
    assert result.output_tool == "place__"


@pytest.mark.parametrize(
    "name", ["place", "place_", "_" * 5], ids=["longest", "ends so", "only so"]
)
def test_the_name_of_the_tool_is_never_too_long(name: str) -> None:
    tools = (ToolDefinition(name, "", SCHEMA), ToolDefinition("plac_", "", SCHEMA))
    output = replace(PLACE, name=name)
    request = ChatRequest(messages=(user("?"),), output=output, tools=tools)
    support = SchemaSupport(names="a-z_", longest_name=6)
    result = translate_request(request, support, "acme", profile=BY_TOOL)
    assert result.output_tool not in {tool.name for tool in tools}
    assert len(result.output_tool) <= 6


@pytest.mark.parametrize(
    ("schema", "is_strict"),
    [(SCHEMA, True), ({"type": "object", "additionalProperties": {"type": "integer"}}, False)],
    ids=["enforceable", "free keys"],
)
def test_the_tool_is_strict_if_the_schema_can_be_enforced(
    schema: dict[str, Any], is_strict: bool
) -> None:
    profile = Profile(native_output=frozenset(), strict_output_tool=True)
    request = ChatRequest(messages=(user("?"),), output=replace(PLACE, schema=schema))
    support = SchemaSupport(output=STRICT_SCHEMA)
    result = translate_request(request, support, "acme", profile=profile)
    (tool,) = result.request.tools
    assert tool.strict is is_strict
    assert bool(result.warnings) is not is_strict


def test_the_tool_is_strict_if_tools_can_be() -> None:
    profile = Profile(native_output=frozenset(), strict_output_tool=True)
    for strict in (True, False):
        result = translated(replace(profile, strict_tools=strict))
        assert [tool.strict for tool in result.request.tools] == [strict]
    result = translated(profile, output=ANY)
    assert [tool.strict for tool in result.request.tools] == [False]


@pytest.mark.parametrize("choice", [None, ToolChoice("auto"), ToolChoice("required")])
def test_the_model_can_call_the_vendors_own_tools_first(choice: ToolChoice | None) -> None:
    options = {"tools": [{"type": "web_search"}]}
    result = translated(BY_TOOL, tool_choice=choice, provider_options=options)
    assert result.request.tool_choice == ToolChoice("required")
    assert result.output_tool == "place"
    none = translated(BY_TOOL, provider_options={"tools": []})
    assert none.request.tool_choice == ToolChoice("tool", "place")


def test_the_name_of_the_tool_is_one_that_the_vendor_accepts() -> None:
    request = ChatRequest(messages=(user("?"),), output=OutputSchema("kb.place", SCHEMA))
    support = SchemaSupport(names="a-z_")
    result = translate_request(request, support, "acme", profile=BY_TOOL)
    assert result.output_tool == "kb_place"
    assert result.request.tools[0].name == "kb_place"


def test_a_model_without_tools_has_no_output() -> None:
    profile = Profile(native_output=frozenset(), tools=False)
    assert "structured output with this model" in refusal(profile)


def test_a_model_that_cannot_be_forced_has_no_output_by_a_tool() -> None:
    profile = Profile(native_output=frozenset(), tool_choices=FREE_TOOL_CHOICES)
    assert "cannot be forced to call a tool" in refusal(profile)


def test_reasoning_that_prevents_the_output_raises_or_is_left_out() -> None:
    profile = Profile(native_output=frozenset(), tool_choices_with_reasoning=FREE_TOOL_CHOICES)
    settings = Settings(reasoning_effort="high", temperature=1)
    problem = "reasoning together with an output that requires a tool"
    assert problem in refusal(profile, settings=settings)

    result = translated(profile, lenient=True, settings=settings)

    assert result.warnings == (f"acme: {problem} is not supported: reasoning is left out",)
    assert result.request.settings == Settings(temperature=1)
    assert translated(profile, settings=Settings(reasoning_effort="none")).output_tool == "place"
