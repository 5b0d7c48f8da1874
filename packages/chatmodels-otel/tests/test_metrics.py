"""The measurements and their names."""

import threading
from decimal import Decimal
from typing import Any

import pytest

from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    ErrorCode,
    NetworkError,
    Prices,
    StreamEnd,
    TextDelta,
    ToolResult,
    Usage,
    UsageUpdate,
    assistant,
    image,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import Send, StandardChatModel
from chatmodels.otel import Telemetry, TelemetryOptions, instrument
from chatmodels.providers.mock import MockChatModel

INFERENCE = "gen_ai.client.inference"
PIXEL = image(b"\x89PNG\r\n\x1a\n", media_type="image/png")


class Answering(StandardChatModel):
    response: ChatResponse[Any] = ChatResponse(message=assistant("Yes."))

    def respond(self, request, call):
        return self.response


def answering(usage: Usage, **fields: Any) -> Answering:
    model = Answering("acme", "large")
    model.response = ChatResponse(message=assistant("Yes."), usage=usage, **fields)
    return model


def tokens(recorder, name: str) -> dict[str, int]:
    points = recorder.points(f"{INFERENCE}.usage.{name}")
    return {point.attributes["gen_ai.token.modality"]: point.value for point in points}


@pytest.mark.parametrize("measurements", ["deferred", "immediate"])
def test_a_stream_is_measured_by_time_chunks_and_tokens(recorder, measurements) -> None:
    telemetry = recorder.telemetry(measurements=measurements)
    model = instrument(MockChatModel("m", responses=["a b c", "d"]), telemetry=telemetry)

    stream = model.stream("Hi")
    events = list(stream)
    model.generate("Hi")

    assert recorder.total(f"{INFERENCE}.duration") == 2
    assert recorder.total(f"{INFERENCE}.time_to_first_chunk") == 1
    assert recorder.total(f"{INFERENCE}.time_per_output_chunk") == len(events) - 1
    assert tokens(recorder, "output_tokens") == {"text": 4}
    (point,) = recorder.points(f"{INFERENCE}.operation.output_tokens")
    assert (point.sum, point.count) == (4, 2)
    assert dict(point.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mock",
        "gen_ai.request.model": "m",
        "gen_ai.response.model": "m",
    }


def test_times_of_chunks_can_be_left_out(recorder) -> None:
    model = instrument(
        MockChatModel(responses=["a b c"]), telemetry=recorder.telemetry(chunk_times=False)
    )

    model.stream("Hi").collect()

    assert f"{INFERENCE}.time_per_output_chunk" not in recorder.metrics
    assert recorder.total(f"{INFERENCE}.time_to_first_chunk") == 1


def test_two_observers_share_the_times_of_a_stream(recorder) -> None:
    class Timing:
        def start(self, call):
            call.event_times = self.times = []

        def first_event(self, token): ...
        def end(self, token, response, error): ...

    timing = Timing()
    model = MockChatModel(responses=["a b"], observers=[timing])

    instrument(model, telemetry=recorder.telemetry()).stream("Hi").collect()

    assert recorder.total(f"{INFERENCE}.time_per_output_chunk") == len(timing.times) - 1


def test_a_failed_call_has_an_error_type_and_no_token_histograms(recorder) -> None:
    model = instrument(MockChatModel(responses=[ErrorCode.TIMEOUT]), telemetry=recorder.telemetry())

    with pytest.raises(TimeoutError):
        model.generate("Hi")

    for name in ("input_tokens", "output_tokens", "cache_read.input_tokens"):
        assert tokens(recorder, name) == {"unknown": 0}
    assert recorder.points(f"{INFERENCE}.operation.input_tokens") == []
    assert recorder.points(f"{INFERENCE}.operation.output_tokens") == []
    (point,) = recorder.points(f"{INFERENCE}.duration")
    assert point.attributes["error.type"] == "timeout"
    assert "gen_ai.response.model" not in point.attributes


