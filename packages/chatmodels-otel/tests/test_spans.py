"""The attributes of the span of a call."""

import json
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import (
    INVALID_SPAN,
    SpanKind,
    StatusCode,
    TraceFlags,
    format_trace_id,
    get_current_span,
    use_span,
)

from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    ErrorCode,
    Settings,
    ToolCall,
    UnsupportedError,
    Usage,
    assistant,
    tool,
)
from chatmodels.core.extending import Profile, StandardChatModel
from chatmodels.otel import (
    Telemetry,
    TelemetryOptions,
    conversation,
    instrument,
    prompt_template,
)
from chatmodels.providers.mock import MockChatModel


class Answering(StandardChatModel):
    """A model at some URL with a fixed response."""

    response: ChatResponse[Any] = ChatResponse(message=assistant("Yes."))

    def respond(self, request, call):
        return self.response


def at(provider: str, endpoint: str | None, response: ChatResponse[Any] | None = None) -> Answering:
    model = Answering(provider, "large", endpoint=endpoint)
    if response is not None:
        model.response = response
    return model


def test_a_whole_call_is_a_client_span_with_request_and_response(recorder) -> None:
    model = instrument(
        MockChatModel("m-1", responses=["two words"]), telemetry=recorder.telemetry()
    )

    model.generate(
        "Hi",
        temperature=1,
        top_p=0.5,
        top_k=3,
        max_output_tokens=9,
        stop=["X"],
        seed=7,
        frequency_penalty=0.1,
        presence_penalty=0,
        reasoning_effort="low",
    )

    span = recorder.span
    assert (span.name, span.kind) == ("chat m-1", SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mock",
        "gen_ai.request.model": "m-1",
        "gen_ai.request.temperature": 1.0,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.top_k": 3,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.stop_sequences": ("X",),
        "gen_ai.request.seed": 7,
        "gen_ai.request.frequency_penalty": 0.1,
        "gen_ai.request.presence_penalty": 0.0,
        "gen_ai.request.reasoning.level": "low",
        "gen_ai.response.id": "mock-1",
        "gen_ai.response.model": "m-1",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 1,
        "gen_ai.usage.output_tokens": 2,
    }


def test_the_span_of_a_stream_has_the_time_to_its_first_chunk(recorder) -> None:
    model = instrument(MockChatModel(responses=["two words"]), telemetry=recorder.telemetry())

    model.stream("Hi").collect()

    attributes = recorder.span.attributes
    assert attributes["gen_ai.request.stream"] is True
    assert 0 < attributes["gen_ai.response.time_to_first_chunk"] < 10


def test_samplers_receive_the_attributes_that_the_conventions_require(recorder) -> None:
    seen: dict[str, Any] = {}

    class Seeing:
        def on_start(self, span, parent_context=None):
            seen.update(span.attributes)

        def on_end(self, span): ...
        def _on_ending(self, span): ...
        def shutdown(self): ...
        def force_flush(self, timeout_millis=0): ...

    recorder.tracer_provider.add_span_processor(Seeing())
    model = instrument(at("acme", "https://api.acme.example/v1"), telemetry=recorder.telemetry())

    model.generate("Hi")

    assert seen == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "acme",
        "gen_ai.request.model": "large",
        "server.address": "api.acme.example",
        "server.port": 443,
    }


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("https://a.example/v1", ("a.example", 443)),
        ("http://a.example", ("a.example", 80)),
        ("http://127.0.0.1:8080/v1", ("127.0.0.1", 8080)),
        ("http://[::1]:1/v1", ("::1", 1)),
        ("https://user:secret@a.example/", ("a.example", 443)),
        ("https://a.example:port/", (None, None)),
        ("nonsense", (None, None)),
        (None, (None, None)),
    ],
)
def test_the_server_is_host_and_port_of_the_base_url(recorder, endpoint, address) -> None:
    instrument(at("acme", endpoint), telemetry=recorder.telemetry()).generate("Hi")

    attributes = recorder.span.attributes
    assert (attributes.get("server.address"), attributes.get("server.port")) == address


@pytest.mark.parametrize(
    ("registered", "conventional"),
    [("mistral", "mistral_ai"), ("xai", "x_ai"), ("bedrock", "aws.bedrock"), ("ollama", "ollama")],
)
def test_providers_have_the_names_of_the_conventions(recorder, registered, conventional) -> None:
    instrument(at(registered, None), telemetry=recorder.telemetry()).generate("Hi")

    assert recorder.span.attributes["gen_ai.provider.name"] == conventional


