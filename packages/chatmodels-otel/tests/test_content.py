"""Content: only if enabled, valid by the schemas, truncated, redacted."""

import json
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    ErrorCode,
    FilePart,
    ImagePart,
    InvalidRequestError,
    Message,
    NetworkError,
    OutputInvalidError,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    audio,
    image,
    system,
    tool,
    tool_result,
    user,
)
from chatmodels.core.extending import ProviderState
from chatmodels.otel import execute_tool, instrument, prompt_template, traced
from chatmodels.otel._content.capture import STRUCTURED_SINCE, api_version
from chatmodels.providers.mock import MockChatModel

PIXEL = image(b"\x89PNG\r\n\x1a\n", media_type="image/png")
IN, OUT, TOOLS = "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions"


class Number(msgspec.Struct, forbid_unknown_fields=True):
    """The requested output."""

    number: int


def read(value: Any) -> Any:
    """Parse an attribute of a span, structured or JSON."""
    if isinstance(value, str):
        return json.loads(value)
    return json.loads(json.dumps(value, default=dict))


@tool
def weather(city: str) -> str:
    """Report the weather."""


def test_content_is_not_recorded_by_default(recorder) -> None:
    model = MockChatModel(responses=["the answer"])

    instrument(model, telemetry=recorder.telemetry(operation_details=True)).generate("a secret")

    recorded = json.dumps([dict(recorder.span.attributes), dict(recorder.logs[0].attributes)])
    assert "a secret" not in recorded
    assert "the answer" not in recorded


@pytest.mark.parametrize(
    ("content", "on_span", "on_event"),
    [("none", False, False), ("span", True, False), ("event", False, True), ("both", True, True)],
)
def test_content_is_recorded_at_the_chosen_place(recorder, content, on_span, on_event) -> None:
    model = MockChatModel(responses=["the answer"])

    instrument(model, telemetry=recorder.telemetry(content=content)).generate("Hi")

    assert (IN in recorder.span.attributes) is on_span
    events = [record.attributes for record in recorder.logs]
    assert [IN in attributes for attributes in events] == ([True] if on_event else [])


@pytest.mark.parametrize("content_format", ["auto", "structured", "json"])
def test_messages_have_the_form_of_the_schemas(recorder, content_format) -> None:
    can = content_format != "structured" or api_version() >= STRUCTURED_SINCE
    assert can or pytest.skip("the API drops structured values")
    call = ToolCall("c-1", "weather", '{"city": "Oslo"}')
    prompt = [
        system("Be brief."),
        Message("user", (TextPart("Look"), PIXEL), name="ann"),
        Message(
            "assistant",
            (
                ReasoningPart("Hm."),
                call,
                ToolCall("c-2", "weather", "no JSON"),
                RefusalPart("No."),
                ProviderPart(ProviderState("acme", {"opaque": 1})),
            ),
        ),
        tool_result(call, "rain"),
        tool_result("c-2", "see", PIXEL),
        user(
            ImagePart(url="https://a.example/cat.png"),
            FilePart(file_id="file-1", media_type="video/mp4"),
            FilePart(data=b"%PDF", media_type="application/pdf"),
            audio(b"RIFF", media_type="audio/wav"),
        ),
    ]
    telemetry = recorder.telemetry(content="both", content_format=content_format)

    instrument(MockChatModel(responses=["Rain."]), telemetry=telemetry).generate(
        prompt, tools=[weather]
    )

    attributes = recorder.span.attributes
    assert read(attributes[OUT]) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "Rain."}],
            "finish_reason": "stop",
        }
    ]
    assert read(attributes[TOOLS]) == [{"type": "function", "name": "weather"}]
    pixel = {
        "type": "blob",
        "modality": "image",
        "mime_type": "image/png",
        "content": "iVBORw0KGgo=",
    }
    assert read(attributes[IN]) == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "name": "ann", "parts": [{"type": "text", "content": "Look"}, pixel]},
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm."},
                {
                    "type": "tool_call",
                    "id": "c-1",
                    "name": "weather",
                    "arguments": {"city": "Oslo"},
                },
                {"type": "tool_call", "id": "c-2", "name": "weather", "arguments": "no JSON"},
                {"type": "generic", "generic_type": "refusal", "content": "No."},
                {"type": "generic", "generic_type": "provider", "provider": "acme"},
            ],
        },
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c-1", "response": "rain"}],
        },
        {
            "role": "tool",
            "parts": [
                {
                    "type": "tool_call_response",
                    "id": "c-2",
                    "response": [{"type": "text", "content": "see"}, pixel],
                }
            ],
        },
        {
            "role": "user",
            "parts": [
                {"type": "uri", "modality": "image", "uri": "https://a.example/cat.png"},
                {
                    "type": "file",
                    "modality": "video",
                    "mime_type": "video/mp4",
                    "file_id": "file-1",
                },
                {
                    "type": "blob",
                    "modality": "document",
                    "mime_type": "application/pdf",
                    "content": "JVBERg==",
                },
                {
                    "type": "blob",
                    "modality": "audio",
                    "mime_type": "audio/wav",
                    "content": "UklGRg==",
                },
            ],
        },
    ]