@pytest.mark.parametrize(
    ("prompt", "input_tokens"),
    [
        ("Hi", "text"),
        ([system("Be brief."), "Hi"], "text"),
        (user("Look", PIXEL), "unknown"),
        ([user("Hi"), tool_result("c-1", "text")], "text"),
        ([user("Hi"), tool_result("c-1", "text", PIXEL)], "unknown"),
    ],
    ids=["text", "system", "image", "text of a tool", "image of a tool"],
)
def test_tokens_are_text_only_if_that_is_certain(recorder, prompt, input_tokens) -> None:
    model = instrument(
        answering(Usage(input_tokens=5, output_tokens=3)), telemetry=recorder.telemetry()
    )

    model.generate(prompt)

    assert tokens(recorder, "input_tokens") == {input_tokens: 5}
    assert tokens(recorder, "output_tokens") == {"text": 3}


def test_audio_is_counted_as_such_and_the_rest_is_unknown(recorder) -> None:
    from chatmodels.core import AudioOutput

    usage = Usage(
        input_tokens=10,
        output_tokens=8,
        cached_input_tokens=4,
        reasoning_tokens=2,
        input_audio_tokens=7,
        output_audio_tokens=5,
    )

    instrument(answering(usage), telemetry=recorder.telemetry()).generate(
        "Hi", audio_output=AudioOutput("alloy")
    )

    assert tokens(recorder, "input_tokens") == {"audio": 7, "unknown": 3}
    assert tokens(recorder, "output_tokens") == {"audio": 5, "unknown": 3}
    assert tokens(recorder, "cache_read.input_tokens") == {"unknown": 4}
    assert tokens(recorder, "reasoning.output_tokens") == {"unknown": 2}


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (Usage(input_tokens=90, output_tokens=8, billed_input_tokens=5), (5, 8)),
        (Usage(input_tokens=90, output_tokens=8, billed_output_tokens=0), (90, 0)),
        (Usage(billed_input_tokens=5, billed_output_tokens=3), (5, 3)),
    ],
    ids=["input", "output", "both"],
)
def test_billed_tokens_are_recorded(recorder, usage, counted) -> None:
    model = instrument(answering(usage), telemetry=recorder.telemetry(conventions="both"))
    recorder.conventions.knows_version_1_41 = True

    model.generate("Hi")

    input_tokens, output_tokens = counted
    attributes = recorder.span.attributes
    assert attributes["gen_ai.usage.input_tokens"] == input_tokens
    assert attributes["gen_ai.usage.output_tokens"] == output_tokens
    assert tokens(recorder, "input_tokens") == {"text": input_tokens}
    assert tokens(recorder, "output_tokens") == {"text": output_tokens}
    metrics = recorder.metrics
    for name, count in (("input_tokens", input_tokens), ("output_tokens", output_tokens)):
        (point,) = metrics[f"{INFERENCE}.operation.{name}"].data.data_points
        assert point.sum == count
    points = metrics["gen_ai.client.token.usage"].data.data_points
    assert {point.attributes["gen_ai.token.type"]: point.sum for point in points} == {
        "input": input_tokens,
        "output": output_tokens,
    }


@pytest.mark.parametrize("conventions_of", ["v1.41", "both"])
def test_the_names_of_version_1_41_can_be_had(recorder, conventions_of) -> None:
    recorder.conventions.knows_version_1_41 = True
    model = MockChatModel("m", responses=["a b", "c", ErrorCode.TIMEOUT])
    model = instrument(model, telemetry=recorder.telemetry(conventions=conventions_of))

    model.generate("Hi")
    model.stream("Hi").collect()
    with pytest.raises(TimeoutError):
        model.generate("Hi")

    metrics = recorder.metrics
    kinds = {
        point.attributes["gen_ai.token.type"]: point.sum
        for point in metrics["gen_ai.client.token.usage"].data.data_points
    }
    assert kinds == {"input": 2, "output": 3}
    assert "gen_ai.client.operation.time_to_first_chunk" in metrics
    assert "gen_ai.client.operation.time_per_output_chunk" in metrics
    assert (f"{INFERENCE}.duration" in metrics) is (conventions_of == "both")
    assert (f"{INFERENCE}.usage.input_tokens" in metrics) is (conventions_of == "both")