def test_all_kinds_of_tokens_are_recorded(recorder) -> None:
    usage = Usage(
        input_tokens=100,
        output_tokens=50,
        cached_input_tokens=40,
        cache_write_tokens=10,
        reasoning_tokens=30,
        input_audio_tokens=5,
        output_audio_tokens=6,
    )
    response = ChatResponse(message=assistant("Yes."), usage=usage)

    instrument(at("acme", None, response), telemetry=recorder.telemetry()).generate("Hi")

    recorded = {
        name.removeprefix("gen_ai.usage."): value
        for name, value in recorder.span.attributes.items()
        if name.startswith("gen_ai.usage.")
    }
    assert recorded == {
        "input_tokens": 100,
        "output_tokens": 50,
        "cache_read.input_tokens": 40,
        "cache_write.input_tokens": 10,
        "reasoning.output_tokens": 30,
        "audio.input_tokens": 5,
        "audio.output_tokens": 6,
    }


@pytest.mark.parametrize(
    ("payload", "fingerprint"),
    [
        (b'{"system_fingerprint":"fp_1"}', "fp_1"),
        (b'[{"id":"x"},{"system_fingerprint":"fp_2"}]', "fp_2"),
        (b'[{"system_fingerprint":null}]', None),
        (b'{"system_fingerprint":7}', None),
        (b'{"id":"x"}', None),
    ],
    ids=["whole", "streamed", "null", "malformed", "absent"],
)
def test_openai_has_attributes_of_its_own(recorder, payload, fingerprint) -> None:
    import msgspec

    response = ChatResponse(
        message=assistant("Yes."), service_tier="default", payload=msgspec.Raw(payload)
    )

    instrument(at("openai", None, response), telemetry=recorder.telemetry()).generate(
        "Hi", service_tier="flex"
    )

    attributes = recorder.span.attributes
    assert attributes["openai.request.service_tier"] == "flex"
    assert attributes["openai.response.service_tier"] == "default"
    assert attributes.get("openai.response.system_fingerprint") == fingerprint


@pytest.mark.parametrize(
    ("provider", "api", "expected"),
    [
        ("openai", "responses", {"openai.api.type": "responses"}),
        ("openai", None, {}),
        ("groq", "chat_completions", {}),
        (
            "azure_inference",
            None,
            {"azure.resource_provider.namespace": "Microsoft.CognitiveServices"},
        ),
    ],
)
def test_providers_have_constant_attributes_of_their_own(recorder, provider, api, expected) -> None:
    model = Answering(provider, "large", api=api)

    instrument(model, telemetry=recorder.telemetry()).generate("Hi")

    span = recorder.span
    found = {
        name: value
        for name, value in span.attributes.items()
        if not name.startswith(("gen_ai.", "server."))
    }
    assert found == expected


@pytest.mark.parametrize(
    ("provider", "options", "expected"),
    [
        ("bedrock", {"guardrailConfig": {"guardrailIdentifier": "g-1"}}, "g-1"),
        ("bedrock", {"guardrailConfig": {}}, None),
        ("bedrock", {"guardrailConfig": "g-1"}, None),
        ("acme", {"guardrailConfig": {"guardrailIdentifier": "g-1"}}, None),
    ],
)
def test_bedrocks_guardrail_is_recorded(recorder, provider, options, expected) -> None:
    instrument(at(provider, None), telemetry=recorder.telemetry()).generate(
        "Hi", provider_options=options
    )

    assert recorder.span.attributes.get("aws.bedrock.guardrail.id") == expected


def test_a_service_tier_of_auto_is_not_recorded(recorder) -> None:
    instrument(at("openai", None), telemetry=recorder.telemetry()).generate(
        "Hi", service_tier="auto"
    )

    assert "openai.request.service_tier" not in recorder.span.attributes


def test_the_output_type_is_recorded_if_one_is_requested(recorder) -> None:
    from chatmodels.core import AudioOutput

    model = instrument(MockChatModel(responses=[{"a": 1}, "x"]), telemetry=recorder.telemetry())

    model.generate("Hi", output_type=dict)
    model.generate("Hi", audio_output=AudioOutput("alloy"))

    kinds = [span.attributes["gen_ai.output.type"] for span in recorder.chats]
    assert kinds == ["json", "speech"]