@pytest.mark.parametrize(
    ("wanted", "definitions"),
    [
        ("none", None),
        ("names", [{"type": "function", "name": "weather"}]),
        (
            "full",
            [
                {
                    "type": "function",
                    "name": "weather",
                    "description": "Report the weather.",
                    "parameters": weather.parameters,
                }
            ],
        ),
    ],
)
def test_tools_are_recorded_by_name_or_in_full(recorder, wanted, definitions) -> None:
    telemetry = recorder.telemetry(content="span", tool_definitions=wanted)

    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate("Hi", tools=[weather])

    recorded = recorder.span.attributes.get(TOOLS)
    assert (None if recorded is None else read(recorded)) == definitions


@pytest.mark.parametrize("content_format", ["auto", "json"])
def test_the_variables_of_a_template_are_content(recorder, content_format) -> None:
    def redact(name: str, value: Any) -> Any:
        return None if name == "gen_ai.prompt.variable.secret" else value

    options = {"redact": redact, "content_format": content_format, "max_part_chars": 3}
    bare = instrument(MockChatModel("parrot"), telemetry=recorder.telemetry())
    full = instrument(
        MockChatModel("parrot"), telemetry=recorder.telemetry(content="span", **options)
    )

    with prompt_template("greet", variables={"name": "Ada Byron", "secret": "x"}):
        bare.generate("Hi")
        full.generate("Hi")

    without, with_content = (
        {name: value for name, value in span.attributes.items() if ".variable." in name}
        for span in recorder.chats
    )
    assert without == {}
    assert with_content == {"gen_ai.prompt.variable.name": "Ada... [6 more characters]"}


def test_long_texts_are_cut_and_media_left_out(recorder) -> None:
    telemetry = recorder.telemetry(content="span", max_part_chars=10)
    big = ImagePart(data=b"x" * 100, media_type="image/png")

    instrument(MockChatModel(responses=["y" * 30]), telemetry=telemetry).generate(
        user("z" * 25, big)
    )

    attributes = recorder.span.attributes
    (message,) = read(attributes[OUT])
    (question,) = read(attributes[IN])
    assert message["parts"][0]["content"] == "y" * 10 + "... [20 more characters]"
    assert question["parts"][0]["content"] == "z" * 10 + "... [15 more characters]"
    assert question["parts"][1] == {
        "type": "generic",
        "generic_type": "omitted",
        "bytes": 100,
        "modality": "image",
        "mime_type": "image/png",
    }


def test_the_oldest_messages_are_left_out_when_there_are_too_many(recorder) -> None:
    telemetry = recorder.telemetry(content="span", max_content_chars=2000)
    prompt = [f"message {number} {'x' * 80}" for number in range(100)]

    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate(prompt)

    recorded = read(recorder.span.attributes[IN])
    assert 5 < len(recorded) < 25
    assert recorded[-1]["parts"][0]["content"] == prompt[-1]
    assert len(json.dumps(recorded)) < 4000


def test_items_beyond_the_budget_are_left_out(recorder) -> None:
    model = MockChatModel(responses=[ToolCall("c", "f", json.dumps({"many": ["x"] * 1000}))])
    telemetry = recorder.telemetry(content="span", max_content_chars=500)

    instrument(model, telemetry=telemetry).generate("Hi")

    ((part,),) = (message["parts"] for message in read(recorder.span.attributes[OUT]))
    assert 1 < len(part["arguments"]["many"]) < 100


