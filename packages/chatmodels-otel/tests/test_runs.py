"""Runs of a model with tools as spans, above those of calls and of tools."""

from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from chatmodels.core import (
    ChatResponse,
    RateLimitError,
    ToolCall,
    ToolLimitError,
    Usage,
    arun_tools,
    assistant,
    astream_tools,
    run_tools,
    stream_tools,
    tool,
)
from chatmodels.core.extending import StandardChatModel, watch_tools
from chatmodels.otel import conversation, instrument

CALL = ToolCall("c-1", "double", '{"number": 4}')


@tool
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


class Model(StandardChatModel):
    """Calls the tool, and then returns a text, or raises an error."""

    def __init__(self, *script: Any) -> None:
        super().__init__("acme", "large")
        self.script = list(script)

    def respond(self, request: Any, call: Any, /) -> ChatResponse[Any]:
        reply = self.script.pop(0)
        if isinstance(reply, Exception):
            raise reply
        reason = "tool_calls" if isinstance(reply, ToolCall) else "stop"
        usage = Usage(input_tokens=10, output_tokens=2)
        return ChatResponse(message=assistant(reply), finish_reason=reason, usage=usage)


@pytest.fixture
def model(recorder):
    """An instrumented model, whose tools are watched too."""
    removals = []

    def make(*script: Any, **options: Any):
        telemetry = recorder.telemetry(**options)
        removals.append(watch_tools(telemetry.tools))
        return instrument(Model(*script), telemetry=telemetry)

    yield make
    for remove in removals:
        remove()


async def run(shape: str, model: Any, **options: Any) -> Any:
    if shape == "whole":
        return run_tools(model, "Double 4", tools=[double], **options)
    if shape == "streamed":
        return stream_tools(model, "Double 4", tools=[double], **options).collect()
    if shape == "async whole":
        return await arun_tools(model, "Double 4", tools=[double], **options)
    return await astream_tools(model, "Double 4", tools=[double], **options).collect()


@pytest.mark.parametrize("shape", ["whole", "streamed", "async whole", "async streamed"])
async def test_a_run_is_a_span_above_its_calls_and_tools(recorder, model, shape: str) -> None:
    with recorder.tracer.start_as_current_span("program"), conversation("c-9"):
        await run(shape, model(CALL, "8"), name="calculator")

    spans = {span.name: span for span in recorder.spans}
    agent = spans["invoke_agent calculator"]
    assert agent.kind is SpanKind.INTERNAL
    assert agent.status.status_code is StatusCode.UNSET
    assert dict(agent.attributes) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "calculator",
        "gen_ai.request.model": "large",
        "gen_ai.conversation.id": "c-9",
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.response.finish_reasons": ("stop",),
    }
    below = [span for span in recorder.spans if span.parent == agent.context]
    assert [span.name for span in below] == ["chat large", "execute_tool double", "chat large"]
    assert agent.parent == spans["program"].context
    assert spans["execute_tool double"].attributes["gen_ai.agent.name"] == "calculator"
    (duration,) = recorder.points("gen_ai.execute_tool.duration")
    assert duration.attributes["gen_ai.agent.name"] == "calculator"


def test_a_run_without_a_name_is_measured_too(recorder, model) -> None:
    run_tools(model(CALL, "8"), "Double 4", tools=[double])

    assert recorder.spans[-1].name == "invoke_agent"
    (duration,) = recorder.points("gen_ai.invoke_agent.duration")
    assert dict(duration.attributes) == {"gen_ai.request.model": "large"}
    (calls,) = recorder.points("gen_ai.invoke_agent.inference_calls")
    (tools,) = recorder.points("gen_ai.invoke_agent.tool_calls")
    assert (calls.sum, tools.sum) == (2, 1)
    assert dict(calls.attributes) == dict(tools.attributes) == {}


@pytest.mark.parametrize(
    ("script", "options", "kind", "failure", "tokens"),
    [
        pytest.param(
            (CALL,), {"max_rounds": 1}, ToolLimitError, "tool_limit_reached", 10, id="limit"
        ),
        pytest.param(
            (CALL, RateLimitError("slow down")), {}, RateLimitError, "rate_limited", 10, id="call"
        ),
        pytest.param(
            (RateLimitError("slow down"),), {}, RateLimitError, "rate_limited", None, id="first"
        ),
    ],
)
def test_a_failed_run_has_its_error(
    recorder, model, script, options, kind, failure: str, tokens: int | None
) -> None:
    with pytest.raises(kind):
        run_tools(model(*script), "Double 4", tools=[double], **options)

    span = recorder.spans[-1]
    assert span.name == "invoke_agent"
    assert span.attributes["error.type"] == failure
    assert span.attributes.get("gen_ai.usage.input_tokens") == tokens
    assert span.status.status_code is StatusCode.ERROR
    (duration,) = recorder.points("gen_ai.invoke_agent.duration")
    assert duration.attributes["error.type"] == failure


def test_content_is_recorded_if_it_is_requested(recorder, model) -> None:
    run_tools(model(CALL, "8", content="span"), "Double 4", tools=[double])

    attributes = recorder.spans[-1].attributes
    assert "Double 4" in str(attributes["gen_ai.input.messages"])
    assert "'8'" in str(attributes["gen_ai.output.messages"]).replace('"', "'")


def test_a_run_that_is_left_early_ends_its_span(recorder, model) -> None:
    with stream_tools(model(CALL, "8"), "Double 4", tools=[double]) as stream:
        next(stream)

    assert recorder.spans[-1].name == "invoke_agent"
    assert recorder.spans[-1].status.status_code is StatusCode.UNSET


@pytest.mark.parametrize("level", ["metrics", "off"])
def test_no_more_is_recorded_than_the_level_permits(recorder, model, level: str) -> None:
    run_tools(model(CALL, "8", level=level), "Double 4", tools=[double])

    assert recorder.spans == ()
    assert bool(recorder.points("gen_ai.invoke_agent.duration")) == (level == "metrics")


@pytest.mark.parametrize("method", ["start", "_describe"])
def test_telemetry_that_fails_does_not_break_a_run(
    recorder, model, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    watched = model(CALL, "8")
    monkeypatch.setattr(f"chatmodels.otel._spans.runs.RunSpans.{method}", broken)

    assert run_tools(watched, "Double 4", tools=[double]).text == "8"
    names = [span.name for span in recorder.spans]
    assert ("invoke_agent" in names) == (method == "_describe")
