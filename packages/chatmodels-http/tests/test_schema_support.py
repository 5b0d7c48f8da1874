"""The schemas and names of tools in a request, as a vendor accepts them."""

from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    ChatRequest,
    InvalidRequestError,
    Message,
    TextDelta,
    TextPart,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    ToolChoice,
    ToolResult,
    UnsupportedError,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import OutputSchema, SchemaRules, ToolDefinition
from chatmodels.http import SchemaSupport
from chatmodels.http._codec.schema_support import translate_request
from chatmodels.http._codec.translated_names import TranslatedNames

TEXT = {"type": "string"}
EMPTY: dict[str, Any] = {"type": "object", "properties": {}}
STRICT = SchemaRules(enforced=True, required="some")
SUPPORT = SchemaSupport(
    tools=SchemaRules(listed_root=True),
    strict_tools=STRICT,
    output=STRICT,
    names="^a-zA-Z0-9_",
    longest_name=20,
    longest_description=10,
    most_strict_properties=2,
)


def request(*tools: ToolDefinition, **fields: Any) -> ChatRequest:
    return ChatRequest(**{"messages": (user("?"),), "tools": tools, **fields})


def closed(*names: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict.fromkeys(names, TEXT),
        "required": list(names),
        "additionalProperties": False,
    }


def test_a_request_that_the_vendor_accepts_stays_the_same() -> None:
    original = request(
        ToolDefinition("look", "Look.", EMPTY),
        ToolDefinition("find", "", closed("q"), strict=True),
        output=OutputSchema("place", closed("city")),
        messages=(
            user("?"),
            Message("assistant", (ToolCall("c1", "look", "{}"),)),
            tool_result(ToolResult("c1", (TextPart("x"),))),
        ),
    )

    translated = translate_request(original, SUPPORT, "acme")

    assert translated.request is original
    assert (translated.names, translated.warnings) == ({}, ())


def test_a_vendor_that_accepts_everything_gets_everything() -> None:
    original = request(
        ToolDefinition("kb.search", "x" * 99, {}, strict=True), output=OutputSchema("o", {})
    )
    assert translate_request(original, SchemaSupport(), "acme").request is original


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("kb.search", "kb_search"),
        ("fs/read-file", "fs_read_file"),
        ("2nd", "_2nd"),
        ("größe", "gr__e"),
        ("", "_"),
    ],
)
def test_a_tool_has_one_name_everywhere(name: str, sent: str) -> None:
    original = request(
        ToolDefinition(name, "", EMPTY),
        ToolDefinition("other", "", EMPTY),
        tool_choice=ToolChoice("tool", name),
        messages=(
            system("Help."),
            Message(
                "assistant",
                (TextPart("So."), ToolCall("c1", name, "{}"), ToolCall("c2", "other", "{}")),
            ),
            tool_result(ToolResult("c1", (TextPart("x"),), name)),
            tool_result(ToolResult("c2", (TextPart("x"),), "other")),
        ),
    )

    translated = translate_request(original, SUPPORT, "acme")

    made = translated.request
    assert [tool.name for tool in made.tools] == [sent, "other"]
    assert made.tool_choice == ToolChoice("tool", sent)
    assert [call.name for call in made.messages[1].tool_calls] == [sent, "other"]
    results = [message.parts[0] for message in made.messages[2:]]
    assert [part.name for part in results if isinstance(part, ToolResult)] == [sent, "other"]
    assert made.messages[0] is original.messages[0]
    assert translated.names == {sent: name}


def test_a_choice_of_another_tool_and_a_mode_stay() -> None:
    tools = (ToolDefinition("a.b", "", EMPTY), ToolDefinition("other", "", EMPTY))
    for choice in (ToolChoice("tool", "other"), ToolChoice("auto"), None):
        made = translate_request(request(*tools, tool_choice=choice), SUPPORT, "acme").request
        assert made.tool_choice == choice


def test_names_stay_apart() -> None:
    names = ["a.b", "a/b", "c_d", "c.d", "x" * 21, "x" * 22]
    tools = [ToolDefinition(name, "", EMPTY) for name in names]

    translated = translate_request(request(*tools), SUPPORT, "acme")
    turned = translate_request(request(*reversed(tools)), SUPPORT, "acme")

    sent = [tool.name for tool in translated.request.tools]
    assert len(set(sent)) == len(names)
    assert all(len(name) <= 20 for name in sent)
    assert sent[2] == "c_d"
    assert [name[:4] for name in sent] == ["a_b_", "a_b_", "c_d", "c_d_", "xxxx", "xxxx"]
    assert turned.names == translated.names  # whatever their order, or a cached prompt would change


