"""Switching telemetry on and off: for a model, a registry, a process."""

import copy
import gc
import logging
import math
import pickle
import subprocess
import sys
import threading
import weakref
from importlib import metadata

import pytest
from opentelemetry import trace

from chatmodels.core import ConfigurationError, ErrorCode, HealthReport, ProviderNotFoundError
from chatmodels.core import registry as global_registry
from chatmodels.core.container import Container
from chatmodels.core.extending import ProviderMetadata, ProviderRegistry, watch_tools
from chatmodels.otel import (
    ChatModelsInstrumentor,
    NoOpTelemetry,
    Telemetry,
    TelemetryOptions,
    TraceContextFilter,
    instrument,
    instrument_registry,
    options_from_environment,
    traced,
    uninstrument,
    uninstrument_registry,
)
from chatmodels.otel import _telemetry as telemetry_module
from chatmodels.providers.mock import MockChatModel, MockProvider


@pytest.fixture
def registry() -> ProviderRegistry:
    registry = ProviderRegistry()
    registry.register_provider(MockProvider())
    return registry


@pytest.fixture(autouse=True)
def fresh(monkeypatch) -> None:
    monkeypatch.setattr(telemetry_module._Default, "telemetry", None)


class Foreign:
    """A model that knows no observers."""


class Wrapping:
    """A foreign `ChatModel`, around another model."""

    def __init__(self, inner) -> None:
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def with_observers(self, *observers):
        return Wrapping(self._inner.with_observers(*observers))


def test_instrumenting_twice_records_once(recorder) -> None:
    telemetry = recorder.telemetry()
    model = MockChatModel(responses=["a"])

    twice = instrument(instrument(model, telemetry=telemetry), telemetry=telemetry)
    twice.generate("Hi")

    assert len(recorder.chats) == 1
    assert model.observers == ()


def test_telemetry_can_be_removed(recorder) -> None:
    model = MockChatModel(responses=["a"])

    bare = uninstrument(instrument(model, telemetry=recorder.telemetry()))
    bare.generate("Hi")

    assert recorder.chats == []
    assert uninstrument(model) is model


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_model_is_recorded_with_it(recorder, copied) -> None:
    model = instrument(MockChatModel(responses=["a"]), telemetry=recorder.telemetry())

    copied(model).generate("Hi")

    assert recorder.total("gen_ai.client.inference.duration") == 1


@pytest.mark.parametrize("level", ["full", "off"])
def test_a_model_sent_to_another_process_has_the_default_telemetry_there(
    recorder, monkeypatch, level
) -> None:
    sent = pickle.dumps(instrument(MockChatModel(responses=["a"]), telemetry=recorder.telemetry()))
    elsewhere = recorder.telemetry(level=level)
    monkeypatch.setattr(telemetry_module._Default, "telemetry", elsewhere)

    arrived = pickle.loads(sent)
    arrived.generate("Hi")

    assert arrived.observers == (elsewhere.whole_observer,)
    assert len(recorder.chats) == (level == "full")


def test_a_level_of_off_leaves_the_model_as_it_is(recorder) -> None:
    model = MockChatModel()

    assert instrument(model, telemetry=recorder.telemetry(level="off")) is model
    assert instrument(model, telemetry=NoOpTelemetry()) is model


def test_a_model_without_observers_raises(recorder) -> None:
    with pytest.raises(ConfigurationError, match="Foreign cannot be instrumented"):
        instrument(Foreign(), telemetry=recorder.telemetry())
    with pytest.raises(ConfigurationError, match="Foreign is not a StandardChatModel"):
        uninstrument(Foreign())


def test_a_foreign_model_receives_the_observer(recorder) -> None:
    telemetry = recorder.telemetry()
    model = Wrapping(MockChatModel("m", responses=["a"]))

    twice = instrument(instrument(model, telemetry=telemetry), telemetry=telemetry)
    twice.generate("Hi")

    assert isinstance(twice, Wrapping)
    assert [span.name for span in recorder.chats] == ["chat m"]


