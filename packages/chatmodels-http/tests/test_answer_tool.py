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


def asked(
    profile: Profile, *tools: ToolDefinition, lenient: bool = False, **fields: Any
) -> TranslatedRequest:
    request = ChatRequest(**{"messages": (user("?"),), "output": PLACE, "tools": tools, **fields})
    return translate_request(request, SchemaSupport(), "acme", profile=profile, lenient=lenient)


def refusal(profile: Profile, **fields: Any) -> str:
    with pytest.raises(UnsupportedError) as caught:
        asked(profile, **fields)
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
    made = asked(Profile(native_output=frozenset(forms)), output=output)
    assert (made.request.output is not None) is is_native
    assert made.answer_tool == ("" if is_native else output.name)
    assert bool(made.request.tools) is not is_native


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": (CLOCK,)},
        {"provider_options": {"tools": [{}]}},
        {"provider_options": {"documents": ["The sea."]}},
        {"messages": (user("?"), user(FILE))},
    ],
)
def test_native_output_may_stand_alone(fields: dict[str, Any]) -> None:
    assert asked(ALONE, **fields).answer_tool == "place"
    assert asked(Profile(), **fields).answer_tool == ""


def test_files_that_are_not_the_users_are_no_documents() -> None:
    assert asked(ALONE, messages=(user("?"), Message("assistant", (FILE,)))).answer_tool == ""


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
    made = asked(BY_TOOL, CLOCK, tool_choice=choice)
    assert made.request.tools == (CLOCK, ANSWER)
    assert made.request.tool_choice == forced
    assert made.answer_tool == "place"


def test_the_tool_is_demanded_if_it_is_the_only_one() -> None:
    made = asked(BY_TOOL, output=ANY)
    (tool,) = made.request.tools
    assert (tool.description, tool.parameters) == (
        "Give the answer in this form.",
        {"type": "object"},
    )
    assert made.request.tool_choice == ToolChoice("tool", "any")


@pytest.mark.parametrize("choice", [ToolChoice("required"), ToolChoice("tool", "clock")])
def test_there_is_no_output_while_a_call_is_demanded(choice: ToolChoice) -> None:
    made = asked(BY_TOOL, CLOCK, tool_choice=choice)
    assert (made.request.output, made.answer_tool) == (None, "")
    assert (made.request.tools, made.request.tool_choice) == ((CLOCK,), choice)


def test_tools_that_must_not_be_called_are_out_of_the_way_of_native_output() -> None:
    made = asked(ALONE, CLOCK, tool_choice=ToolChoice("none"))
    assert (made.request.output, made.request.tools, made.request.tool_choice) == (PLACE, (), None)


def test_the_tool_is_named_like_no_other() -> None:
    names = ("place", "place_")
    made = asked(BY_TOOL, *(ToolDefinition(name, "", {}) for name in names))
    assert made.answer_tool == "place__"


@pytest.mark.parametrize(
    "name", ["place", "place_", "_" * 5], ids=["longest", "ends so", "only so"]
)
def test_the_name_of_the_tool_is_never_too_long(name: str) -> None:
    tools = (ToolDefinition(name, "", SCHEMA), ToolDefinition("plac_", "", SCHEMA))
    output = replace(PLACE, name=name)
    request = ChatRequest(messages=(user("?"),), output=output, tools=tools)
    support = SchemaSupport(names="a-z_", longest_name=6)
    made = translate_request(request, support, "acme", profile=BY_TOOL)
    assert made.answer_tool not in {tool.name for tool in tools}
    assert len(made.answer_tool) <= 6


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
    made = translate_request(request, support, "acme", profile=profile)
    (tool,) = made.request.tools
    assert tool.strict is is_strict
    assert bool(made.warnings) is not is_strict


def test_the_tool_is_as_strict_as_others_may_be() -> None:
    profile = Profile(native_output=frozenset(), strict_output_tool=True)
    for strict in (True, False):
        made = asked(replace(profile, strict_tools=strict))
        assert [tool.strict for tool in made.request.tools] == [strict]
    made = asked(profile, output=ANY)
    assert [tool.strict for tool in made.request.tools] == [False]


@pytest.mark.parametrize("choice", [None, ToolChoice("auto"), ToolChoice("required")])
def test_the_model_may_call_the_vendors_own_tools_first(choice: ToolChoice | None) -> None:
    options = {"tools": [{"type": "web_search"}]}
    made = asked(BY_TOOL, tool_choice=choice, provider_options=options)
    assert made.request.tool_choice == ToolChoice("required")
    assert made.answer_tool == "place"
    none = asked(BY_TOOL, provider_options={"tools": []})
    assert none.request.tool_choice == ToolChoice("tool", "place")


def test_the_name_of_the_tool_is_one_that_the_vendor_accepts() -> None:
    request = ChatRequest(messages=(user("?"),), output=OutputSchema("kb.place", SCHEMA))
    support = SchemaSupport(names="a-z_")
    made = translate_request(request, support, "acme", profile=BY_TOOL)
    assert made.answer_tool == "kb_place"
    assert made.request.tools[0].name == "kb_place"


def test_a_model_without_tools_has_no_output() -> None:
    profile = Profile(native_output=frozenset(), tools=False)
    assert "structured output with this model" in refusal(profile)


def test_a_model_that_cannot_be_forced_has_no_output_by_a_tool() -> None:
    profile = Profile(native_output=frozenset(), tool_choices=FREE_TOOL_CHOICES)
    assert "cannot be forced to call a tool" in refusal(profile)


def test_reasoning_that_prevents_the_output_is_refused_or_left_out() -> None:
    profile = Profile(native_output=frozenset(), tool_choices_with_reasoning=FREE_TOOL_CHOICES)
    settings = Settings(reasoning_effort="high", temperature=1)
    problem = "reasoning together with an output that requires a tool"
    assert problem in refusal(profile, settings=settings)

    made = asked(profile, lenient=True, settings=settings)

    assert made.warnings == (f"acme: {problem} is not supported: reasoning is left out",)
    assert made.request.settings == Settings(temperature=1)
    assert asked(profile, settings=Settings(reasoning_effort="none")).answer_tool == "place"