def test_the_fifteen_instruments_of_the_origin_have_the_same_values(recorder) -> None:
    model = MockChatModel("m", responses=["a b", "c d e", ErrorCode.TIMEOUT, ErrorCode.NETWORK])
    model = instrument(model, telemetry=recorder.telemetry(origin_metrics=True))

    model.generate("Hi")
    model.stream("Hi").collect()
    with pytest.raises(TimeoutError):
        model.generate("Hi")
    with pytest.raises(ConnectionError):
        model.stream("Hi").collect()

    totals = {
        name.removeprefix("chatmodels_"): recorder.total(name)
        for name in recorder.metrics
        if name.startswith("chatmodels_")
    }
    assert totals == {
        "message_generations_total": 2,
        "message_generation_duration_seconds": 2,
        "message_generation_errors_total": 1,
        "streaming_sessions_total": 2,
        "streaming_duration_seconds": 2,
        "streaming_errors_total": 1,
        "messages_streamed_total": totals["messages_streamed_total"],
        "tokens_generated_total": 5,
        "tokens_consumed_total": 2,
        "provider_requests_total": 4,
        "provider_errors_total": 2,
        "provider_latency_seconds": 4,
        "model_requests_total": 4,
        "model_errors_total": 2,
        "model_latency_seconds": 4,
    }
    assert len(totals) == 15
    assert totals["messages_streamed_total"] > 3


@pytest.mark.parametrize("provider", ["openai", "acme"])
def test_tier_and_fingerprint_are_attributes_of_openais_metrics(recorder, provider) -> None:
    import msgspec

    model = Answering(provider, "large")
    model.response = ChatResponse(
        message=assistant("Yes."),
        model="large-1",
        service_tier="flex",
        payload=msgspec.Raw(b'{"system_fingerprint": "fp_1"}'),
    )

    instrument(model, telemetry=recorder.telemetry()).generate("Hi")

    for name in ("duration", "operation.input_tokens", "usage.output_tokens"):
        (point,) = recorder.points(f"{INFERENCE}.{name}")
        recorded = {
            key.rpartition(".")[2]: value
            for key, value in point.attributes.items()
            if key.startswith("openai.")
        }
        assert recorded == (
            {"service_tier": "flex", "system_fingerprint": "fp_1"} if provider == "openai" else {}
        )


def test_the_number_of_response_models_is_bounded(recorder) -> None:
    model = Answering("acme", "large")
    watched = instrument(model, telemetry=recorder.telemetry())

    for number in range(70):
        watched.response = ChatResponse(message=assistant("Yes."), model=f"large-{number}")
        watched.generate("Hi")

    points = recorder.points(f"{INFERENCE}.duration")
    names = {point.attributes["gen_ai.response.model"] for point in points}
    assert len(names) == 65
    assert "_OTHER" in names
    assert sum(point.count for point in points) == 70


def test_the_number_of_remembered_models_is_bounded(recorder, monkeypatch) -> None:
    monkeypatch.setattr("chatmodels.otel._spans.call.MAX_MODELS", 2)
    telemetry = recorder.telemetry()

    for number in range(4):
        model = instrument(Answering("acme", f"model-{number}"), telemetry=telemetry)
        model.generate("Hi")
        with model.stream("Hi"):
            assert recorder.total("chatmodels.calls.in_flight") == 1

    counts = {
        point.attributes["gen_ai.request.model"]: point.count
        for point in recorder.points(f"{INFERENCE}.duration")
    }
    assert counts == {"model-0": 2, "model-1": 2, "_OTHER": 4}
    assert len(recorder.points("chatmodels.calls.in_flight")) == 3
    assert len(telemetry.meters._sums._tokens) == 3
    assert {span.name for span in recorder.chats} == {f"chat model-{each}" for each in range(4)}