@pytest.mark.parametrize("fields", ["x", "type"])
def test_fields_beyond_the_budget_are_left_out(recorder, fields) -> None:
    wide = {fields: "x"} | {f"{number:0300}": {"y": {"z": 1}} for number in range(1000)}
    model = MockChatModel(responses=[ToolCall("c", "f", json.dumps(wide))])
    telemetry = recorder.telemetry(content="span", max_content_chars=2000)

    instrument(model, telemetry=telemetry).generate(user(*["text"] * 200))

    attributes = recorder.span.attributes
    assert len(json.dumps(read(attributes[OUT]))) < 4000
    assert len(json.dumps(read(attributes.get(IN, [])))) < 4000


def test_parts_beyond_the_budget_are_left_out(recorder) -> None:
    telemetry = recorder.telemetry(content="span", max_content_chars=120)

    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate(user(*["text"] * 200))

    (message,) = read(recorder.span.attributes[IN])
    assert 1 <= len(message["parts"]) < 5


def test_numbers_that_no_exporter_accepts_are_recorded_as_texts(recorder) -> None:
    model = MockChatModel(responses=[ToolCall("c", "f", '{"big": 1' + "0" * 30 + ', "n": -7}')])

    instrument(model, telemetry=recorder.telemetry(content="span")).generate("Hi")

    ((part,),) = (message["parts"] for message in read(recorder.span.attributes[OUT]))
    assert part["arguments"] == {"big": "1" + "0" * 30, "n": -7}


@pytest.mark.parametrize("role", ["tool", "user"])
def test_each_result_of_a_tool_has_a_message_of_its_own(recorder, role) -> None:
    rain, snow = (tool_result(call, text).parts[0] for call, text in [("a", "rain"), ("b", "snow")])
    prompt = [
        Message(role, (rain, snow)),
        Message("user", (TextPart("And?"), rain, TextPart("Or"))),
    ]

    instrument(MockChatModel(), telemetry=recorder.telemetry(content="span")).generate(prompt)

    first = {"type": "tool_call_response", "id": "a", "response": "rain"}
    assert [(each["role"], each["parts"]) for each in read(recorder.span.attributes[IN])] == [
        (role, [first]),
        (role, [{"type": "tool_call_response", "id": "b", "response": "snow"}]),
        ("user", [{"type": "text", "content": "And?"}]),
        ("user", [first]),
        ("user", [{"type": "text", "content": "Or"}]),
    ]


def test_a_hook_can_change_the_definition_of_a_tool(recorder) -> None:
    def redact(name: str, value: Any) -> Any:
        if name == TOOLS:
            value[0]["parameters"].clear()
        return value

    before = dict(weather.definition.parameters)
    telemetry = recorder.telemetry(content="span", tool_definitions="full", redact=redact)
    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate("Hi", tools=[weather])

    assert weather.definition.parameters == before


def test_a_hook_sees_everything_before_it_is_recorded(recorder) -> None:
    seen: list[str] = []

    def redact(name: str, value: Any) -> Any:
        seen.append(name)
        if name == TOOLS:
            return None
        for message in value:
            for part in message["parts"]:
                part["content"] = part["content"].replace("4711", "****")
        return value

    telemetry = recorder.telemetry(content="both", redact=redact)
    instrument(MockChatModel(responses=["It is 4711."]), telemetry=telemetry).generate(
        "My number is 4711", tools=[weather]
    )

    assert seen == [OUT, IN, TOOLS]
    for attributes in (recorder.span.attributes, recorder.logs[0].attributes):
        assert "4711" not in repr(dict(attributes))
        assert "****" in repr(dict(attributes))
        assert TOOLS not in attributes


def test_content_with_a_failed_redaction_is_not_recorded(recorder, caplog) -> None:
    def redact(name: str, value: Any) -> Any:
        raise ValueError("no idea")

    telemetry = recorder.telemetry(content="both", redact=redact)
    model = instrument(MockChatModel(responses=["a secret"] * 3), telemetry=telemetry)

    for _ in range(3):
        assert model.generate("Hi").text == "a secret"

    for each in (*recorder.chats, *recorder.logs):
        assert IN not in each.attributes
        assert OUT not in each.attributes
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "redact" in warnings[0].getMessage()


def test_whatever_a_hook_returns_becomes_plain_json(recorder) -> None:
    class Odd: ...

    def redact(name: str, value: Any) -> Any:
        return [
            {"role": "user", "parts": [{"type": "generic", "content": Odd(), 3: (1.5, None, True)}]}
        ]

    telemetry = recorder.telemetry(content="span", content_format="json", redact=redact)
    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate("Hi")

    (message,) = read(recorder.span.attributes[IN])
    (part,) = message["parts"]
    assert part["type"] == "generic"
    assert part["content"].startswith("<")
    assert part["content"].endswith("Odd>")
    assert part["3"] == [1.5, None, True]


