"""Providers over real HTTP, instrumented: what they record is held against the conventions."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatModelError, create_chat_model, tool
from chatmodels.otel import instrument
from chatmodels.testing import FAULTS, Simulator, samples

CONFTEST = Path(__file__).parents[1] / "packages" / "chatmodels-otel" / "tests" / "conftest.py"
_spec = importlib.util.spec_from_file_location("chatmodels_otel_conftest", CONFTEST)
assert _spec is not None
assert _spec.loader is not None
conventions = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(conventions)


@pytest.fixture
def recorder() -> Any:
    recorder = conventions.Recorder(conventions.Conventions())
    yield recorder
    assert recorder.check() == []


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    raise AssertionError("the model only asks for it")


def openai(simulator: Any, recorder: Any, **options: Any) -> Any:
    model = create_chat_model(
        "openai:gpt-6.1-terra", api_key="sk-secret", base_url=simulator.base_url, max_retries=0
    )
    return instrument(model, telemetry=recorder.telemetry(content="both", **options))


@pytest.mark.parametrize("shape", ["generate", "agenerate", "stream", "astream"])
async def test_calls_of_every_shape_are_recorded_alike(recorder, shape) -> None:
    with Simulator() as simulator:
        model = openai(simulator, recorder)
        match shape:
            case "generate":
                response = model.generate("Hi", tools=[weather])
            case "agenerate":
                response = await model.agenerate("Hi", tools=[weather])
            case "stream":
                response = model.stream("Hi", tools=[weather]).collect()
            case _:
                response = await model.astream("Hi", tools=[weather]).collect()
        await model.aclose()

    span = recorder.span
    assert span.attributes["gen_ai.provider.name"] == "openai"
    assert span.attributes["server.address"] == "127.0.0.1"
    assert span.attributes["gen_ai.response.id"] == response.id
    assert span.attributes["gen_ai.usage.output_tokens"] == response.usage.output_tokens
    told = [dict(each.attributes) for each in (span, *recorder.logs)]
    assert "sk-secret" not in repr(told)
    assert recorder.total("gen_ai.client.inference.duration") == 1


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("shape", ["generate", "stream"])
def test_whatever_goes_wrong_is_recorded_with_its_code(recorder, fault, shape) -> None:
    with Simulator() as simulator:
        simulator.queue(FAULTS[fault])
        model = openai(simulator, recorder)
        code: str | None = None
        try:
            if shape == "generate":
                model.generate("Hi", timeout=0.3)
            else:
                model.stream("Hi", timeout=0.3).collect()
        except ChatModelError as error:
            code = str(error.code)
        model.close()

    assert recorder.span.attributes.get("error.type") == code
    assert recorder.total("gen_ai.client.inference.duration") == 1
    assert recorder.total("chatmodels.calls.in_flight") == 0


@pytest.mark.parametrize("name", samples())
def test_recorded_traffic_is_recorded_to_the_letter(recorder, name) -> None:
    recording = samples()[name]
    with Simulator() as simulator:
        simulator.queue(recording)
        model = openai(simulator, recorder)
        code: str | None = None
        try:
            ask = model.stream if recording.streamed else model.generate
            answer = ask("Hi")
            response = answer.collect() if recording.streamed else answer
        except ChatModelError as error:
            code = str(error.code)
        else:
            usage = recorder.span.attributes.get("gen_ai.usage.output_tokens")
            assert usage == response.usage.output_tokens
        model.close()

    assert recorder.span.attributes.get("error.type") == code


def test_the_trace_goes_along_where_it_is_allowed(recorder) -> None:
    with Simulator() as simulator:
        model = openai(simulator, recorder, propagate_to=(simulator.base_url,))
        model.generate("Hi")
        model.stream("Hi").collect()
        openai(simulator, recorder).generate("Hi")
        model.close()
        sent = [exchange.request.headers.get("traceparent") for exchange in simulator.exchanges]

    ids = [f"{span.context.span_id:016x}" for span in recorder.chats]
    assert sent[0].split("-")[2] == ids[0]
    assert sent[1].split("-")[2] == ids[1]
    assert sent[2] is None