def test_pending_measurements_are_bounded(recorder, monkeypatch) -> None:
    monkeypatch.setattr("chatmodels.otel._metrics.deferred.MAX_PENDING", 3)
    telemetry = recorder.telemetry()
    model = instrument(
        MockChatModel(responses=["a b c d"], on_exhausted="last"), telemetry=telemetry
    )

    for _ in range(10):
        model.generate("Hi")

    assert len(telemetry.meters._deferred._pending) == 3
    assert recorder.total(f"{INFERENCE}.duration") == 10


def test_chunks_that_wait_for_a_reader_are_bounded(recorder, monkeypatch) -> None:
    monkeypatch.setattr("chatmodels.otel._metrics.deferred.MAX_CHUNKS", 3)
    telemetry = recorder.telemetry()
    model = instrument(
        MockChatModel(responses=["a b c d"], on_exhausted="last"), telemetry=telemetry
    )

    chunks = [len(list(model.stream("Hi"))) - 1 for _ in range(3)]

    assert len(telemetry.meters._deferred._pending) == 0
    assert recorder.total(f"{INFERENCE}.time_per_output_chunk") == sum(chunks)


def test_flush_records_pending_measurements(recorder) -> None:
    telemetry = recorder.telemetry()
    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate("Hi")

    telemetry.flush()

    assert len(telemetry.meters._deferred._pending) == 0
    recorder.telemetry(measurements="immediate", level="metrics").flush()
    recorder.telemetry(level="off").flush()


def test_calls_in_flight_are_counted_while_they_are(recorder) -> None:
    seen: list[float] = []
    telemetry = recorder.telemetry()

    def look(request):
        seen.append(recorder.total("chatmodels.calls.in_flight"))
        return "a"

    model = instrument(MockChatModel(responses=[look]), telemetry=telemetry)
    with model.stream("Hi") as stream:
        seen.append(recorder.total("chatmodels.calls.in_flight"))
        for _ in stream:
            pass

    assert [*seen, recorder.total("chatmodels.calls.in_flight")] == [1, 1, 0]


def test_models_of_one_server_are_one_series(recorder) -> None:
    telemetry = recorder.telemetry()
    for path in ("v1", "v2"):
        model = Answering("acme", "large", endpoint=f"https://a.example/{path}")
        model.response = ChatResponse(message=assistant("x"), usage=Usage(output_tokens=4))
        instrument(model, telemetry=telemetry).generate("Hi")

    assert tokens(recorder, "output_tokens") == {"text": 8}


def test_totals_are_exact_when_many_threads_call(recorder) -> None:
    model = instrument(
        MockChatModel(responses=["a b"], on_exhausted="last"), telemetry=recorder.telemetry()
    )

    def work() -> None:
        for _ in range(50):
            model.generate("Hi")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    recorder.total("gen_ai.client.inference.duration")
    for thread in threads:
        thread.join()

    assert tokens(recorder, "output_tokens") == {"text": 800}
    assert recorder.total(f"{INFERENCE}.duration") == 400
    assert recorder.total("chatmodels.calls.in_flight") == 0
    assert len(recorder.chats) == 400


def test_a_hook_can_compute_the_cost_of_calls(recorder) -> None:
    def cost(response: ChatResponse[Any]) -> float | None:
        return 0.25 if response.text == "dear" else None

    model = instrument(
        MockChatModel(responses=["dear", "free", ErrorCode.NETWORK]),
        telemetry=recorder.telemetry(cost=cost),
    )

    model.generate("Hi")
    model.generate("Hi")
    with pytest.raises(ConnectionError):
        model.generate("Hi")

    assert [span.attributes.get("chatmodels.usage.cost") for span in recorder.chats] == [
        0.25,
        None,
        None,
    ]
    assert recorder.total("chatmodels.usage.cost") == 0.25


@pytest.mark.parametrize("recorded", [float("nan"), float("inf"), -1.0, "much"])
def test_an_invalid_cost_is_not_recorded(recorder, recorded) -> None:
    telemetry = recorder.telemetry(cost=lambda _: recorded)

    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate("Hi")

    assert "chatmodels.usage.cost" not in recorder.span.attributes
    assert recorder.points("chatmodels.usage.cost") == []
    assert recorder.total("chatmodels.telemetry.failures") == 1