def test_a_failed_call_has_no_output_unless_some_arrived(recorder) -> None:
    model = MockChatModel(
        responses=[ErrorCode.NETWORK, ("half an ans", NetworkError("reset"))],
    )
    model = instrument(model, telemetry=recorder.telemetry(content="span"))

    with pytest.raises(NetworkError):
        model.generate("Hi")
    with pytest.raises(NetworkError):
        model.stream("Hi").collect()

    first, second = recorder.chats
    assert OUT not in first.attributes
    (message,) = read(second.attributes[OUT])
    assert "".join(part["content"] for part in message["parts"]) == "half an ans"
    assert message["finish_reason"] == "error"


def test_a_call_with_an_invalid_prompt_has_no_messages(recorder) -> None:
    model = instrument(MockChatModel(), telemetry=recorder.telemetry(content="both"))

    with pytest.raises(InvalidRequestError):
        model.generate([])

    assert IN not in recorder.span.attributes
    assert all(IN not in record.attributes for record in recorder.logs)


def test_the_event_of_details_has_the_attributes_of_the_span(recorder) -> None:
    model = MockChatModel(responses=["a", "b c"])
    model = instrument(model, telemetry=recorder.telemetry(operation_details=True))

    model.generate("Hi", temperature=0.5)
    model.stream("Hi").collect()

    for span, record in zip(recorder.chats, recorder.logs, strict=True):
        assert record.event_name == "gen_ai.client.inference.operation.details"
        assert dict(record.attributes) == dict(span.attributes)
        assert (record.trace_id, record.span_id) == (span.context.trace_id, span.context.span_id)


def test_details_do_not_depend_on_sampling(recorder) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

    recorder.tracer_provider = TracerProvider(sampler=ALWAYS_OFF)
    telemetry = recorder.telemetry(content="event")

    instrument(MockChatModel(responses=["a"]), telemetry=telemetry).generate("Hi")

    (record,) = recorder.logs
    assert recorder.chats == []
    assert IN in record.attributes
    assert record.trace_id != 0


@pytest.mark.parametrize("details", [False, True])
def test_a_failure_is_an_event_with_its_traceback(recorder, details) -> None:
    telemetry = recorder.telemetry(operation_details=details)
    model = instrument(MockChatModel(responses=[ErrorCode.RATE_LIMITED]), telemetry=telemetry)

    with pytest.raises(Exception, match="rate"):
        model.generate("Hi")

    record = recorder.logs[-1]
    span = recorder.span
    assert record.event_name == "gen_ai.client.inference.exception"
    assert record.attributes["exception.type"].endswith("RateLimitError")
    assert record.attributes["exception.message"] == span.status.description
    assert "Traceback" in record.attributes["exception.stacktrace"]
    assert record.attributes["error.type"] == "rate_limited"
    identifying = {name for name in record.attributes if not name.startswith("exception.")}
    shared = {"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"}
    assert identifying == {"error.type"} | (shared if details else set())
    assert (record.trace_id, record.span_id) == (span.context.trace_id, span.context.span_id)


@pytest.mark.parametrize(
    ("exceptions", "logged", "on_span"),
    [("log", 1, 0), ("span", 0, 1), ("both", 1, 1), ("none", 0, 0)],
)
def test_failures_are_recorded_at_the_chosen_place(recorder, exceptions, logged, on_span) -> None:
    telemetry = recorder.telemetry(exceptions=exceptions)
    model = instrument(MockChatModel(responses=[ErrorCode.NETWORK]), telemetry=telemetry)

    with pytest.raises(NetworkError):
        model.generate("Hi")

    assert len(recorder.span.events) == on_span
    recorder.conventions.span = lambda span: []  # an event of the span is expected
    assert len(recorder.logs) == logged


