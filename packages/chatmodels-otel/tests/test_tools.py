"""Tool calls as spans."""

import json
from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from chatmodels.core import ToolCall, ToolResult, image, tool
from chatmodels.core.extending import watch_tools
from chatmodels.otel import conversation, execute_tool

PIXEL = image(b"\x89PNG\r\n\x1a\n", media_type="image/png")


@tool
def double(number: int) -> int:
    """Double a number."""
    if number < 0:
        raise ValueError("too small")
    return 2 * number


@tool
async def adouble(number: int) -> int:
    return 2 * number


@pytest.fixture
def watching(recorder):
    """Observe all tools, as the instrumentor does, and return the telemetry."""
    removals = []

    def watch(**options: Any):
        telemetry = recorder.telemetry(**options)
        removals.append(watch_tools(telemetry.tools))
        return telemetry

    yield watch
    for remove in removals:
        remove()


def test_a_tool_call_is_an_internal_span_and_is_measured(recorder, watching) -> None:
    watching()

    with conversation("c-9"):
        result = double.call(ToolCall("c-1", "double", '{"number": 4}'))

    (span,) = recorder.spans
    assert result.text == "8"
    assert (span.name, span.kind) == ("execute_tool double", SpanKind.INTERNAL)
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "double",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "c-1",
        "gen_ai.tool.description": "Double a number.",
        "gen_ai.conversation.id": "c-9",
    }
    assert recorder.total("gen_ai.execute_tool.duration") == 1


async def test_an_async_tool_and_one_in_a_thread_are_spans_too(recorder, watching) -> None:
    watching()

    await adouble.acall(ToolCall("c-1", "adouble", '{"number": 4}'))
    await double.acall(ToolCall("c-2", "double", '{"number": 4}'))

    assert [span.name for span in recorder.spans] == ["execute_tool adouble", "execute_tool double"]


def test_spans_in_a_tool_are_below_its_span(recorder, watching) -> None:
    watching()

    @tool
    def busy() -> str:
        recorder.tracer.start_span("work").end()
        return "done"

    busy.call(ToolCall("c-1", "busy"))

    work, span = recorder.spans
    assert work.parent.span_id == span.context.span_id


@pytest.mark.parametrize(
    ("arguments", "kind", "raised"),
    [('{"number": -1}', "ValueError", ValueError), ('{"number": "x"}', "tool_error", None)],
    ids=["raised", "told to the model"],
)
def test_a_tool_that_fails_is_an_error(recorder, watching, arguments, kind, raised) -> None:
    watching(content="span")
    call = ToolCall("c-1", "double", arguments)

    if raised is None:
        assert double.call(call).is_error
    else:
        with pytest.raises(raised):
            double.call(call)

    (span,) = recorder.spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == kind
    (point,) = recorder.points("gen_ai.execute_tool.duration")
    assert point.attributes["error.type"] == kind


@pytest.mark.parametrize("content", ["none", "span"])
def test_arguments_and_results_are_recorded_only_if_content_is(recorder, watching, content) -> None:
    watching(content=content, content_format="json")

    double.call(ToolCall("c-1", "double", '{"number": 4}'))

    (span,) = recorder.spans
    recorded = {
        name.rpartition(".")[2]: json.loads(value)
        for name, value in span.attributes.items()
        if name.endswith(("arguments", "result"))
    }
    expected = {"arguments": {"number": 4}, "result": {"result": "8"}}
    assert recorded == ({} if content == "none" else expected)


@pytest.mark.parametrize(("level", "spans", "measured"), [("off", 0, 0), ("metrics", 0, 1)])
def test_levels_apply_to_tools_too(recorder, watching, level, spans, measured) -> None:
    watching(level=level)

    double.call(ToolCall("c-1", "double", '{"number": 4}'))

    assert len(recorder.spans) == spans
    assert recorder.total("gen_ai.execute_tool.duration") == measured


@pytest.mark.parametrize("content_format", ["auto", "json"])
@pytest.mark.parametrize(
    ("result", "recorded"),
    [
        ("text", {"result": "text"}),
        ("", {"result": ""}),
        ({"a": 1}, {"a": 1}),
        ([1, {"a": 2}], {"result": [1, {"a": 2}]}),
        ("[no JSON", {"result": "[no JSON"}),
        (object(), {"result": "<object>"}),
        (
            ToolResult("c-1", (PIXEL,)),
            {
                "result": [
                    {
                        "type": "blob",
                        "content": "iVBORw0KGgo=",
                        "modality": "image",
                        "mime_type": "image/png",
                    }
                ]
            },
        ),
    ],
    ids=["text", "empty", "object", "array", "no JSON", "no value", "media"],
)
def test_a_tool_of_the_programs_own_is_recorded_in_a_with_block(
    recorder, result, recorded, content_format
) -> None:
    telemetry = recorder.telemetry(content="span", content_format=content_format)

    with execute_tool(
        "search",
        ToolCall("c-1", "search", '{"q": 1}'),
        description="Searches.",
        telemetry=telemetry,
    ) as note:
        note(result)

    (span,) = recorder.spans
    assert span.name == "execute_tool search"
    value = span.attributes["gen_ai.tool.call.result"]
    text = value if isinstance(value, str) else json.dumps(value, default=dict)
    assert json.loads(text) == recorded


def test_a_tool_of_the_program_can_fail(recorder) -> None:
    def run() -> None:
        with execute_tool("search", telemetry=recorder.telemetry()):
            raise KeyError("x")

    with pytest.raises(KeyError):
        run()

    (span,) = recorder.spans
    assert span.attributes["error.type"] == "KeyError"
    assert "gen_ai.tool.call.id" not in span.attributes


def test_the_number_of_names_of_tools_is_bounded(recorder, monkeypatch) -> None:
    monkeypatch.setattr("chatmodels.otel._spans.tools.MAX_TOOLS", 2)
    telemetry = recorder.telemetry()

    for name in ("a", "b", "c", "d", "a"):
        with execute_tool(name, telemetry=telemetry):
            pass

    points = recorder.points("gen_ai.execute_tool.duration")
    counts = {point.attributes["gen_ai.tool.name"]: point.count for point in points}
    assert counts == {"a": 2, "b": 1, "_OTHER": 2}


def test_without_an_sdk_a_tool_just_runs() -> None:
    with execute_tool("search") as note:
        note("found")