def test_the_model_of_an_alias_has_telemetry_after_the_alias_changes(recorder, registry) -> None:
    registry.set_alias("default", "mock:one")
    model = instrument(registry.create_chat_model("default"), telemetry=recorder.telemetry())

    model.generate("Hi")
    registry.set_alias("default", "mock:two")
    model.generate("Hi")
    uninstrument(model).generate("Hi")

    assert [span.name for span in recorder.chats] == ["chat one", "chat two"]


def test_a_registry_adds_telemetry_to_its_models(recorder, registry) -> None:
    before = registry.create_chat_model("mock:before")
    telemetry = recorder.telemetry()
    remove = instrument_registry(registry, telemetry=telemetry)
    instrument_registry(registry, telemetry=telemetry)
    during = registry.create_chat_model("mock:during")
    remove()
    remove()
    after = registry.create_chat_model("mock:after")

    for model in (before, during, after):
        model.generate("Hi")

    assert [span.name for span in recorder.chats] == ["chat during"]


def test_a_registry_counts_lookups_creations_and_failures(recorder, registry) -> None:
    instrument_registry(registry, telemetry=recorder.telemetry())

    registry.create_chat_model("mock:m")
    with pytest.raises(ProviderNotFoundError):
        registry.create_chat_model("mokc:m")

    resolutions = {
        (point.attributes["gen_ai.provider.name"], point.attributes.get("error.type")): point.value
        for point in recorder.points("chatmodels.registry.resolutions")
    }
    assert resolutions == {("mock", None): 1, ("mokc", "provider_not_found"): 1}
    assert recorder.total("chatmodels.registry.create.duration") == 2


def test_the_names_of_providers_are_bounded(recorder) -> None:
    instruments = recorder.telemetry().meters.registry

    for number in range(70):
        instruments.resolved(f"provider-{number}", None)

    points = recorder.points("chatmodels.registry.resolutions")
    assert len(points) == 65
    assert sum(point.value for point in points) == 70


def test_health_is_a_gauge_of_the_last_check(recorder, registry) -> None:
    class Sick(MockProvider):
        metadata = ProviderMetadata(name="sick", description="Is ill.", distribution="sick")

        def check_health(self, options):
            return HealthReport(
                provider="sick", status="unhealthy", latency=0.5, code="authentication"
            )

    registry.register_provider(Sick())
    instrument_registry(registry, telemetry=recorder.telemetry())

    registry.check_health(["mock", "sick", "absent"])

    points = recorder.points("chatmodels.health.healthy")
    found = {
        point.attributes["gen_ai.provider.name"]: (point.value, point.attributes.get("error.type"))
        for point in points
    }
    assert found == {
        "mock": (1, None),
        "sick": (0, "authentication"),
        "absent": (0, "provider_not_found"),
    }
    assert recorder.total("chatmodels.health.duration") == 2


@pytest.mark.parametrize("is_awaited", [False, True], ids=["blocking", "awaited"])
async def test_the_health_check_of_a_model_is_recorded_like_the_registrys(
    recorder, registry, is_awaited
) -> None:
    instrument_registry(registry, telemetry=recorder.telemetry())
    registry.set_alias("default", "mock:m")
    model = registry.create_chat_model("default", health="unhealthy")

    _ = await model.acheck_health() if is_awaited else model.check_health()

    (healthy,) = recorder.points("chatmodels.health.healthy")
    assert (healthy.value, healthy.attributes["chatmodels.health.status"]) == (0, "unhealthy")
    assert recorder.total("chatmodels.health.duration") == 1


def test_a_health_check_is_not_recorded_at_level_off(recorder) -> None:
    telemetry = recorder.telemetry(level="off")

    telemetry.whole_observer.checked(HealthReport(provider="mock", status="healthy"))

    assert recorder.metrics == {}


def test_a_slow_creation_is_a_span_below_the_programs(recorder) -> None:
    watch = recorder.telemetry().registry

    watch.created("mistral", 2.0, None)
    with recorder.tracer.start_as_current_span("program") as program:
        watch.created("mistral", 2.0, None)
        watch.created("acme", 0.0001, None)

    drawn, _ = recorder.spans
    assert drawn.name == "chatmodels.create mistral"
    assert drawn.parent.span_id == program.get_span_context().span_id
    assert drawn.end_time - drawn.start_time == 2_000_000_000
    assert dict(drawn.attributes) == {"gen_ai.provider.name": "mistral_ai"}