def test_a_strict_tool_is_enforced_or_raises() -> None:
    schema = {"type": "object", "properties": {"q": TEXT}, "required": ["q"]}
    open_ = ToolDefinition("find", "", schema, strict=True)
    assert translate_request(request(open_), SUPPORT, "acme").request.tools[0].parameters == closed(
        "q"
    )

    free = {"type": "object", "properties": {"map": {"type": "object"}}, "required": ["map"]}
    original = request(ToolDefinition("a.b", "", free, strict=True))
    with pytest.raises(UnsupportedError) as caught:
        translate_request(original, SUPPORT, "acme")
    assert caught.value.message == (
        "acme does not accept the tool 'a.b' as strict: map is an object with free keys; map is an "
        "object that requires nothing; change the schema"
    )

    translated = translate_request(original, SUPPORT, "acme", lenient=True)
    assert translated.request.tools == (ToolDefinition("a_b", "", free),)
    (warning,) = translated.warnings
    assert warning.startswith(
        "acme: the tool 'a.b' as strict: map is an object with free keys; map"
    )


def test_a_lenient_tool_is_sent_with_a_warning() -> None:
    free = {"type": "object", "properties": {"map": {"type": "object"}}, "required": ["map"]}
    tool = ToolDefinition("find", "x" * 11, free, strict=True, lenient=True)
    translated = translate_request(request(tool), SUPPORT, "acme")

    assert translated.request.tools == (ToolDefinition("find", "x" * 10, free, lenient=True),)
    assert [warning[:23] for warning in translated.warnings] == [
        "acme: the tool 'find' a",
        "acme: the tool 'find' w",
    ]
    with pytest.raises(UnsupportedError, match="the tool 'other' as strict"):
        translate_request(
            request(tool, ToolDefinition("other", "", free, strict=True)), SUPPORT, "acme"
        )


RENAMING = SchemaSupport(tools=SchemaRules(root_keys=9), names="a-z_")
ODD = ToolDefinition("a.b", "", {"type": "object", "properties": {"$q": TEXT, "n": TEXT}})


def test_arguments_are_renamed_in_the_schema_and_in_the_conversation() -> None:
    calls = (
        ToolCall("c1", "a.b", '{"$q": 1, "n": 2}'),
        ToolCall("c2", "a.b", '{"n": 2}'),
        ToolCall("c3", "a.b", '{"$q": '),
        ToolCall("c4", "other", '{"$q": 1}'),
    )
    original = request(ODD, messages=(user("?"), Message("assistant", calls)))
    translated = translate_request(original, RENAMING, "acme")

    assert translated.arguments == {"a_b": {"_q": "$q"}}
    (tool,) = translated.request.tools
    assert tool.parameters["properties"]["_q"] == {"description": '(name: "$q")', "type": "string"}
    assert translated.request.messages[0] is original.messages[0]
    assert [part.arguments_json for part in translated.request.messages[1].parts] == [
        '{"_q":1,"n":2}',
        '{"n": 2}',
        '{"$q": ',
        '{"$q": 1}',
    ]


class Written:
    """A decoder that returns events."""

    def __init__(self, *events: Any) -> None:
        self._events = events

    def feed(self, frame: Any, /) -> Any:
        return self._events

    def close(self) -> Any:
        return self._events

    def whole(self, body: bytes, /) -> Any:
        return self._events


def test_arguments_have_their_names_again_in_the_response() -> None:
    sent = ToolCall("c1", "a_b", '{"_q": 1}')
    plain = ToolCall("c2", "other", '{"_q": 1}')
    events = (
        ToolCallStart("c1", "a_b", 0),
        ToolCallDelta('{"_', 0),
        ToolCallStart("c2", "other", 1),
        ToolCallDelta('{"_q": 1}', 1),
        ToolCallDelta('q": 1}', 0),
        ToolCallEnd(sent, 0),
        ToolCallEnd(plain, 1),
        TextDelta("x"),
    )
    own = ToolCall("c1", "a.b", '{"$q":1}')
    names = TranslatedNames(Written(*events), {"a_b": "a.b"}, (), {"a_b": {"_q": "$q"}})

    for restored in (names.feed(b""), names.close(), names.whole(b"")):
        assert restored == [
            ToolCallStart("c1", "a.b", 0),
            ToolCallStart("c2", "other", 1),
            ToolCallDelta('{"_q": 1}', 1),
            ToolCallDelta('{"$q":1}', 0),
            ToolCallEnd(own, 0),
            ToolCallEnd(plain, 1),
            TextDelta("x"),
        ]


