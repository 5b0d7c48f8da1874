"""The pictures of the terminal."""

import io
from types import SimpleNamespace

import pytest
from opentelemetry.trace import SpanContext, Status, StatusCode

from chatmodels.core import ErrorCode, create_chat_model
from chatmodels.otel import ChatModelsInstrumentor, instrument, traced
from chatmodels.otel.console import show, table, waterfall
from chatmodels.providers.mock import MockChatModel


def span(name, number, start, end, *, parent=None, trace=1, status=None, **attributes):
    return SimpleNamespace(
        name=name,
        parent=None if parent is None else SpanContext(trace, parent, False),
        start_time=start,
        end_time=end,
        status=Status(StatusCode.UNSET) if status is None else status,
        attributes={key.replace("__", "."): value for key, value in attributes.items()},
        get_span_context=lambda: None if number is None else SpanContext(trace, number, False),
    )


def test_spans_are_bars_below_their_parents() -> None:
    failed = Status(StatusCode.ERROR, "slow down")
    tokens = {"gen_ai__usage__input_tokens": 12, "gen_ai__usage__output_tokens": 45}
    drawn = waterfall(
        [
            span("chat large", 3, 500_000_000, 1_500_000_000, parent=1, **tokens),
            span("answer", 1, 0, 2_000_000_000),
            span("chat small", 2, 0, 500_000_000, parent=1, status=failed, error__type="timeout"),
            span("lost", 4, 2_000_000_000, 2_000_000_000, parent=99),
            span("other", 5, 9_000_000_000, 9_000_700_000, trace=2),
        ],
        width=72,
    )

    assert drawn.splitlines() == [
        "trace 00000000000000000000000000000001  2.00 s",
        "answer        ████████████████████████████████     2.00 s",
        "  chat small  ████████                           500.0 ms  timeout",
        "  chat large          ████████████████             1.00 s  12 -> 45 tokens",
        "lost                                         ▌       0 us",
        "",
        "trace 00000000000000000000000000000002  700.0 us".replace("700.0", "700"),
        "other  ███████████████████████████████████████     700 us",
    ]


def test_long_names_are_cut_and_unfinished_spans_drawn() -> None:
    drawn = waterfall([span("x" * 80, None, None, None)], width=60)

    assert f"{'x' * 29}…" in drawn


def test_metrics_are_a_table(recorder) -> None:
    model = MockChatModel("m", responses=["a b", ErrorCode.TIMEOUT])
    model = instrument(model, telemetry=recorder.telemetry())
    model.generate("Hi")
    with pytest.raises(TimeoutError):
        model.generate("Hi")

    text = table(recorder._reader.get_metrics_data())

    rows = {tuple(line.split()[:4]) for line in text.splitlines()}
    assert ("metric", "of", "count", "mean") in rows
    assert ("gen_ai.client.inference.duration", "mock", "m", "1") in rows
    assert ("gen_ai.client.inference.usage.output_tokens", "mock", "m", "text") in rows
    assert "cache_write" not in text


def test_empty_metrics_are_a_table_without_rows() -> None:
    assert len(table(None).splitlines()) == 2


def test_a_histogram_without_values_has_zeros() -> None:
    from opentelemetry.sdk.metrics.export import (
        AggregationTemporality,
        Histogram,
        HistogramDataPoint,
    )

    point = HistogramDataPoint({}, 0, 0, 0, 0, [0], [], 0, 0)
    histogram = Histogram([point], AggregationTemporality.CUMULATIVE)
    metric = SimpleNamespace(name="m", unit="1", data=histogram)
    scope = SimpleNamespace(metrics=[metric])
    data = SimpleNamespace(resource_metrics=[SimpleNamespace(scope_metrics=[scope])])

    assert table(data).splitlines()[-1].split() == ["m", "0", "0", "0", "0"]


def test_a_block_is_drawn_when_it_is_over(monkeypatch) -> None:
    monkeypatch.setattr("chatmodels.otel._spans.registry.SLOW", 60.0)
    out = io.StringIO()
    with show(file=out, width=80, content="none") as telemetry:

        @traced(name="work", telemetry=telemetry)
        def work() -> str:
            return create_chat_model("mock:m").generate("Hi there").text

        assert work() == "Hi there"

    # The creation of the model is drawn as well if it happened to be slow.
    lines = [line for line in out.getvalue().splitlines() if "chatmodels.create" not in line]
    assert lines[1].startswith("work ")
    assert lines[2].startswith("  chat m ")
    assert "2 -> 2 tokens" in lines[2]
    assert "chatmodels.registry.create.duration" in out.getvalue()
    assert not ChatModelsInstrumentor().is_instrumented_by_opentelemetry


def test_a_program_that_is_instrumented_stays_so(recorder, capsys) -> None:
    instrumentor = ChatModelsInstrumentor()
    instrumentor.instrument(telemetry=recorder.telemetry())
    try:
        with show(metrics=False):
            create_chat_model("mock:m").generate("Hi")
        assert instrumentor.is_instrumented_by_opentelemetry
    finally:
        instrumentor.uninstrument()

    assert capsys.readouterr().out == "no spans\n"
    assert len(recorder.chats) == 1