def test_a_creation_that_fails_is_a_span_with_its_error(recorder, registry) -> None:
    instrument_registry(registry, telemetry=recorder.telemetry())

    with (
        recorder.tracer.start_as_current_span("program"),
        pytest.raises(ProviderNotFoundError) as raised,
    ):
        registry.create_chat_model("mokc:m")

    drawn, _ = recorder.spans
    assert drawn.name == "chatmodels.create mokc"
    assert drawn.attributes["error.type"] == "provider_not_found"
    assert drawn.status.description == str(raised.value)


@pytest.mark.parametrize("level", ["metrics", "traces"])
def test_creations_are_spans_at_level_full_alone(recorder, level) -> None:
    with recorder.tracer.start_as_current_span("program"):
        recorder.telemetry(level=level).registry.created("acme", 2.0, None)

    assert [span.name for span in recorder.spans] == ["program"]


def test_a_registry_that_is_instrumented_can_be_forgotten(recorder) -> None:
    home = ProviderRegistry()
    instrument_registry(home, telemetry=recorder.telemetry())
    forgotten = weakref.ref(home)

    del home
    gc.collect()

    assert forgotten() is None


def test_a_function_that_removes_telemetry_works_once(recorder, registry) -> None:
    first = instrument_registry(registry, telemetry=recorder.telemetry())
    first()
    second = instrument_registry(registry, telemetry=recorder.telemetry())

    first()
    registry.create_chat_model("mock:m").generate("Hi")
    second()
    registry.create_chat_model("mock:m").generate("Hi")

    assert len(recorder.chats) == 1


def test_a_registry_that_was_left_out_can_be_instrumented_later(recorder, registry) -> None:
    remove = instrument_registry(registry, telemetry=NoOpTelemetry())
    instrument_registry(registry, telemetry=recorder.telemetry())
    remove()

    registry.create_chat_model("mock:m").generate("Hi")

    assert len(recorder.chats) == 1


def test_a_failed_setup_of_telemetry_does_not_raise(monkeypatch, caplog) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such provider")

    monkeypatch.setattr("chatmodels.otel._telemetry.get_tracer", broken)
    monkeypatch.setattr("chatmodels.otel._telemetry.options_from_environment", TelemetryOptions)

    @traced
    def work() -> str:
        return instrument(MockChatModel(responses=["a"])).generate("Hi").text

    assert work() == "a"
    (record,) = caplog.records
    assert record.message == "telemetry is off, because it could not be set up: no such provider"


def test_the_first_thread_creates_the_default_telemetry(recorder, monkeypatch) -> None:
    first = recorder.telemetry()

    class Late:
        """A lock that is to be had only when another thread has been there."""

        def __enter__(self) -> None:
            telemetry_module._Default.telemetry = first

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(telemetry_module._Default, "lock", Late())

    assert telemetry_module.default_telemetry() is first


def test_threads_that_need_the_default_telemetry_share_it() -> None:
    barrier = threading.Barrier(8)
    found = []

    def ask() -> None:
        barrier.wait()
        found.append(telemetry_module.default_telemetry())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_a_registry_without_measurements_is_not_watched(recorder, registry) -> None:
    instrument_registry(registry, telemetry=recorder.telemetry(level="off"))

    registry.create_chat_model("mock:m").generate("Hi")

    assert recorder.metrics == {}


def test_the_global_registry_and_the_default_telemetry_are_the_defaults() -> None:
    instrument_registry()
    try:
        model = global_registry.create_chat_model("mock:m")
    finally:
        uninstrument_registry()

    assert len(model.observers) == 1
    assert instrument(MockChatModel()).observers == model.observers


def test_the_instrumentor_is_found_by_its_entry_point() -> None:
    (found,) = metadata.entry_points(group="opentelemetry_instrumentor", name="chatmodels")

    assert found.load() is ChatModelsInstrumentor