def test_provider_options_with_a_name_in_the_conventions_are_recorded(recorder) -> None:
    model = instrument(MockChatModel(responses=["a", "b"]), telemetry=recorder.telemetry())

    model.generate("Hi", provider_options={"previous_response_id": "r-1", "n": 2})
    model.generate("Hi", provider_options={"previous_response_id": 5, "n": 1})

    first, second = (span.attributes for span in recorder.chats)
    assert first["gen_ai.request.previous_response.id"] == "r-1"
    assert first["gen_ai.request.choice.count"] == 2
    assert "gen_ai.request.previous_response.id" not in second
    assert "gen_ai.request.choice.count" not in second


def test_the_conversation_is_recorded_if_the_program_sets_it(recorder) -> None:
    model = instrument(MockChatModel(responses=["a", "b"]), telemetry=recorder.telemetry())

    with conversation("c-1"):
        model.generate("Hi")
    model.generate("Hi")

    first, second = recorder.chats
    assert first.attributes["gen_ai.conversation.id"] == "c-1"
    assert "gen_ai.conversation.id" not in second.attributes


def test_the_prompt_template_is_recorded_if_the_program_sets_it(recorder) -> None:
    model = instrument(MockChatModel("parrot"), telemetry=recorder.telemetry())

    with conversation("c-1"), prompt_template("greet", version="2", variables={"name": "Ada"}):
        model.generate("Hi")
        with prompt_template("ask"):
            model.generate("Hi")
    model.generate("Hi")

    recorded = [
        {
            name.removeprefix("gen_ai."): value
            for name, value in span.attributes.items()
            if name.startswith(("gen_ai.prompt", "gen_ai.conversation"))
        }
        for span in recorder.chats
    ]
    assert recorded == [
        {"conversation.id": "c-1", "prompt.name": "greet", "prompt.version": "2"},
        {"conversation.id": "c-1", "prompt.name": "ask"},
        {},
    ]


@pytest.mark.parametrize("code", [code for code in ErrorCode if code != "cancelled"])
def test_a_failure_has_the_error_code_as_its_type(recorder, code) -> None:
    telemetry = recorder.telemetry(content="span")
    model = instrument(MockChatModel(responses=[code]), telemetry=telemetry)

    with pytest.raises(ChatModelError) as raised:
        model.generate("Hi")

    span = recorder.span
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == str(raised.value)
    assert span.attributes["error.type"] == str(code)
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)


@pytest.mark.parametrize(
    ("reason", "raw", "recorded"),
    [
        ("stop", "end_turn", "stop"),
        ("stop", "COMPLETE", "stop"),
        ("length", "max_tokens", "length"),
        ("tool_calls", "tool_use", "tool_call"),
        ("content_filter", "SAFETY", "content_filter"),
        ("refusal", "refusal", "refusal"),
        ("error", "oops", "error"),
        ("other", "compaction", "compaction"),
        ("other", None, "other"),
    ],
)
def test_the_finish_reason_is_the_same_for_all_providers(recorder, reason, raw, recorded) -> None:
    message = assistant(ToolCall("c", "f", "{}")) if reason == "tool_calls" else assistant("x")
    response = ChatResponse(message=message, finish_reason=reason, raw_finish_reason=raw)
    telemetry = recorder.telemetry(content="span", content_format="json")

    instrument(at("acme", None, response), telemetry=telemetry).generate("Hi")

    attributes = recorder.span.attributes
    assert attributes["gen_ai.response.finish_reasons"] == (recorded,)
    (written,) = json.loads(attributes["gen_ai.output.messages"])
    assert written["finish_reason"] == recorded


@pytest.mark.parametrize("op", ["generate", "stream"])
def test_a_call_that_raises_before_sending_is_recorded(recorder, op) -> None:
    model = Answering("acme", "large", supported_settings=frozenset())
    model = instrument(model, telemetry=recorder.telemetry())

    with pytest.raises(UnsupportedError):
        getattr(model, op)("Hi", seed=3)

    assert recorder.span.attributes["error.type"] == "unsupported"
    assert recorder.span.status.status_code is StatusCode.ERROR
    assert "seed" in recorder.span.status.description
    assert recorder.total("gen_ai.client.inference.duration") == 1
    assert [record.event_name for record in recorder.logs] == ["gen_ai.client.inference.exception"]


def test_a_span_lasts_as_long_as_the_call_by_the_monotonic_clock(recorder) -> None:
    model = instrument(MockChatModel(responses=["a"]), telemetry=recorder.telemetry())

    model.generate("Hi")

    (point,) = recorder.points("gen_ai.client.inference.duration")
    span = recorder.span
    assert (span.end_time - span.start_time) / 1e9 == pytest.approx(point.sum, abs=1e-9)