def test_an_output_is_not_renamed() -> None:
    schema = {"type": "object", "properties": {"$q": TEXT}}
    support = SchemaSupport(output=SchemaRules(root_keys=9))
    with pytest.raises(UnsupportedError, match=r"the output's schema: \$q is not a name that"):
        translate_request(request(output=OutputSchema("place", schema)), support, "acme")


def test_the_properties_of_all_strict_tools_are_limited() -> None:
    tools = [ToolDefinition(name, "", closed(name), strict=True) for name in ("a", "b")]
    assert translate_request(request(*tools), SUPPORT, "acme").request.tools == tuple(tools)

    more = ToolDefinition("c", "", closed("c"), strict=True)
    with pytest.raises(
        UnsupportedError, match="the tool 'c' as strict: strict tools have more than 2"
    ):
        translate_request(request(*tools, more), SUPPORT, "acme")


def test_strict_tools_can_have_the_same_rules() -> None:
    support = replace(SUPPORT, strict_tools=None)
    made = translate_request(request(ToolDefinition("a", "", {}, strict=True)), support, "acme")
    assert made.request.tools == (ToolDefinition("a", "", EMPTY, strict=True),)


OPEN = {"type": "object", "properties": {"q": TEXT}, "required": ["q"]}


@pytest.mark.parametrize(
    "tools", [None, SchemaRules(described=frozenset({"additionalProperties"}))]
)
def test_a_strict_tool_is_written_by_the_rules_of_strict_tools_alone(tools: Any) -> None:
    support = SchemaSupport(strict_tools=STRICT, tools=tools)
    strict, plain = ToolDefinition("a", "", OPEN, strict=True), ToolDefinition("b", "", OPEN)
    made = translate_request(request(strict, plain), support, "acme").request
    assert [tool.parameters for tool in made.tools] == [closed("q"), OPEN]


def test_a_limit_of_descriptions_can_be_the_only_rule() -> None:
    original = request(ToolDefinition("look", "x" * 11, {}))
    support = SchemaSupport(longest_description=10)
    made = translate_request(original, support, "acme", lenient=True).request
    assert made.tools == (ToolDefinition("look", "x" * 10, {}),)


def test_a_description_can_be_as_long_as_the_limit() -> None:
    original = request(ToolDefinition("look", "x" * 10, EMPTY))
    assert translate_request(original, SUPPORT, "acme").request is original


def test_an_output_has_a_name_that_the_vendor_accepts() -> None:
    for schema in (closed("city"), None):
        original = request(output=OutputSchema("a.b", schema, strict=schema is not None))
        made = translate_request(original, SUPPORT, "acme").request.output
        assert made == OutputSchema("a_b", schema, strict=schema is not None)


def test_a_request_with_warnings_has_the_names_of_its_tools() -> None:
    original = request(ToolDefinition("a.b", "x" * 11, EMPTY))
    translated = translate_request(original, SUPPORT, "acme", lenient=True)
    assert translated.names == {"a_b": "a.b"}
    assert translated.warnings == (
        "acme: the tool 'a.b' with a description of more than 10 characters",
    )


def test_a_name_has_64_characters_by_default() -> None:
    names = ["x" * 64, "y" * 65]
    original = request(*(ToolDefinition(name, "", {}) for name in names))
    made = translate_request(original, SchemaSupport(names="a-z0-9_"), "acme").request
    assert [len(tool.name) for tool in made.tools] == [64, 64]
    assert made.tools[0].name == names[0]


def test_a_long_description_raises_or_is_cut_with_a_warning() -> None:
    original = request(ToolDefinition("look", "x" * 11, EMPTY))
    with pytest.raises(
        UnsupportedError, match="'look' with a description of more than 10 characters"
    ):
        translate_request(original, SUPPORT, "acme")

    translated = translate_request(original, SUPPORT, "acme", lenient=True)
    assert translated.request.tools[0].description == "x" * 10
    assert len(translated.warnings) == 1