def test_the_instrumentor_switches_registry_and_tools_on_and_off(recorder) -> None:
    from chatmodels.core import ToolCall, tool

    @tool
    def double(number: int) -> int:
        """Double a number."""
        return 2 * number

    call = ToolCall("c-1", "double", '{"number": 2}')
    instrumentor = ChatModelsInstrumentor()
    instrumentor.instrument(telemetry=recorder.telemetry(), skip_dep_check=True)
    ChatModelsInstrumentor().instrument()
    try:
        assert instrumentor.is_instrumented_by_opentelemetry
        global_registry.create_chat_model("mock:m").generate("Hi")
        double.call(call)
    finally:
        instrumentor.uninstrument()
    instrumentor.uninstrument()
    global_registry.create_chat_model("mock:m").generate("Hi")
    double.call(call)

    assert not instrumentor.is_instrumented_by_opentelemetry
    assert [span.name for span in recorder.spans] == ["chat m", "execute_tool double"]
    assert instrumentor.instrumentation_dependencies() == ("chatmodels-core >= 0.1",)


def test_the_instrumentor_accepts_providers_and_options(recorder) -> None:
    instrumentor = ChatModelsInstrumentor()
    instrumentor.instrument(
        tracer_provider=recorder.tracer_provider,
        meter_provider=recorder.meter_provider,
        logger_provider=None,
        content="span",
    )
    try:
        global_registry.create_chat_model("mock:m").generate("Hi")
    finally:
        instrumentor.uninstrument()

    assert "gen_ai.input.messages" in recorder.span.attributes


def test_the_instrumentor_uses_the_defaults_without_options() -> None:
    instrumentor = ChatModelsInstrumentor()
    instrumentor.instrument(skip_dep_check=True)
    instrumentor.uninstrument()

    assert telemetry_module._Default.telemetry is not None


def test_the_instrumentor_never_raises(caplog) -> None:
    ChatModelsInstrumentor().instrument(level="loud")

    assert not ChatModelsInstrumentor().is_instrumented_by_opentelemetry
    assert "chatmodels is not instrumented: TelemetryOptions: level must be" in caplog.text


def test_options_that_are_wrong_are_all_named() -> None:
    with pytest.raises(ConfigurationError) as raised:
        TelemetryOptions(
            level="loud",
            content="some",
            max_part_chars=-1,
            max_content_chars=True,
            redact="all",
            cost=1,
            propagate_to="https://gateway.example",
        )

    for name in (
        "level",
        "content",
        "max_part_chars",
        "max_content_chars",
        "redact",
        "cost",
        "propagate_to",
    ):
        assert f"{name} must be" in str(raised.value)


def test_options_that_do_not_exist_raise() -> None:
    with pytest.raises(ConfigurationError, match="colour"):
        options_from_environment({}, colour="red")


