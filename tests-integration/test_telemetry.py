"""Every installed provider, instrumented: what it records is held against the conventions.

The registry lists the providers, and their contracts describe how to create models, so that a new
provider needs no change here. Responses come from the simulator: generated ones, the faults of the
catalogue, and recorded traffic of the provider.
"""

import importlib.util
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    ErrorCode,
    assistant,
    create_chat_model,
    list_providers,
    registry,
    set_alias,
    tool,
)
from chatmodels.otel import (
    ChatModelsInstrumentor,
    instrument,
    instrument_registry,
    traced,
)
from chatmodels.otel._semconv import PROVIDER_NAMES
from chatmodels.testing import FAULTS, Recording, Simulator, samples
from chatmodels.testing._protocols import PROTOCOLS
from chatmodels.testing.contract._contract import SECRET, CheckContext, check_context
from conformance.contracts import CONTRACTS
from conformance.exchanges import entries, folders, ours
from family import FAMILY

ROOT = Path(__file__).parents[1]
SHAPES = ("generate", "agenerate", "stream", "astream")
MOST = 100
"""The number of recordings of one wire format that are replayed, evenly sampled."""


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"loaded_{path.parents[1].name}_{path.stem}", path
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


conventions = loaded(ROOT / "packages" / "chatmodels-otel" / "tests" / "conftest.py")

each_provider = pytest.mark.parametrize("provider", CONTRACTS)
each_provider_over_http = pytest.mark.parametrize(
    "provider", [name for name, contract in CONTRACTS.items() if contract.over_http]
)
each_shape = pytest.mark.parametrize("shape", SHAPES)


@pytest.fixture
def recorder() -> Any:
    recorder = conventions.Recorder(conventions.Conventions())
    yield recorder
    assert recorder.check() == []
    assert recorder.total("chatmodels.calls.in_flight") == 0
    assert recorder.total("chatmodels.telemetry.failures") == 0
    recorded_attributes = [dict(each.attributes) for each in (*recorder.spans, *recorder.logs)]
    assert SECRET not in repr(recorded_attributes)


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    # Options of a provider besides a key and a base URL.
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@contextmanager
def instrumented(recorder: Any, provider: str) -> Iterator[CheckContext]:
    """Have models of a provider made by the registry, with telemetry and all content."""
    remove = instrument_registry(telemetry=recorder.telemetry(content="both"))
    try:
        with check_context(CONTRACTS[provider]) as made:
            yield made
    finally:
        remove()


async def ask(model: Any, shape: str, **options: Any) -> Any:
    match shape:
        case "generate":
            return model.generate("Hi", **options)
        case "agenerate":
            return await model.agenerate("Hi", **options)
        case "stream":
            return model.stream("Hi", **options).collect()
        case _:
            return await model.astream("Hi", **options).collect()


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError("the model only asks for it")


def test_no_installed_provider_is_left_out() -> None:
    tested = {contract.provider for contract in CONTRACTS.values()}
    assert set(list_providers()) <= tested | FAMILY.keys()


@each_provider
@each_shape
async def test_all_call_forms_are_recorded_equally(recorder, provider, shape) -> None:
    with instrumented(recorder, provider) as made:
        model = made.model("an answer")
        response = await ask(model, shape, tools=[weather])
        await model.aclose()

    span = recorder.span
    contract = made.contract
    name = PROVIDER_NAMES.get(contract.provider, contract.provider)
    assert span.attributes["gen_ai.provider.name"] == name
    assert span.attributes["gen_ai.request.model"] == contract.model
    assert ("server.address" in span.attributes) is contract.over_http
    assert ("openai.api.type" in span.attributes) is (name == "openai")
    assert span.attributes.get("gen_ai.response.id") == response.id
    assert span.attributes.get("gen_ai.usage.output_tokens") == response.usage.output_tokens
    assert "gen_ai.output.messages" in span.attributes
    assert "error.type" not in span.attributes
    assert span.attributes.get("gen_ai.request.stream", False) is ("stream" in shape)
    assert recorder.total("gen_ai.client.inference.duration") == 1
    assert len(recorder.logs) == 1


