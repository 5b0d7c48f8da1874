"""A stream that breaks continues, over real HTTP, at each vendor that continues a text."""

import inspect
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatResponse,
    ErrorCode,
    InvalidRequestError,
    assistant,
    create_chat_model,
    user,
)
from chatmodels.otel import Telemetry, instrument
from chatmodels.resilience import Retry
from chatmodels.testing import FAULTS, Simulator
from vendors import VENDORS, model_of

PROMPT = "Count to ten: one, two, three, four, five, six, seven, eight, nine, ten."
WHOLE = f"You said: {PROMPT}"
CUT = FAULTS["closed-in-body"]

CONTINUING = {
    "anthropic": ("anthropic", "claude-haiku-4-5"),
    "anthropic, older": ("anthropic", "claude-haiku-4-5"),
    "bedrock": ("bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0"),
    "mistral": ("mistral", "mistral-small-2506"),
}
"""Models that continue a text, by name of the test: provider and model."""

OTHERS = [name for name in VENDORS if name != "mistral"]
"""Models that do not continue a text: those of Claude are newer than 4.5."""


def resuming(provider: str, simulator: Simulator, model: str | None = None) -> ChatModel:
    vendor = VENDORS[provider]
    options = {"api_key": "sk-test", "max_retries": 0} | vendor.options
    options["base_url"] = simulator.url + vendor.path
    name = provider.partition(" ")[0]
    found = create_chat_model(f"{name}:{model or vendor.model}", **options)
    return found.with_policies(Retry(resume=True, initial_delay=0))


SHAPES = {
    "stream": lambda model, prompt: model.stream(prompt).collect(),
    "astream": lambda model, prompt: model.astream(prompt).collect(),
}
shapes = pytest.mark.parametrize("shape", SHAPES)


async def read(model: ChatModel, shape: str, prompt: Any = PROMPT) -> ChatResponse[Any]:
    outcome = SHAPES[shape](model, prompt)
    response: Any = await outcome if inspect.isawaitable(outcome) else outcome
    return response


def prefill(body: Any) -> str:
    """The text of the model at the end of a request."""
    last = body["messages"][-1]
    assert last["role"] == "assistant"
    content = last["content"]
    return content if isinstance(content, str) else "".join(each["text"] for each in content)


@shapes
@pytest.mark.parametrize("name", CONTINUING)
async def test_a_stream_that_breaks_continues(name: str, shape: str) -> None:
    with Simulator() as simulator:
        model = resuming(CONTINUING[name][0], simulator, CONTINUING[name][1])
        simulator.queue(CUT)
        response = await read(model, shape)
        bodies = simulator.requests
        await model.aclose()

    assert response.text == WHOLE
    assert response.timing is not None
    assert response.timing.attempts == 2
    (attempt,) = response.failed_attempts
    assert attempt.code is ErrorCode.STREAM_INTERRUPTED
    assert len(bodies) == 2
    so_far = prefill(bodies[1])
    assert so_far
    assert WHOLE.startswith(so_far)
    assert so_far == so_far.rstrip()
    assert bodies[1]["messages"][:-1] == bodies[0]["messages"]


@shapes
@pytest.mark.parametrize("name", CONTINUING)
async def test_a_stream_that_breaks_twice_continues_twice(name: str, shape: str) -> None:
    with Simulator() as simulator:
        model = resuming(CONTINUING[name][0], simulator, CONTINUING[name][1])
        simulator.queue(CUT, CUT)
        response = await read(model, shape)
        lengths = [len(prefill(body)) for body in simulator.requests[1:]]
        await model.aclose()

    assert response.text == WHOLE
    assert lengths == sorted(lengths)
    assert len(response.failed_attempts) == 2


@shapes
@pytest.mark.parametrize("name", OTHERS)
async def test_a_stream_of_another_model_ends_with_the_text_so_far(name: str, shape: str) -> None:
    with Simulator() as simulator:
        model = resuming(name, simulator)
        simulator.queue(CUT)
        with pytest.raises(ChatModelError) as caught:
            await read(model, shape)
        await model.aclose()
        count = len(simulator.requests)

    assert count == 1
    assert WHOLE.startswith(caught.value.partial.text)
    assert "does not continue a text" in caught.value.__notes__[0]
    assert len(caught.value.failed_attempts) == 1


@shapes
@pytest.mark.parametrize("name", CONTINUING)
async def test_other_retries_are_made_in_between(name: str, shape: str) -> None:
    with Simulator() as simulator:
        model = resuming(CONTINUING[name][0], simulator, CONTINUING[name][1])
        simulator.queue(CUT, ErrorCode.PROVIDER_UNAVAILABLE)
        response = await read(model, shape)
        bodies = simulator.requests
        await model.aclose()

    assert response.text == WHOLE
    assert bodies[1] == bodies[2]
    assert len(response.failed_attempts) == 2


@pytest.mark.parametrize("provider", ["anthropic", "bedrock"])
def test_white_space_at_the_end_is_refused_by_claude(provider: str) -> None:
    with Simulator() as simulator:
        model = resuming(provider, simulator, CONTINUING[provider][1])
        with pytest.raises(InvalidRequestError, match="trailing whitespace"):
            model.generate([user("Count."), assistant("One, ")])
        assert model.generate([user("Hi"), assistant("You said:")]).text == " Hi"
        model.close()


def test_mistral_repeats_the_text_that_a_request_begins() -> None:
    with Simulator() as simulator:
        model = model_of("mistral", simulator)
        response = model.generate([user("Hi"), assistant("You said:")])
        simulator.queue("and more")
        queued = model.generate([user("Hi"), assistant("Some, ")])
        model.close()
    assert (response.text, queued.text) == ("You said: Hi", "Some, and more")


@shapes
async def test_a_stream_that_continues_is_one_span_with_two_requests(shape: str) -> None:
    exporter = InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry(tracer_provider=tracers)
    with Simulator() as simulator:
        model = instrument(resuming("mistral", simulator), telemetry=telemetry)
        simulator.queue(CUT)
        response = await read(model, shape)
        await model.aclose()

    broken, complete, span = exporter.get_finished_spans()
    assert span.context is not None
    for request in (broken, complete):
        assert request.parent is not None
        assert request.parent.span_id == span.context.span_id
    assert (broken.attributes or {})["error.type"] == "stream_interrupted"
    attributes = dict(span.attributes or {})
    assert span.status.is_ok or span.status.is_unset
    assert "error.type" not in attributes
    assert attributes["gen_ai.usage.output_tokens"] == response.usage.output_tokens
