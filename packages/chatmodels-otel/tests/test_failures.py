"""Failures in telemetry do not affect calls."""

import logging
import threading
import tracemalloc
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)

from chatmodels.core import ChatRequest, ChatResponse, ErrorCode, ToolCall, assistant
from chatmodels.core.extending import CallInfo, StandardChatModel
from chatmodels.otel import Telemetry, TelemetryOptions, execute_tool, instrument, metered, traced
from chatmodels.otel._guard import Guard
from chatmodels.providers.mock import MockChatModel


class Failing:
    """An object whose methods all fail."""

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> Any:
            raise RuntimeError(f"{name} is broken")

        return fail


class FailingProcessor:
    def on_start(self, span, parent_context=None):
        raise RuntimeError("on_start is broken")

    def on_end(self, span):
        raise RuntimeError("on_end is broken")

    def _on_ending(self, span): ...
    def shutdown(self): ...
    def force_flush(self, timeout_millis=0): ...


def works(model) -> None:
    assert model.generate("Hi").text == "a b"
    with model.stream("Hi") as stream:
        assert "".join(stream.texts()) == "a b"


def warned(caplog) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "chatmodels.otel" and record.levelno >= logging.WARNING
    ]


def model() -> MockChatModel:
    return MockChatModel(responses=["a b"], on_exhausted="last")


@pytest.mark.parametrize("at", ["on_start", "on_end"])
def test_a_processor_that_fails_breaks_no_call(recorder, caplog, at) -> None:
    class Processor(FailingProcessor):
        pass

    setattr(Processor, {"on_start": "on_end", "on_end": "on_start"}[at], lambda *_, **__: None)
    recorder.tracer_provider.add_span_processor(Processor())
    telemetry = recorder.telemetry()

    works(instrument(model(), telemetry=telemetry))
    works(instrument(model(), telemetry=telemetry))

    assert len(warned(caplog)) == 1
    (failures,) = recorder.points("chatmodels.telemetry.failures")
    assert failures.value == 4