@pytest.mark.parametrize(
    ("variables", "options"),
    [
        ({}, TelemetryOptions()),
        (
            {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_AND_EVENT"},
            TelemetryOptions(content="both"),
        ),
        (
            {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "event_only"},
            TelemetryOptions(content="event"),
        ),
        (
            {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "No_Content"},
            TelemetryOptions(),
        ),
        (
            {"OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true", "CHATMODELS_TELEMETRY": "metrics"},
            TelemetryOptions(operation_details=True, level="metrics"),
        ),
        (
            {"CHATMODELS_TELEMETRY_CONTENT_FORMAT": "json"},
            TelemetryOptions(content_format="json"),
        ),
        ({"CHATMODELS_TELEMETRY_CONVENTIONS": "V1.41"}, TelemetryOptions(conventions="v1.41")),
        ({"CHATMODELS_TELEMETRY_HTTP_SPANS": "all"}, TelemetryOptions(http_spans="all")),
        (
            {"CHATMODELS_TELEMETRY_PROPAGATE_TO": "https://a.example/v1, https://b.example"},
            TelemetryOptions(propagate_to=("https://a.example/v1", "https://b.example")),
        ),
    ],
)
def test_the_environment_supplies_missing_arguments(variables, options) -> None:
    assert options_from_environment(variables) == options


@pytest.mark.parametrize(("text", "exceptions"), [("logs", "log"), ("logs/dup", "both")])
def test_the_environment_selects_the_place_of_exceptions(text, exceptions) -> None:
    options = options_from_environment({"OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN": text})

    assert options.exceptions == exceptions


def test_arguments_override_the_environment() -> None:
    found = options_from_environment({"CHATMODELS_TELEMETRY": "metrics"}, level="full")

    assert found.level == "full"


def test_an_invalid_variable_is_logged_and_ignored(caplog) -> None:
    assert options_from_environment({"CHATMODELS_TELEMETRY": "loud"}) == TelemetryOptions()
    assert "CHATMODELS_TELEMETRY is not one of off, metrics, traces, full" in caplog.text


def test_a_container_creates_telemetry_from_registered_objects(recorder) -> None:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    container = Container()
    container.register(TelemetryOptions, instance=TelemetryOptions(level="traces"))
    container.register(TracerProvider, instance=recorder.tracer_provider)
    container.register(MeterProvider, instance=recorder.meter_provider)
    container.register(Telemetry)

    telemetry = container.resolve(Telemetry)
    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate("Hi")

    assert telemetry.options.level == "traces"
    assert len(recorder.chats) == 1
    with container.override(Telemetry, NoOpTelemetry):
        assert isinstance(container.resolve(Telemetry), NoOpTelemetry)


def test_log_records_carry_the_ids_of_their_span(recorder, caplog) -> None:
    from chatmodels.resilience import Retry

    mock = MockChatModel(
        responses=[ErrorCode.NETWORK, ErrorCode.AUTHENTICATION],
        policies=[Retry(max_retries=1, initial_delay=0)],
    )
    with caplog.filtering(TraceContextFilter()):
        with pytest.raises(Exception, match="authentication"):
            instrument(mock, telemetry=recorder.telemetry()).generate("Hi")
        logging.getLogger("elsewhere").warning("outside")

    span = recorder.span.context
    ids = {record.name: (record.trace_id, record.span_id) for record in caplog.records}
    ours = (trace.format_trace_id(span.trace_id), trace.format_span_id(span.span_id))
    assert ids["chatmodels.resilience"] == ours
    assert ids["chatmodels.calls"] == ours
    assert ids["elsewhere"] == ("", "")


def test_the_api_alone_is_enough_and_no_sdk_is_imported() -> None:
    script = """
import sys
from chatmodels.otel import instrument
from chatmodels.providers.mock import MockChatModel
assert instrument(MockChatModel(responses=["a"])).generate("Hi").text == "a"
found = [name for name in sys.modules if name.startswith("opentelemetry.sdk")]
assert not found, found
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("order", ["before", "after"])
def test_the_global_providers_record_whenever_they_are_set(order) -> None:
    script = """
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from chatmodels.core import create_chat_model
from chatmodels.otel import ChatModelsInstrumentor

exporter, tracers, reader = InMemorySpanExporter(), TracerProvider(), InMemoryMetricReader()
tracers.add_span_processor(SimpleSpanProcessor(exporter))


def switch_on():
    ChatModelsInstrumentor().instrument(skip_dep_check=True)


def set_providers():
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider([reader]))
    _logs.set_logger_provider(LoggerProvider())


STEPS
create_chat_model("mock:m").generate("Hi")
assert [span.name for span in exporter.get_finished_spans()] == ["chat m"]
found = {
    metric.name
    for resource in reader.get_metrics_data().resource_metrics
    for scope in resource.scope_metrics
    for metric in scope.metrics
}
assert "gen_ai.client.inference.duration" in found, found
assert "gen_ai.client.inference.usage.input_tokens" in found, found
"""
    steps = ["set_providers()", "switch_on()"]
    ordered = steps if order == "before" else reversed(steps)

    subprocess.run([sys.executable, "-c", script.replace("STEPS", "\n".join(ordered))], check=True)


def test_a_logger_provider_alone_gets_the_failures_whenever_it_is_set() -> None:
    script = """