@each_provider
@each_shape
async def test_failures_of_all_call_forms_are_recorded_equally(recorder, provider, shape) -> None:
    with instrumented(recorder, provider) as made:
        model = made.model(ErrorCode.RATE_LIMITED)
        with pytest.raises(ChatModelError):
            await ask(model, shape)
        await model.aclose()

    assert recorder.span.attributes["error.type"] == "rate_limited"
    assert recorder.total("gen_ai.client.inference.duration") == 1
    assert len(recorder.logs) == 2


@each_provider_over_http
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("shape", ["generate", "astream"])
async def test_every_failure_is_recorded_with_its_code(recorder, provider, shape) -> None:
    codes: dict[str, str | None] = {}
    with instrumented(recorder, provider) as made:
        model = made.model()
        for name, fault in FAULTS.items():
            made.simulator.queue(fault)
            codes[name] = await code_of(model, shape, timeout=0.3)
        await model.aclose()

    error_types = [span.attributes.get("error.type") for span in recorder.chats]
    assert dict(zip(FAULTS, error_types, strict=True)) == codes
    assert recorder.total("gen_ai.client.inference.duration") == len(FAULTS)


async def code_of(model: Any, shape: str, **options: Any) -> str | None:
    try:
        await ask(model, shape, **options)
    except ChatModelError as error:
        return str(error.code)
    return None


@each_provider_over_http
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("is_awaited", [False, True], ids=["blocking", "awaited"])
async def test_recorded_traffic_is_recorded_to_the_letter(recorder, provider, is_awaited) -> None:
    with instrumented(recorder, provider) as made:
        model = made.model("an answer")
        await ask(model, "generate")
        exchanges = fitting(made.simulator)
        outcomes = [("", *await outcome(model, "generate"))]
        for name, recording in exchanges:
            made.simulator.queue(recording)
            shape = "a" * is_awaited + ("stream" if recording.streamed else "generate")
            outcomes.append((name, *await outcome(model, shape)))
        await model.aclose()

    assert len(exchanges) > 5
    recorded_outcomes = [
        (
            span.attributes.get("error.type"),
            span.attributes.get("gen_ai.response.id"),
            span.attributes.get("gen_ai.usage.output_tokens"),
        )
        for span in recorder.chats[1:]
    ]
    for attributes, (name, *expected) in zip(recorded_outcomes, outcomes, strict=True):
        assert attributes == tuple(expected), name


NOTHING = ChatResponse(message=assistant(""))


async def outcome(model: Any, shape: str) -> tuple[str | None, str | None, int | None]:
    """Return the error code, the response id and the output tokens, billed ones if reported."""
    code: str | None = None
    try:
        response = await ask(model, shape)
    except ChatModelError as error:
        code, response = str(error.code), error.partial or NOTHING
    used, billed = response.usage.output_tokens, response.usage.billed_output_tokens
    return code, response.id, used if billed is None else billed