def test_a_cost_can_be_a_decimal(recorder) -> None:
    telemetry = recorder.telemetry(cost=lambda _: Decimal("0.25"))

    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate("Hi")

    assert recorder.span.attributes["chatmodels.usage.cost"] == 0.25


def test_the_cost_of_the_response_can_be_recorded(recorder) -> None:
    prices = Prices(input=1_000_000, output=1_000_000)
    usage = Usage(input_tokens=2, output_tokens=1)
    response = ChatResponse(message=assistant("a"), usage=usage)
    model = MockChatModel(responses=[response], prices=prices)

    instrument(model, telemetry=recorder.telemetry(cost=True)).generate("Hi")

    assert recorder.span.attributes["chatmodels.usage.cost"] == 3.0
    assert recorder.total("chatmodels.usage.cost") == 3.0


@pytest.mark.parametrize("cost", [True, False, None])
def test_without_a_price_no_cost_is_recorded(recorder, cost) -> None:
    model = MockChatModel(responses=["a"])

    instrument(model, telemetry=recorder.telemetry(cost=cost)).generate("Hi")

    assert "chatmodels.usage.cost" not in recorder.span.attributes
    assert recorder.points("chatmodels.usage.cost") == []
    assert recorder.total("chatmodels.telemetry.failures") == 0


def test_a_cost_in_another_currency_is_not_recorded(recorder) -> None:
    model = MockChatModel(responses=["a"], prices=Prices(input=1, output=1, currency="EUR"))

    instrument(model, telemetry=recorder.telemetry(cost=True)).generate("Hi")

    assert "chatmodels.usage.cost" not in recorder.span.attributes
    assert recorder.total("chatmodels.telemetry.failures") == 1


@pytest.mark.parametrize("mode", ["generate", "agenerate", "stream", "astream"])
async def test_cost_and_tokens_of_a_failover_are_counted_once(recorder, mode) -> None:
    def fallback(call, request):
        try:
            return (yield Send(request))
        except ChatModelError:
            return (yield Send(request, second))

    telemetry = recorder.telemetry(cost=lambda response: 1.0)
    second = instrument(MockChatModel("spare", responses=["a b c"]), telemetry=telemetry)
    failing = MockChatModel("main", responses=[ErrorCode.PROVIDER_UNAVAILABLE])
    model = instrument(failing, telemetry=telemetry).with_policies(fallback)

    match mode:
        case "generate":
            model.generate("Hi")
        case "agenerate":
            await model.agenerate("Hi")
        case "stream":
            model.stream("Hi").collect()
        case _:
            await model.astream("Hi").collect()

    costs = {span.name: span.attributes.get("chatmodels.usage.cost") for span in recorder.chats}
    assert costs == {"chat spare": 1.0, "chat main": None}
    assert recorder.total("chatmodels.usage.cost") == 1.0
    assert recorder.total(f"{INFERENCE}.usage.output_tokens") == 3


class Billed(StandardChatModel):
    """A model whose response is billed, and then breaks or does not parse."""

    def events(self, request, call):
        yield TextDelta("one two")
        yield UsageUpdate(Usage(input_tokens=3, output_tokens=2))
        if request.output is None:
            raise NetworkError("connection reset")
        yield StreamEnd()


@pytest.mark.parametrize("output_type", [None, int], ids=["broken stream", "invalid output"])
def test_the_cost_of_a_failed_call_is_recorded(recorder, output_type) -> None:
    telemetry = recorder.telemetry(cost=lambda response: response.usage.output_tokens / 4)
    model = instrument(Billed("acme", "large"), telemetry=telemetry)

    with pytest.raises(ChatModelError):
        model.stream("Hi", output_type=output_type).collect()

    assert recorder.span.attributes["chatmodels.usage.cost"] == 0.5
    assert recorder.total("chatmodels.usage.cost") == 0.5
    assert recorder.total(f"{INFERENCE}.usage.output_tokens") == 2