from opentelemetry import _logs
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import export
from chatmodels.core import ErrorCode, ChatModelError
from chatmodels.otel import instrument
from chatmodels.providers.mock import MockChatModel
try:
    exporter = export.InMemoryLogRecordExporter()
except AttributeError:
    raise SystemExit
model = instrument(MockChatModel(responses=[ErrorCode.NETWORK] * 2))
provider = LoggerProvider()
provider.add_log_record_processor(export.SimpleLogRecordProcessor(exporter))
for count in (0, 1):
    try:
        model.generate("Hi")
    except ChatModelError:
        assert len(exporter.get_finished_logs()) == count
    _logs.set_logger_provider(provider)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_core_and_providers_need_no_api() -> None:
    script = """
import sys
sys.modules["opentelemetry"] = None
from chatmodels.providers.mock import MockChatModel
assert MockChatModel(responses=["a"]).generate("Hi").text == "a"
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_watcher_of_tools_can_be_removed_twice() -> None:
    remove = watch_tools(lambda definition, call: None)

    remove()
    remove()


@pytest.mark.parametrize(
    ("allowed", "endpoint", "is_sent"),
    [
        ((), "https://gateway.example/v1", False),
        (("https://gateway.example",), "https://gateway.example/v1", True),
        (("https://gateway.example/v1",), "https://gateway.example/v1", True),
        (("https://gateway.example/v1/",), "https://gateway.example:443/v1/chat", True),
        (("https://gateway.example/v2",), "https://gateway.example/v1", False),
        (("https://gateway.example/v",), "https://gateway.example/v1", False),
        (("http://gateway.example",), "https://gateway.example", False),
        (("https://gateway.example",), "https://gateway.example.evil.example", False),
        (("https://gateway.example",), None, False),
        (("https://[bad",), "https://gateway.example", False),
    ],
)
def test_the_trace_context_is_sent_only_to_allowed_urls(
    recorder, allowed, endpoint, is_sent
) -> None:
    from chatmodels.core import ChatResponse, assistant
    from chatmodels.core.extending import StandardChatModel

    sent: list[dict[str, str] | None] = []

    class Sending(StandardChatModel):
        def respond(self, request, call):
            sent.append(call.headers)
            return ChatResponse(message=assistant("a"))

    model = Sending("acme", "large", endpoint=endpoint)
    instrument(model, telemetry=recorder.telemetry(propagate_to=allowed)).generate("Hi")

    span = recorder.span.context
    (headers,) = sent
    if not is_sent:
        assert headers is None
        return
    assert list(headers) == ["traceparent"]
    assert headers["traceparent"].startswith(f"00-{span.trace_id:032x}-{span.span_id:016x}-0")


def test_calls_that_another_instrumentation_records_are_left_to_it(recorder, monkeypatch) -> None:
    from opentelemetry.context import attach, detach, get_current, set_value

    from chatmodels.otel._spans.duplicates import KEY

    monkeypatch.setitem(sys.modules, "opentelemetry.util.genai", sys)
    model = instrument(
        MockChatModel(responses=["a", "b", ErrorCode.NETWORK, "c"]), telemetry=recorder.telemetry()
    )

    token = attach(set_value(KEY, object(), get_current()))
    model.generate("Hi")
    model.stream("Hi").collect()
    with pytest.raises(ConnectionError):
        model.generate("Hi")
    detach(token)
    assert recorder.chats == []
    model.generate("Hi")

    assert len(recorder.chats) == 1


def test_calls_are_marked_for_instrumentations_of_the_providers_clients(
    recorder, monkeypatch
) -> None:
    from types import SimpleNamespace

    from opentelemetry.context import get_value

    from chatmodels.otel._spans.duplicates import KEY

    marks: list[object] = []

    def look(request):
        marks.append(get_value(KEY))
        return "a"

    mark = object()
    monkeypatch.setitem(sys.modules, "opentelemetry.util.genai", sys)
    monkeypatch.setitem(
        sys.modules,
        "opentelemetry.util.genai._inference_invocation",
        SimpleNamespace(InferenceData=lambda: mark),
    )
    model = instrument(
        MockChatModel(responses=[look], on_exhausted="last"), telemetry=recorder.telemetry()
    )
    model.generate("Hi")
    monkeypatch.delitem(sys.modules, "opentelemetry.util.genai._inference_invocation")
    model.generate("Hi")

    assert marks == [mark, None]


def test_options_in_code_replace_those_of_the_environment(recorder) -> None:
    """As in a program under `opentelemetry-instrument`, which switches the defaults on first."""
    from chatmodels.core import ToolCall, tool

    @tool
    def double(number: int) -> int:
        """Double a number."""
        return 2 * number

    ChatModelsInstrumentor().instrument()
    ChatModelsInstrumentor().instrument(skip_dep_check=True)
    ChatModelsInstrumentor().instrument(telemetry=recorder.telemetry(content="span"))
    try:
        model = global_registry.create_chat_model("mock:m")
        model.generate("Hi")
        double.call(ToolCall("c-1", "double", '{"number": 2}'))
    finally:
        ChatModelsInstrumentor().uninstrument()

    assert len(model.observers) == 1
    chat, execution = recorder.spans
    assert "gen_ai.input.messages" in chat.attributes
    assert "gen_ai.tool.call.arguments" in execution.attributes


def test_another_telemetry_replaces_that_of_a_registry(recorder, registry) -> None:
    first = instrument_registry(registry, telemetry=recorder.telemetry())
    second = instrument_registry(registry, telemetry=recorder.telemetry(content="span"))
    model = registry.create_chat_model("mock:m")
    first()
    model.generate("Hi")
    registry.create_chat_model("mock:m").generate("Hi")
    second()
    registry.create_chat_model("mock:m").generate("Hi")

    assert ["gen_ai.input.messages" in span.attributes for span in recorder.chats] == [True, True]


def test_another_telemetry_replaces_that_of_a_model(recorder) -> None:
    model = instrument(MockChatModel(), telemetry=recorder.telemetry())
    other = recorder.telemetry(content="span")

    replaced = instrument(model, telemetry=other)
    replaced.generate("Hi")

    assert instrument(replaced) is replaced
    assert instrument(replaced, telemetry=other) is replaced
    assert "gen_ai.input.messages" in recorder.span.attributes
    assert instrument(replaced, telemetry=NoOpTelemetry()).observers == ()


def test_a_registry_does_not_replace_the_telemetry_of_a_model(recorder, registry) -> None:
    own = instrument(MockChatModel(), telemetry=recorder.telemetry(content="span"))
    registry.add_model_hook(lambda _: own)
    remove = instrument_registry(registry, telemetry=recorder.telemetry())

    registry.create_chat_model("mock:m").generate("Hi")
    remove()

    assert "gen_ai.input.messages" in recorder.span.attributes


@pytest.mark.parametrize(
    "path", ["no_such_module:f", "os:no_such_function", "os:sep", "not a path"]
)
def test_a_cost_hook_that_cannot_be_imported_is_ignored(caplog, path) -> None:
    assert options_from_environment({"CHATMODELS_TELEMETRY_COST": path}) == TelemetryOptions()
    assert "CHATMODELS_TELEMETRY_COST is not a function, as module:function" in caplog.text


@pytest.mark.parametrize(("text", "cost"), [("true", True), ("False", False)])
def test_costs_can_be_switched_by_a_variable(text, cost) -> None:
    assert options_from_environment({"CHATMODELS_TELEMETRY_COST": text}).cost is cost


def test_telemetry_that_is_off_does_not_import_the_price_list() -> None:
    program = """
import sys
from chatmodels.otel import Telemetry, TelemetryOptions
Telemetry(TelemetryOptions(level="off", cost=True))
print("genai_prices" in sys.modules)
Telemetry(TelemetryOptions(level="metrics", cost=True))
print("genai_prices" in sys.modules)
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert result.stdout == "False\nTrue\n"


def test_a_cost_hook_can_be_named_by_a_variable() -> None:
    found = options_from_environment({"CHATMODELS_TELEMETRY_COST": "math:fsum"})

    assert found.cost is math.fsum
    assert options_from_environment({"CHATMODELS_TELEMETRY_COST": "x"}, cost=None).cost is None
