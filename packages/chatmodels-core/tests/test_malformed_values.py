"""Values of a wrong type are refused where they are made, by the name of the field."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    AudioPart,
    FilePart,
    ImagePart,
    InvalidRequestError,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from chatmodels.core.extending import (
    OutputSchema,
    ToolDefinition,
    structured_output,
    tool_definitions,
)


def weather(city: str) -> str:
    """Report the weather."""
    raise AssertionError("it is never called")


WRONG: list[tuple[Callable[..., object], tuple[Any, ...], str]] = [
    (TextPart, (5,), r"TextPart.text cannot be int; pass str\("),
    (ReasoningPart, (None,), "ReasoningPart.text cannot be NoneType"),
    (RefusalPart, (b"no",), "RefusalPart.text cannot be bytes"),
    (ToolCall, (5, "f"), "ToolCall.id cannot be int"),
    (ToolCall, ("c", None), "ToolCall.name cannot be NoneType"),
    (
        ToolCall,
        ("c", "f", {"city": "Oslo"}),
        r"ToolCall.arguments_json cannot be dict; pass json.dumps\(",
    ),
    (ToolResult, (None, ()), "ToolResult.id cannot be NoneType"),
    (ToolResult, ("c", "text"), r"ToolResult.content cannot be str; tool_result\(\) creates"),
    (ToolResult, ("c", ("text",)), r"text and media parts, not str; tool_result\(\) creates"),
    (ToolResult, ("c", (ToolCall("c", "f"),)), "text and media parts, not ToolCall"),
    (ProviderPart, ("data",), r"ProviderPart.signature cannot be str; .*part_options\(\)"),
    (Message, ("user", (), 5), "Message.name cannot be int"),
    (ToolDefinition, (weather, "", {}), "ToolDefinition.name cannot be function"),
    (ToolDefinition, ("f", "", "{}"), "ToolDefinition.parameters cannot be str"),
    (OutputSchema, ({}, {}), "OutputSchema.name cannot be dict"),
    (OutputSchema, ("f", dict), "OutputSchema.schema cannot be type"),
    (ToolChoice, ("any",), "no tool choice of mode 'any'; use one of auto, none"),
    (tool_definitions, (weather,), r"not function; pass tools=\[weather\]"),
    (tool_definitions, (Tool(weather),), r"not Tool; pass tools=\[weather\]"),
    (tool_definitions, ({"name": "f"},), r"not dict; pass tools=\["),
    (structured_output, ({"type": "object"},), r"not a dict; .*OutputSchema\("),
]


@pytest.mark.parametrize(("make", "arguments", "message"), WRONG)
def test_a_value_of_a_wrong_type_is_refused(
    make: Callable[..., object], arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        make(*arguments)


@pytest.mark.parametrize("make", [ImagePart, AudioPart, FilePart])
@pytest.mark.parametrize(
    "fields", [{"data": "text"}, {"url": b"https://acme.test"}, {"file_id": 5}, {"media_type": 5}]
)
def test_media_of_a_wrong_type_are_refused(
    make: Callable[..., object], fields: dict[str, Any]
) -> None:
    field = next(iter(fields))
    kind = make.__name__.removesuffix("Part").lower()
    with pytest.raises(InvalidRequestError, match=rf"\.{field} cannot be .*; {kind}\(\) reads"):
        make(**fields)


def test_a_list_of_parts_becomes_the_content_of_a_result() -> None:
    parts: Any = [TextPart("Oslo"), ImagePart(data=b"png", media_type="image/png")]
    result = ToolResult("c", parts)
    assert result == ToolResult("c", tuple(parts))
    assert hash(result) == hash(ToolResult("c", tuple(parts)))


def test_a_text_of_a_subclass_is_accepted() -> None:
    class Word(str):
        __slots__ = ()

    assert TextPart(Word("Oslo")).text == "Oslo"
    assert ToolCall(Word("c"), Word("f"), Word("{}")).arguments == {}


def test_the_content_of_a_file_is_checked_by_its_decoder() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"type": "text", "text": 5}', type=TextPart)