async def test_a_cancellation_is_not_reported_as_a_failure(recorder) -> None:
    import asyncio

    class Hanging(MockChatModel):
        async def arespond(self, request, call):
            await asyncio.get_running_loop().create_future()

    model = instrument(Hanging(), telemetry=recorder.telemetry(exceptions="both"))
    task = asyncio.create_task(model.agenerate("Hi"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert recorder.span.attributes["error.type"] == "cancelled"
    assert recorder.span.events == ()
    assert recorder.logs == []


@pytest.mark.parametrize("version", [(1, 37), (1, 43)])
def test_older_apis_get_exceptions_described(recorder, monkeypatch, version) -> None:
    monkeypatch.setattr("chatmodels.otel._logs.events.api_version", lambda: version)
    model = instrument(
        MockChatModel(responses=[ErrorCode.NETWORK, ValueError("odd")]),
        telemetry=recorder.telemetry(),
    )
    for _ in range(2):
        with pytest.raises(Exception, match=r"."):
            model.generate("Hi")

    types = [record.attributes["exception.type"] for record in recorder.logs]
    assert types[0].endswith("NetworkError")
    assert types[1].endswith("InternalError")


def test_builtin_exceptions_are_named_without_their_module() -> None:
    from chatmodels.otel._failure import exception_attributes

    assert exception_attributes(KeyError("x"), content=False)["exception.type"] == "KeyError"


def test_apis_before_events_emit_none(recorder, monkeypatch) -> None:
    monkeypatch.setattr("chatmodels.otel._logs.events.api_version", lambda: (1, 36))
    model = instrument(
        MockChatModel(responses=[ErrorCode.NETWORK]), telemetry=recorder.telemetry(content="event")
    )

    with pytest.raises(NetworkError):
        model.generate("Hi")

    assert recorder.logs == []


@pytest.mark.parametrize("text", ["a secret", '{"a secret": 1}'], ids=["no json", "no fit"])
@pytest.mark.parametrize("content", ["none", "span", "event", "both"])
def test_an_error_that_quotes_the_response_is_content(recorder, content, text) -> None:
    telemetry = recorder.telemetry(content=content, exceptions="both")
    model = instrument(MockChatModel(responses=[text] * 2), telemetry=telemetry)

    @traced(telemetry=telemetry)
    def generate() -> None:
        model.generate("Hi", output_type=Number)

    with pytest.raises(OutputInvalidError, match="a secret"):
        generate()
    with (
        pytest.raises(OutputInvalidError),
        execute_tool("ask", telemetry=telemetry),
    ):
        model.generate("Hi", output_type=Number)

    spans = recorder.spans
    recorder.forget_spans()  # whose events differ from the current conventions
    assert len(spans) == 4
    for span in spans:
        recorded = repr(
            [span.status.description, *(dict(event.attributes) for event in span.events)]
        )
        assert ("secret" in recorded) is (content in ("span", "both"))
    for record in recorder.logs:
        recorded = repr(dict(record.attributes))
        assert ("secret" in recorded) is (content in ("event", "both"))
        if record.event_name.endswith(".exception"):
            assert "_parsed" in record.attributes["exception.stacktrace"]


def test_a_logger_that_is_switched_off_is_not_bothered(recorder) -> None:
    from chatmodels.otel._logs.events import Events

    assert api_version() >= (1, 45) or pytest.skip("the API does not ask whether a logger is on")

    class Off:
        def enabled(self, **_):
            return False

    Events(Off()).exception(ValueError("x"), {}, None, content=False)


def test_a_response_without_parts_is_not_recorded(recorder) -> None:
    from chatmodels.core import ChatResponse

    empty = ChatResponse(message=Message("assistant", ()))

    instrument(
        MockChatModel(responses=[empty]), telemetry=recorder.telemetry(content="span")
    ).generate("Hi")

    assert OUT not in recorder.span.attributes


def test_apis_before_structured_values_get_json(recorder, monkeypatch) -> None:
    monkeypatch.setattr("chatmodels.otel._content.capture.api_version", lambda: (1, 44))

    instrument(
        MockChatModel(responses=["a"]), telemetry=recorder.telemetry(content="span")
    ).generate("Hi")

    assert isinstance(recorder.span.attributes[IN], str)


def test_failures_are_recorded_even_if_nothing_else_is(recorder) -> None:
    from opentelemetry.metrics import NoOpMeterProvider
    from opentelemetry.trace import NoOpTracerProvider

    recorder.tracer_provider = NoOpTracerProvider()
    recorder.meter_provider = NoOpMeterProvider()
    model = MockChatModel(responses=["a", ErrorCode.NETWORK])
    model = instrument(model, telemetry=recorder.telemetry())

    model.generate("Hi")
    with pytest.raises(NetworkError):
        model.generate("Hi")

    assert len(recorder.logs) == 1