@pytest.mark.parametrize("lenient", [False, True])
def test_an_unsupported_schema_raises_with_its_place(lenient: bool) -> None:
    lost = {"$ref": "#/nowhere"}
    wrong = {"type": "object", "properties": {"q": lost, "r": lost}}
    tool, output = ToolDefinition("look", "", wrong), OutputSchema("place", wrong)
    support = replace(SUPPORT, output=SchemaRules())
    with pytest.raises(UnsupportedError) as caught:
        translate_request(request(tool, output=output), support, "acme", lenient=lenient)
    assert caught.value.message == (
        "acme does not accept the tool 'look': q refers to '#/nowhere', which is not a schema in "
        "it; r refers to '#/nowhere', which is not a schema in it; the output's schema: q refers "
        "to '#/nowhere', which is not a schema in it; r refers to '#/nowhere', which is not a "
        "schema in it; change the schema"
    )


def test_an_output_that_cannot_be_enforced_is_not_strict_and_has_a_warning() -> None:
    output = OutputSchema("place", {"properties": {"map": {"type": "object"}}})

    translated = translate_request(request(output=output), SUPPORT, "acme")

    assert translated.request.output == OutputSchema(
        "place", {"type": "object", **(output.schema or {})}, strict=False
    )
    (warning,) = translated.warnings
    assert warning.startswith("acme: the output's schema cannot be enforced: map is an object")


@pytest.mark.parametrize(
    ("output", "schema"),
    [
        (OutputSchema("o", None), None),
        (OutputSchema("o", {}, strict=False), EMPTY),
        (OutputSchema("o", {"type": "array"}, strict=False), {"type": "array"}),
    ],
)
def test_an_output_that_is_not_enforced_is_sent_as_well_as_it_can_be(
    output: Any, schema: Any
) -> None:
    translated = translate_request(request(output=output), SUPPORT, "acme")
    assert translated.request.output == replace(output, schema=schema)
    assert translated.warnings == ()


def test_a_schema_that_is_nested_too_deeply_raises() -> None:
    deep: dict[str, Any] = {"type": "object"}
    for _ in range(10_000):
        deep = {"type": "object", "properties": {"a": deep}}
    with pytest.raises(InvalidRequestError, match=r"^a schema is nested too deeply; use"):
        translate_request(request(ToolDefinition("look", "", deep)), SUPPORT, "acme")


def test_a_schema_that_is_not_json_raises() -> None:
    wrong = {"type": "object", "enum": [object()]}
    support = replace(SUPPORT, tools=SchemaRules(plain_root=True))
    with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
        translate_request(request(ToolDefinition("look", "", wrong)), support, "acme")


def test_translations_are_cached_up_to_a_limit() -> None:
    schemas = [{"type": "object"} for _ in range(3_000)]
    for schema in schemas:
        made = translate_request(request(ToolDefinition("look", "", schema)), SUPPORT, "acme")
        again = translate_request(request(ToolDefinition("look", "", schema)), SUPPORT, "acme")
        assert made.request.tools[0].parameters is again.request.tools[0].parameters


def test_a_translation_is_cached_beside_others() -> None:
    schemas = [{"type": "object", "title": name} for name in ("a", "b")]
    tools = [ToolDefinition("look", "", schema) for schema in schemas]
    first = translate_request(request(tools[0]), SUPPORT, "acme").request.tools[0]
    translate_request(request(tools[1]), SUPPORT, "acme")
    again = translate_request(request(tools[0]), SUPPORT, "acme").request.tools[0]
    assert first.parameters is again.parameters


def test_a_translation_is_not_that_of_rules_that_are_gone() -> None:
    empty = {"type": "object"}
    for number in range(100):  # a new object can have the `id` of a deleted one
        listed = bool(number // 2 % 2)
        support = SchemaSupport(tools=SchemaRules(listed_root=listed))
        made = translate_request(request(ToolDefinition("look", "", empty)), support, "acme")
        assert made.request.tools[0].parameters == (EMPTY if listed else empty)


def test_constraints_that_the_vendor_ignores_have_a_warning() -> None:
    rules = SchemaRules(adapt=lambda schema: ({**schema, "title": "t"}, ["x"] * ("y" in schema)))
    schema = {"type": "object", "y": 1, "properties": {"a": {"y": 2}, "b": {}}}
    output = OutputSchema("o", schema)

    translated = translate_request(
        request(output=output), SchemaSupport(tools=rules, output=rules), "acme"
    )

    assert translated.request.output is not None
    assert translated.request.output.schema == {
        "type": "object",
        "y": 1,
        "properties": {"a": {"y": 2, "title": "t"}, "b": {"title": "t"}},
        "title": "t",
    }
    assert translated.warnings == ("acme: the server does not enforce the output's x of a, x",)