def test_tokens_of_a_failed_call_are_in_the_histogram_of_version_1_41_alone(recorder) -> None:
    recorder.conventions.knows_version_1_41 = True
    telemetry = recorder.telemetry(conventions="both")

    with pytest.raises(NetworkError):
        instrument(Billed("acme", "large"), telemetry=telemetry).stream("Hi").collect()

    points = recorder.points("gen_ai.client.token.usage")
    assert {point.attributes["gen_ai.token.type"]: point.sum for point in points} == {
        "input": 3,
        "output": 2,
    }
    assert recorder.points(f"{INFERENCE}.operation.input_tokens") == []
    assert recorder.points(f"{INFERENCE}.operation.output_tokens") == []


def test_a_call_that_ends_while_another_is_added_up_is_counted_too(recorder) -> None:
    telemetry = recorder.telemetry(measurements="immediate")
    model = instrument(MockChatModel(responses=["a", "b"]), telemetry=telemetry)
    ledger = telemetry.meters._sums

    # As when the garbage collector ends a forgotten stream in the midst of it.
    with ledger._lock:
        model.generate("Hi")
        model.generate("Hi")

    assert recorder.total(f"{INFERENCE}.usage.output_tokens") == 2


def test_exemplars_lead_from_a_measurement_to_its_span(recorder) -> None:
    model = instrument(MockChatModel(responses=["a"]), telemetry=recorder.telemetry())

    model.generate("Hi")

    (point,) = recorder.points(f"{INFERENCE}.duration")
    (exemplar,) = point.exemplars
    assert exemplar.span_id == recorder.span.context.span_id


@pytest.mark.parametrize(
    ("level", "spans", "durations", "events"),
    [("off", 0, 0, 0), ("metrics", 0, 2, 0), ("traces", 2, 2, 0), ("full", 2, 2, 1)],
)
def test_levels_determine_the_recorded_signals(recorder, level, spans, durations, events) -> None:
    model = instrument(
        MockChatModel(responses=["a", ErrorCode.NETWORK]),
        telemetry=recorder.telemetry(level=level),
    )

    model.generate("Hi")
    with pytest.raises(ConnectionError):
        model.generate("Hi")

    assert len(recorder.chats) == spans
    assert recorder.total(f"{INFERENCE}.duration") == durations
    assert len(recorder.logs) == events


def test_without_an_sdk_nothing_is_stored() -> None:
    telemetry = Telemetry(TelemetryOptions())
    model = instrument(MockChatModel(responses=["a", ErrorCode.NETWORK]), telemetry=telemetry)

    assert model.generate("Hi").text == "a"
    with pytest.raises(ConnectionError):
        model.stream("Hi").collect()

    assert len(telemetry.meters._deferred._pending) == 0
    assert telemetry.meters.running == set()


def test_a_tool_result_is_not_mistaken_for_a_message() -> None:
    from chatmodels.core import ChatRequest, Message
    from chatmodels.otel._metrics.measurement import modalities

    request = ChatRequest(messages=(Message("tool", (ToolResult("c", ()),)),))

    assert modalities(request, None) == ("text", "unknown")


def test_telemetries_of_one_meter_provider_share_its_instruments(recorder, caplog) -> None:
    first = instrument(MockChatModel("m", responses=["a b"]), telemetry=recorder.telemetry())
    priced = recorder.telemetry(cost=lambda _: 2.0)
    second = instrument(MockChatModel("m", responses=["a b"]), telemetry=priced)

    first.generate("Hi")
    second.generate("Hi")

    (tokens,) = recorder.points(f"{INFERENCE}.usage.output_tokens")
    assert tokens.value == 4
    assert recorder.total(f"{INFERENCE}.duration") == 2
    assert recorder.total("chatmodels.usage.cost") == 2.0
    assert caplog.messages == []


def test_options_that_are_too_late_for_the_instruments_are_logged(recorder, caplog) -> None:
    recorder.telemetry()
    telemetry = recorder.telemetry(conventions="both")

    instrument(MockChatModel("m", responses=["a"]), telemetry=telemetry).generate("Hi")

    assert "gen_ai.client.token.usage" not in recorder.metrics
    (message,) = caplog.messages
    assert "set CHATMODELS_TELEMETRY_CONVENTIONS" in message