def test_defaults_of_a_model_are_recorded_like_settings_of_a_call(recorder) -> None:
    mock = MockChatModel(responses=["a"], settings=Settings(temperature=0.25))

    instrument(mock, telemetry=recorder.telemetry()).generate("Hi")

    assert recorder.span.attributes["gen_ai.request.temperature"] == 0.25


@pytest.mark.parametrize(
    ("effort", "level"), [("low", "low"), ("xhigh", "max"), ("none", None), (None, None)]
)
def test_the_level_of_reasoning_is_the_value_that_is_sent(recorder, effort, level) -> None:
    profile = Profile(effort_words={"xhigh": "max", "none": None})
    model = instrument(Answering("acme", "large", profile=profile), telemetry=recorder.telemetry())

    model.generate("Hi", reasoning_effort=effort)

    assert recorder.span.attributes.get("gen_ai.request.reasoning.level") == level


def test_a_call_with_tools_is_like_any_other(recorder) -> None:
    @tool
    def weather(city: str) -> str:
        """Report the weather."""

    instrument(MockChatModel(responses=["a"]), telemetry=recorder.telemetry()).generate(
        "Hi", tools=[weather]
    )

    assert "gen_ai.tool.definitions" not in recorder.span.attributes


class Noting(StandardChatModel):
    """A model that records the current span during a call."""

    def respond(self, request, call):
        self.current = get_current_span()
        self.headers = call.headers
        return ChatResponse(message=assistant("Yes."))


def unsampled(recorder, **options: Any) -> tuple[Noting, TracerProvider]:
    """A model with unsampled spans, and their tracer provider."""
    tracers = TracerProvider(sampler=ALWAYS_OFF)
    telemetry = Telemetry(
        TelemetryOptions(**options), tracer_provider=tracers, meter_provider=recorder.meter_provider
    )
    model = Noting("acme", "large", endpoint="https://gateway.example/v1")
    return instrument(model, telemetry=telemetry), tracers


def test_in_an_unsampled_trace_the_outer_span_stays_current(recorder) -> None:
    model, tracers = unsampled(recorder)
    around = tracers.get_tracer("program").start_span("request")

    with use_span(around):
        model.generate("Hi")

    assert model.current is around
    assert recorder.total("gen_ai.client.inference.duration") == 1


def test_an_unsampled_call_is_current_if_it_begins_the_trace(recorder) -> None:
    model, _ = unsampled(recorder)

    model.generate("Hi")

    assert model.current.get_span_context().is_valid
    assert not model.current.is_recording()
    assert get_current_span() is INVALID_SPAN


def test_a_server_receives_the_unsampled_flag_of_the_trace(recorder) -> None:
    model, tracers = unsampled(recorder, propagate_to=("https://gateway.example",))
    around = tracers.get_tracer("program").start_span("request")

    with use_span(around):
        model.generate("Hi")

    trace = format_trace_id(around.get_span_context().trace_id)
    _, recorded, _, flags = model.headers["traceparent"].split("-")
    assert recorded == trace
    assert int(flags, 16) & TraceFlags.SAMPLED == 0


@pytest.mark.parametrize(
    ("conventions_of", "names", "kind", "schema"),
    [
        ("latest", {"cache_write"}, int, "gen-ai-dev/1.42.0-dev"),
        ("v1.41", {"cache_creation"}, float, "1.41.0"),
        ("both", {"cache_write", "cache_creation"}, int, "gen-ai-dev/1.42.0-dev"),
    ],
)
def test_attributes_of_version_1_41_can_be_chosen(
    recorder, conventions_of, names, kind, schema
) -> None:
    recorder.conventions.knows_version_1_41 = conventions_of != "latest"
    response = ChatResponse(message=assistant("x"), usage=Usage(cache_write_tokens=3))
    telemetry = recorder.telemetry(conventions=conventions_of)
    model = instrument(at("acme", None, response), telemetry=telemetry)

    model.generate("Hi", top_k=7)
    model.generate("Hi")

    span, without = recorder.chats
    found = {name.split(".")[2] for name in span.attributes if name.startswith("gen_ai.usage.c")}
    assert found == names
    assert type(span.attributes["gen_ai.request.top_k"]) is kind
    assert "gen_ai.request.top_k" not in without.attributes
    assert span.instrumentation_scope.schema_url == f"https://opentelemetry.io/schemas/{schema}"
    assert recorder.schemas == {f"https://opentelemetry.io/schemas/{schema}"}
