"""The content of results: text, media, resources, links, structured content and errors."""

from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    FilePart,
    ImagePart,
    TextPart,
    ToolCall,
    ToolResult,
    arun_tools,
)
from chatmodels.mcp import McpServer
from chatmodels.providers.mock import MockChatModel

PNG = b"\x89PNG\r\n\x1a\n of a pixel"
WAV = b"RIFF\x04\x00\x00\x00WAVE"
PDF = b"%PDF-1.7 of a page"


@pytest.mark.parametrize(
    ("tool", "content"),
    [
        ("picture", [TextPart("a pixel"), ImagePart(data=PNG, media_type="image/png")]),
        ("sound", [AudioPart(data=WAV, media_type="audio/wav")]),
        ("resource", [TextPart("inside")]),
        ("document", [FilePart(data=PDF, media_type="application/pdf", name="the page.pdf")]),
        ("drawing", [ImagePart(data=PNG, media_type="image/png")]),
        ("recording", [AudioPart(data=WAV, media_type="audio/wav; rate=8000")]),
        ("table", [FilePart(data=b"a,b\n1,2\n", media_type="text/csv", name="a.csv")]),
        (
            "archive",
            [TextPart("[a resource of type application/zip at file:///a.zip is omitted: 4 bytes]")],
        ),
        ("untyped", [TextPart("[a resource at file:///a.bin is omitted: 2 bytes]")]),
        ("hollow", [TextPart("[an image of type image/png is omitted: it is empty]")]),
        ("garbled", [TextPart("[an image of type image/png is omitted: its Base64 is invalid]")]),
        (
            "link",
            [
                TextPart("report: file:///private/report.csv\ntype: text/csv\nThe numbers."),
                TextPart("report: file:///private/report.csv"),
            ],
        ),
        ("nothing", []),
    ],
)
async def test_each_kind_of_content_is_converted(
    http: Callable[..., McpServer], call: Callable[..., Any], tool: str, content: list[Any]
) -> None:
    async with http() as server:
        assert await call(server, tool) == ToolResult("", tuple(content), lenient=True)


async def test_structured_content_is_used_only_without_other_content(
    http: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    async with http() as server:
        assert (await call(server, "structured")).text == '{"degrees":21}'
        assert (await call(server, "structured", optional=True)).text == "21 degrees"


async def test_errors_of_a_tool_reach_the_model(http: Callable[..., McpServer]) -> None:
    calls = tuple(ToolCall(name, name) for name in ("fail", "fail_silently", "refuse"))
    model = MockChatModel(responses=[calls, "It failed."])
    async with http() as server:
        # Not exceptions, so that they do not end this run.
        run = await arun_tools(model, "Try.", tools=server.tools, on_tool_error="raise")

    failed, silent, refused = (end.result for end in run.tool_ends)
    picture = (TextPart("a pixel"), ImagePart(data=PNG, media_type="image/png"))
    assert failed == ToolResult(
        "fail", (TextPart("the disk is full"), *picture), "fail", is_error=True, lenient=True
    )
    assert silent.is_error
    assert silent.text == "the tool reported an error without a description"
    assert refused == ToolResult(
        "refuse", (TextPart("the city is unknown"),), "refuse", is_error=True
    )


async def test_nulls_of_optional_arguments_are_not_sent(
    http: Callable[..., McpServer],
) -> None:
    requested = ToolCall("1", "kb.echo", '{"word": "a", "optional": null}')
    async with http() as server:
        run = await arun_tools(MockChatModel(responses=[requested, ""]), "", tools=server.tools)

    assert run.tool_ends[0].result.text == '{"word": "a"}'


async def test_arguments_are_validated_by_the_server_alone(http: Callable[..., McpServer]) -> None:
    requested = ToolCall("1", "kb.echo", '{"wrong": {"deep": [1]}}')
    async with http() as server:
        run = await arun_tools(MockChatModel(responses=[requested, ""]), "", tools=server.tools)

    assert run.tool_ends[0].result.text == '{"wrong": {"deep": [1]}}'