def test_an_exporter_that_fails_breaks_no_call(recorder) -> None:
    class Exporter(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            raise RuntimeError("broken")

    recorder.tracer_provider.add_span_processor(SimpleSpanProcessor(Exporter()))

    works(instrument(model(), telemetry=recorder.telemetry()))


@pytest.mark.parametrize("measurements", ["deferred", "immediate"])
def test_instruments_that_fail_break_no_call(recorder, caplog, measurements) -> None:
    telemetry = recorder.telemetry(measurements=measurements)
    telemetry.meters._sinks.insert(0, Failing())
    if telemetry.meters._deferred is not None:
        telemetry.meters._deferred._sinks = tuple(telemetry.meters._sinks)

    works(instrument(model(), telemetry=telemetry))

    assert recorder.total("gen_ai.client.inference.duration") == 2
    assert len(warned(caplog)) == 1


@pytest.mark.parametrize("attribute", ["_tracer", "_meters"])
def test_providers_that_fail_break_no_call(recorder, caplog, attribute) -> None:
    telemetry = recorder.telemetry()
    setattr(telemetry.observer, attribute, Failing())

    works(instrument(model(), telemetry=telemetry))

    assert len(warned(caplog)) >= 1


def test_meters_that_fail_at_the_end_break_no_call(recorder, caplog) -> None:
    telemetry = recorder.telemetry()

    class Odd(type(telemetry.meters)):
        def record(self, call):
            raise RuntimeError("broken")

    telemetry.meters.__class__ = Odd

    works(instrument(model(), telemetry=telemetry))

    assert len(warned(caplog)) == 1


def test_a_logger_that_fails_breaks_no_call(recorder, caplog) -> None:
    telemetry = recorder.telemetry(operation_details=True)
    assert recorder.logs == []
    telemetry.observer._events._logger = Failing()
    failing = MockChatModel(responses=["a b", "a b", ErrorCode.NETWORK])

    watched = instrument(failing, telemetry=telemetry)
    works(watched)
    with pytest.raises(ConnectionError):
        watched.generate("Hi")

    assert len(warned(caplog)) == 1


def test_a_cost_hook_that_fails_breaks_no_call(recorder, caplog) -> None:
    def cost(response):
        raise KeyError("no price")

    works(instrument(model(), telemetry=recorder.telemetry(cost=cost)))

    assert len(warned(caplog)) == 1
    assert "chatmodels.usage.cost" not in recorder.chats[0].attributes


def test_attributes_that_cannot_be_computed_are_left_out(recorder, caplog, monkeypatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("chatmodels.otel._call_end.call_attributes", broken)

    works(instrument(model(), telemetry=recorder.telemetry()))

    assert len(recorder.chats) == 2
    assert len(warned(caplog)) == 1


def test_a_span_that_fails_breaks_no_call(recorder, caplog) -> None:
    telemetry = recorder.telemetry()
    tracer = telemetry.observer._tracer

    class Odd:
        def start_span(self, *args: Any, **kwargs: Any) -> Any:
            span = tracer.start_span(*args, **kwargs)
            span.set_attributes = Failing().set_attributes
            return span

    telemetry.observer._tracer = Odd()

    works(instrument(model(), telemetry=telemetry))

    assert len(recorder.chats) == 2
    assert len(warned(caplog)) == 1


@pytest.mark.parametrize("what", ["_tracer", "_duration", "_capture"])
def test_telemetry_that_fails_breaks_no_tool(recorder, caplog, what) -> None:
    telemetry = recorder.telemetry(content="span")
    setattr(telemetry.tools, what, Failing())

    with execute_tool("double", ToolCall("c-1", "double"), telemetry=telemetry) as note:
        note(4)

    assert len(warned(caplog)) >= 1


@pytest.mark.parametrize("method", ["set_attributes", "get_span_context"])
def test_a_span_that_fails_breaks_no_tool_and_is_ended(recorder, caplog, method) -> None:
    telemetry = recorder.telemetry()
    tracer = telemetry.tools._tracer

    class Odd:
        def start_span(self, *args: Any, **kwargs: Any) -> Any:
            span = tracer.start_span(*args, **kwargs)
            right = span.get_span_context
            setattr(span, method, Failing().anything)
            span.start_over = lambda: setattr(span, "get_span_context", right)
            spans.append(span)
            return span

    spans: list[Any] = []
    telemetry.tools._tracer = Odd()

    with execute_tool("double", ToolCall("c-1", "double"), telemetry=telemetry) as note:
        note(4)
        spans[0].start_over()

    assert [span.name for span in recorder.spans] == ["execute_tool double"]
    assert len(warned(caplog)) == 1


def test_telemetry_that_fails_breaks_no_function(recorder, caplog) -> None:
    telemetry = recorder.telemetry()

    class Odd:
        def start_span(self, *_: Any, **__: Any) -> Any:
            class Span(Failing):
                def get_span_context(self) -> Any:
                    from opentelemetry.trace import INVALID_SPAN_CONTEXT

                    return INVALID_SPAN_CONTEXT

            return Span()

    @metered(telemetry=telemetry)
    @traced(telemetry=telemetry)
    def add(a: int, b: int) -> int:
        return a + b

    telemetry.tracer = Odd()
    telemetry.meters.function_duration = Failing()
    assert add(1, 2) == 3
    telemetry.tracer = Failing()
    assert add(1, 2) == 3

    assert len(warned(caplog)) == 2


def test_telemetry_that_fails_breaks_no_registry(recorder, caplog) -> None:
    from chatmodels.core import HealthReport

    telemetry = recorder.telemetry()
    instruments = telemetry.meters.registry
    instruments._resolutions = instruments._creations = instruments._latency = Failing()
    watch = telemetry.registry
    watch._tracer = Failing()

    with recorder.tracer.start_as_current_span("program"):
        watch.resolved("acme", None)
        watch.created("acme", 0.1, None)
        watch.checked(HealthReport(provider="acme", status="healthy", latency=0.1))

    assert len(warned(caplog)) == 1
    assert telemetry.guard.failures == {"registry": 4}


def test_a_failure_is_logged_once_for_each_place(caplog) -> None:
    caplog.set_level(logging.DEBUG, logger="chatmodels.otel")
    guard = Guard()

    for where in ("span", "span", "metrics", "span"):
        guard.record_failure(where, ValueError("a secret"))

    assert guard.failures == {"span": 3, "metrics": 1}
    assert [record.levelname for record in caplog.records] == [
        "WARNING",
        "DEBUG",
        "WARNING",
        "DEBUG",
    ]
    assert "a secret" not in caplog.text


class Echo(StandardChatModel):
    """Repeats the question, and remembers nothing."""

    def respond(self, request: ChatRequest, call: CallInfo) -> ChatResponse[Any]:
        return ChatResponse(message=assistant(request.messages[-1].text))


@pytest.mark.parametrize("fails", ["at once", "never answers", "raises"])
def test_an_exporter_that_is_down_costs_bounded_memory(caplog, fails) -> None:
    # The log records of the SDK that pytest stores contain the spans in their tracebacks.
    caplog.set_level(logging.CRITICAL + 1, logger="opentelemetry")
    released = threading.Event()

    class Down(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            if fails == "never answers":
                released.wait(300)
            if fails == "raises":
                raise RuntimeError("broken")
            return SpanExportResult.FAILURE

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(Down(), max_queue_size=16, max_export_batch_size=8)
    )
    telemetry = Telemetry(
        TelemetryOptions(content="span"),
        tracer_provider=provider,
        meter_provider=MeterProvider(shutdown_on_exit=False),  # which is never read
    )
    model = instrument(Echo("acme", "echo"), telemetry=telemetry)

    def talk(calls: int) -> None:
        for number in range(calls):
            model.generate(f"{number} " + "x" * 10_000)

    tracemalloc.start()
    try:
        talk(100)
        before, _ = tracemalloc.get_traced_memory()
        talk(300)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        released.set()
        provider.shutdown()

    # Three hundred prompts and responses of 10 kB; the queue has room for sixteen.
    assert after - before < 1_500_000


def test_a_call_whose_start_fails_leaks_nothing(recorder, caplog, monkeypatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("chatmodels.otel._spans.call.set_span_in_context", broken)
    telemetry = recorder.telemetry()

    works(instrument(model(), telemetry=telemetry))

    assert len(recorder.chats) == 2
    assert telemetry.meters.running == set()
    assert len(warned(caplog)) == 1
    recorder.conventions.span = lambda span: []  # it contains nothing of the response