def fitting(simulator: Simulator) -> list[tuple[str, Recording]]:
    """Read exchanges in the wire format of the request that came in last."""
    request = simulator.exchanges[-1].request
    api = next(protocol.name for protocol in PROTOCOLS if protocol.generates(request))
    listed = [*ours(), *(entry for folder in folders() for entry in entries(folder))]
    found = {
        entry.path.stem: entry
        for entry in listed
        if entry.api.replace("stream_", "").removesuffix("_stream") == api
    }
    chosen = list(found.items())[:: len(found) // MOST + 1]
    return [(name, entry.read()) for name, entry in chosen]


@pytest.mark.parametrize("name", samples())
async def test_the_samples_are_recorded_to_the_letter(recorder, name) -> None:
    recording = samples()[name]
    with Simulator() as simulator:
        simulator.queue(recording)
        model = openai(simulator, recorder)
        code, _, tokens = await outcome(model, "stream" if recording.streamed else "generate")
        model.close()

    attributes = recorder.span.attributes
    assert attributes["openai.api.type"] == "chat_completions"
    assert attributes.get("error.type") == code
    assert attributes.get("gen_ai.usage.output_tokens") == tokens


def openai(simulator: Simulator, recorder: Any, **options: Any) -> Any:
    model = create_chat_model(
        "openai:gpt-4o",
        api="chat_completions",
        api_key=SECRET,
        base_url=simulator.base_url,
        max_retries=0,
    )
    return instrument(model, telemetry=recorder.telemetry(content="both", **options))


def test_the_trace_context_is_sent_if_allowed(recorder) -> None:
    with Simulator() as simulator:
        model = openai(simulator, recorder, propagate_to=(simulator.base_url,))
        model.generate("Hi")
        model.stream("Hi").collect()
        openai(simulator, recorder).generate("Hi")
        model.close()
        headers = [exchange.request.headers for exchange in simulator.exchanges]

    ids = [f"{span.context.span_id:016x}" for span in recorder.chats]
    sent = [each.get("traceparent") for each in headers]
    assert sent[0].split("-")[2] == ids[0]
    assert sent[1].split("-")[2] == ids[1]
    assert sent[2] is None
    assert all("baggage" not in each for each in headers)


@pytest.mark.parametrize(
    ("spec", "effort", "level"),
    [
        ("openai:gpt-5-mini", "low", "low"),
        ("anthropic:claude-opus-4-6", "max", "max"),
        ("anthropic:claude-opus-4-6", "none", None),  # thinking is switched off
        ("anthropic:claude-haiku-4-5", "low", None),  # as a number of tokens
        ("bedrock:anthropic.claude-opus-4-6-v1", "low", "low"),
        ("bedrock:amazon.nova-2-lite-v1:0", "high", "high"),
        ("bedrock:amazon.nova-2-lite-v1:0", "none", None),
        ("google:gemini-3.5-pro", "low", "low"),
        ("google:gemini-2.5-flash", "low", None),
        ("mistral:mistral-medium-latest", "low", "high"),
        ("cohere:command-a-reasoning-08-2025", "low", None),
        ("ollama:gpt-oss", "xhigh", "max"),
        ("ollama:gpt-oss", "none", None),
    ],
)
def test_the_recorded_level_of_reasoning_is_the_value_that_is_sent(
    recorder, spec, effort, level
) -> None:
    with Simulator() as simulator:
        model = create_chat_model(spec, api_key=SECRET, base_url=simulator.base_url)
        model = instrument(model, telemetry=recorder.telemetry())
        sent = json.dumps(model.explain("Hi", reasoning_effort=effort).body)
        model.generate("Hi", reasoning_effort=effort)
        model.close()

    assert recorder.span.attributes.get("gen_ai.request.reasoning.level") == level
    assert (f'"{level or effort}"' in sent) is (level is not None)


def test_records_of_registry_retries_and_calls_name_the_trace_and_the_call(
    recorder, caplog
) -> None:
    caplog.set_level(logging.INFO, logger="chatmodels")
    telemetry = recorder.telemetry()

    @traced(telemetry=telemetry)
    def program(simulator: Simulator) -> str:
        set_alias("for-telemetry", "openai:gpt-5-mini")
        model = create_chat_model(
            "for-telemetry", api_key=SECRET, base_url=simulator.base_url, max_retries=1
        )
        simulator.queue(FAULTS["unavailable"], "done", FAULTS["invalid-key"])
        with pytest.raises(ChatModelError) as raised:
            model.generate("Hi") and model.generate("Hi")
        model.close()
        return str(raised.value.code)

    ChatModelsInstrumentor().instrument(telemetry=telemetry)
    try:
        with Simulator() as simulator:
            assert program(simulator) == "authentication"
    finally:
        ChatModelsInstrumentor().uninstrument()
        registry.remove_alias("for-telemetry")

    first, second = (span.context for span in recorder.chats)
    (whole,) = (span.context for span in recorder.spans if "program" in span.name)
    found = {
        (record.name, record.trace_id, record.span_id)
        for record in caplog.records
        if hasattr(record, "trace_id")
    }
    assert found == {
        (name, f"{whole.trace_id:032x}", f"{span.span_id:016x}")
        for name, span in (
            ("chatmodels.registry", whole),
            ("chatmodels.resilience", first),
            ("chatmodels.calls", second),
        )
    }
    assert {span.parent.span_id for span in recorder.chats} == {whole.span_id}
