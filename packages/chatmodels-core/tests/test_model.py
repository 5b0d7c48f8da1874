"""A model is made of few primitives: what is missing is made of what is there."""

import copy
import pickle
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from chatmodels.core import (
    ChatModel,
    ChatRequest,
    ChatResponse,
    HealthReport,
    InternalError,
    InvalidRequestError,
    Message,
    ModelInfo,
    OutputInvalidError,
    Part,
    ProviderPart,
    RateLimitError,
    RefusalPart,
    Settings,
    StreamEnd,
    StreamEvent,
    StreamInterruptedError,
    StreamStart,
    TextDelta,
    TextPart,
    Timeout,
    ToolCall,
    ToolChoice,
    UnsupportedError,
    assistant,
    system,
    tool,
    user,
)
from chatmodels.core._calls.fallbacks import _ThreadReader
from chatmodels.core.extending import (
    AsyncHealthChecker,
    AsyncMessageGenerator,
    AsyncMessageStreamer,
    CallInfo,
    Explanation,
    Flow,
    HealthChecker,
    MessageGenerator,
    MessageStreamer,
    ModelInfoProvider,
    OutputSchema,
    ProviderState,
    Send,
    StandardChatModel,
    ToolDefinition,
)

EVENTS = (StreamStart("r1"), TextDelta("Hel"), TextDelta("lo"), StreamEnd())
RESPONSE = ChatResponse(message=assistant("Hello"), id="r1")


class Recording(StandardChatModel):
    """Writes down in which thread each primitive ran."""

    def __init__(self, **options: Any) -> None:
        super().__init__("fake", "m", **options)
        self.ran: list[tuple[str, bool]] = []
        self.requests: list[ChatRequest] = []
        self.closed = 0

    def note(self, primitive: str, request: ChatRequest | None = None) -> None:
        here = threading.current_thread() is threading.main_thread()
        self.ran.append((primitive, here))
        if request is not None:
            self.requests.append(request)


class Responding(Recording):
    response: ChatResponse[Any] = RESPONSE

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.note("respond", request)
        return self.response


class Streaming(Recording):
    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        self.note("events", request)
        try:
            yield from EVENTS
        finally:
            self.closed += 1


class AsyncResponding(Responding):
    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.note("arespond")
        return RESPONSE


class AsyncStreaming(Streaming):
    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        self.note("aevents")
        try:
            for event in EVENTS:
                yield event
        finally:
            self.closed += 1


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


# made of what is there


@pytest.mark.parametrize(
    ("cls", "generate", "stream", "agenerate", "astream"),
    [
        pytest.param(
            Responding,
            ("respond", True),
            ("respond", True),
            ("respond", False),
            ("respond", False),
            id="respond",
        ),
        pytest.param(
            Streaming,
            ("events", True),
            ("events", True),
            ("events", False),
            ("events", False),
            id="events",
        ),
        pytest.param(
            AsyncResponding,
            ("respond", True),
            ("respond", True),
            ("arespond", True),
            ("arespond", True),
            id="respond-and-arespond",
        ),
        pytest.param(
            AsyncStreaming,
            ("events", True),
            ("events", True),
            ("aevents", True),
            ("aevents", True),
            id="events-and-aevents",
        ),
    ],
)
async def test_all_four_forms_of_a_call_are_derived_from_one_primitive(
    cls: type[Recording], generate: Any, stream: Any, agenerate: Any, astream: Any
) -> None:
    model = cls()

    responses = [
        model.generate("Hi"),
        model.stream("Hi").collect(),
        await model.agenerate("Hi"),
        await model.astream("Hi").collect(),
    ]

    assert [(response.text, response.id) for response in responses] == [("Hello", "r1")] * 4
    assert model.ran == [generate, stream, agenerate, astream]


def test_a_class_without_any_primitive_is_refused_at_the_creation_of_a_model() -> None:
    with pytest.raises(
        InternalError, match=r"Recording cannot generate responses; .* or events\(\)"
    ):
        Recording()


@pytest.mark.parametrize("cls", [Streaming, AsyncStreaming], ids=["events", "aevents"])
async def test_a_response_from_events_requires_the_end_event(
    cls: type[Streaming], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "EVENTS", EVENTS[:2])
    model = cls()

    with pytest.raises(StreamInterruptedError) as caught:
        await model.agenerate("Hi")
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"
    with pytest.raises(StreamInterruptedError, match="without its terminal event"):
        model.generate("Hi")
    monkeypatch.setitem(globals(), "EVENTS", ())
    with pytest.raises(StreamInterruptedError, match="without any event"):
        model.generate("Hi")
    with pytest.raises(StreamInterruptedError, match="without any event"):
        await model.agenerate("Hi")
    assert model.closed == 4


async def test_primitives_may_be_read_to_their_end_without_a_call() -> None:
    model, request = AsyncResponding(), ChatRequest(messages=(user("Hi"),))
    call = CallInfo("stream", request, provider="fake", model="m", timeout=Timeout())

    events = [event async for event in model.aevents(request, call)]

    assert events == list(model.events(request, call))
    assert isinstance(events[-1], StreamEnd)


async def test_aclose_calls_close_by_default() -> None:
    class Closable(Responding):
        def close(self) -> None:
            self.note("close")

    model = Closable()

    await model.aclose()
    await Responding().aclose()
    Responding().close()

    assert model.ran == [("close", False)]


async def test_a_model_has_minimal_metadata_by_default() -> None:
    model = Responding()

    assert model.model_info() == ModelInfo(name="m", provider="fake")
    assert model.check_health().status == "unknown"
    assert await model.acheck_health() == model.check_health()
    assert repr(model) == "<Responding fake:m>"


# worker threads


class Blocking(Streaming):
    """Waits in the middle of a stream, or of a response, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.go = threading.Event()
        self.over = threading.Event()

    def wait(self) -> None:
        self.reached.set()
        assert self.go.wait(300)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        try:
            yield EVENTS[0]
            self.wait()
            yield from EVENTS[1:]
        finally:
            self.closed += 1
            self.over.set()

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        try:
            self.wait()
        finally:
            self.over.set()
        return RESPONSE


async def until(event: threading.Event) -> None:
    while not event.is_set():
        await anyio.lowlevel.checkpoint()


async def test_cancelling_a_call_does_not_wait_for_its_thread() -> None:
    model = Blocking()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(model.agenerate, "Hi")
            await until(model.reached)
            scope.cancel()

    assert scope.cancelled_caught
    assert not model.over.is_set()
    model.go.set()
    await until(model.over)


async def test_cancelling_a_stream_does_not_wait_for_its_thread_which_closes_it() -> None:
    model = Blocking()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(model.astream("Hi").collect)
            await until(model.reached)
            scope.cancel()

    assert scope.cancelled_caught
    assert model.closed == 0
    model.go.set()
    await until(model.over)
    assert model.closed == 1


def test_a_thread_that_starts_after_the_cancellation_reads_nothing() -> None:
    # Trio runs what was cancelled before its thread began.
    model, request = Streaming(), ChatRequest(messages=(user("Hi"),))
    call = CallInfo("stream", request, provider="fake", model="m", timeout=Timeout())
    reading = _ThreadReader(lambda: model.events(request, call), call)

    assert not reading.leave()
    assert reading.next_event() is None
    assert model.ran == []


async def test_leaving_a_stream_early_closes_it_in_a_thread() -> None:
    model = Streaming()

    async with model.astream("Hi") as stream:
        await anext(stream)

    assert model.closed == 1


async def test_a_stream_cancelled_before_its_thread_began_reads_nothing() -> None:
    model = Streaming()

    with anyio.CancelScope() as scope:
        scope.cancel()
        await model.astream("Hi").collect()

    assert scope.cancelled_caught
    assert model.ran == []


async def test_a_request_that_fails_at_once_in_a_thread_is_an_error() -> None:
    class Refusing(Streaming):
        def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
            raise RateLimitError("slow down")

    with pytest.raises(RateLimitError):
        await Refusing().astream("Hi").collect()


# arguments


def described(city: str) -> str:
    """Return the weather."""
    raise AssertionError("only its description is wanted")


def test_arguments_make_a_request() -> None:
    model = Responding()
    weather = tool(described, name="weather")

    model.response = ChatResponse(message=assistant('{"value": 3}'))
    response = model.generate(
        [system("Be brief."), "Hi"],
        tools=[weather],
        tool_choice="weather",
        output_type=int,
        timeout=Timeout(total=5),
        provider_options={"hint": 1},
        idempotent=False,
        temperature=0.5,
    )

    (request,) = model.requests
    assert response.parsed == 3
    assert request.output is not None
    assert request == ChatRequest(
        messages=(system("Be brief."), user("Hi")),
        settings=Settings(temperature=0.5),
        tools=(weather.definition,),
        tool_choice=ToolChoice("tool", "weather"),
        output=request.output,
        timeout=Timeout(total=5),
        provider_options={"hint": 1},
        idempotent=False,
    )


def test_a_number_of_seconds_is_a_models_total_limit() -> None:
    seen: list[Timeout] = []

    class Timed(Responding):
        def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
            seen.append(call.timeout)
            return RESPONSE

    Timed(timeout=5).generate("Hi")

    assert seen == [Timeout(total=5.0)]
    with pytest.raises(InvalidRequestError, match="timeout must be a number of seconds above 0"):
        Timed(timeout="5")


def test_options_that_are_none_are_not_given() -> None:
    model = Responding()
    nothing: dict[str, Any] = dict.fromkeys(
        ("tools", "tool_choice", "timeout", "provider_options", "idempotent", "temperature")
    )
    request = ChatRequest(messages=(user("Hi"),))

    model.generate("Hi", **nothing)
    model.generate(request, **nothing)

    assert model.requests == [request, request]


@pytest.mark.parametrize("op", ["generate", "stream", "explain"])
def test_all_wrong_arguments_come_in_one_error(op: str) -> None:
    model = Responding()

    with pytest.raises(InvalidRequestError) as caught:
        getattr(model, op)(
            [],
            tools=[3],
            tool_choice="weather",
            output_type=object(),
            timeout=-1,
            provider_options=3,
            idempotent="yes",
            temperature=9,
            temprature=1,
        )

    error = caught.value
    for words in (
        "the prompt has no messages",
        "a tool must be a function",
        "output_type cannot be",
        "timeout must be",
        "provider_options must be a mapping of field names, not int",
        "idempotent must be True or False, not 'yes'",
        "temperature must be",
        "no setting 'temprature'",
    ):
        assert words in error.message
    assert "weather" not in error.message
    assert (error.op, error.provider, error.model) == (op, "fake", "m")
    assert model.requests == []


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("choice", "parts", "reason", "warned"),
    [
        pytest.param("required", (TextPart("7 C"),), "stop", "'required'", id="a text"),
        pytest.param("weather", (TextPart("7 C"),), "stop", "'weather'", id="one tool"),
        pytest.param("required", (ToolCall("c", "weather"),), "tool_calls", "", id="a call"),
        pytest.param("required", (TextPart("7"),), "length", "", id="a text that was cut off"),
        pytest.param(
            "required",
            (ProviderPart(ProviderState("fake", {})),),
            "stop",
            "",
            id="a tool of the vendor's",
        ),
        pytest.param("auto", (TextPart("7 C"),), "stop", "", id="nothing demanded"),
    ],
)
def test_a_response_without_the_call_that_was_demanded_has_a_warning(
    choice: Any, parts: tuple[Part, ...], reason: Any, warned: str, streamed: bool
) -> None:
    model = Responding()
    model.response = ChatResponse(message=Message("assistant", parts), finish_reason=reason)
    weather = tool(described, name="weather")
    arguments: dict[str, Any] = {"tools": [weather], "tool_choice": choice}
    response = (
        model.stream("Hi", **arguments).collect() if streamed else model.generate("Hi", **arguments)
    )
    assert len(response.warnings) == bool(warned)
    assert all(
        f"the model called no tool, although tool_choice is {warned}" in warning
        for warning in response.warnings
    )


def test_a_tool_choice_outside_the_tools_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no tool named 'news'"):
        Responding().generate("Hi", tools=[described], tool_choice="news")


def test_a_ready_request_is_sent_over_the_models_defaults() -> None:
    model = Responding(settings=Settings(temperature=0.5, seed=1))
    schema = OutputSchema("response", None)
    request = ChatRequest(
        messages=(user("Hi"),), settings=Settings(seed=2), output=schema, idempotent=False
    )

    model.generate(request)

    (sent,) = model.requests
    assert sent.settings == Settings(temperature=0.5, seed=2)
    assert (sent.messages, sent.output, sent.idempotent) == (request.messages, schema, False)


def test_a_ready_request_may_have_an_output_type_besides() -> None:
    model = Responding()
    model.response = ChatResponse(message=assistant('{"value": 3}'))

    response = model.generate(ChatRequest(messages=(user("Hi"),)), output_type=int)

    assert response.parsed == 3
    assert model.requests[0].output is not None


@pytest.mark.parametrize(
    ("request_", "options", "words"),
    [
        pytest.param(
            ChatRequest(messages=(user("Hi"),)),
            {"tools": [described], "seed": 1},
            ["a ChatRequest contains its own options; put tools, seed into it"],
            id="options",
        ),
        pytest.param(
            ChatRequest(messages=(), settings=Settings(seed=1.5)),  # type: ignore[arg-type]
            {"output_type": object()},
            ["no messages", "seed must be", "output_type cannot be"],
            id="contents",
        ),
    ],
)
def test_a_ready_request_is_checked_too(
    request_: ChatRequest, options: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Responding().generate(request_, **options)

    assert all(word in caught.value.message for word in words)


def test_loosely_typed_fields_of_a_request_are_normalized() -> None:
    model = Responding(timeout=Timeout(connect=1.0))
    loose: dict[str, Any] = {"tools": [described], "timeout": 5}
    model.generate(ChatRequest(messages=(user("Hi"),), **loose))

    (request,) = model.requests
    assert [found.name for found in request.tools] == ["described"]
    assert request.timeout == Timeout(connect=1.0, total=5.0)


def test_settings_that_are_none_are_refused() -> None:
    odd: Any = {"temperature": 0.5}

    with pytest.raises(
        InvalidRequestError, match=r"settings must be a Settings\(\.\.\.\), not dict"
    ):
        Responding(settings=odd)
    with pytest.raises(InvalidRequestError, match="not dict; a tool must be"):
        Responding().generate(ChatRequest(messages=(user("Hi"),), settings=odd, tools=(odd,)))


def test_a_list_of_messages_in_a_ready_request_becomes_a_tuple() -> None:
    model = Responding()

    model.generate(ChatRequest(messages=[user("Hi")]))  # type: ignore[arg-type] - as many write it

    assert model.requests[0].messages == (user("Hi"),)


# what the model does not support


def limited(**options: Any) -> Responding:
    return Responding(supported_settings=frozenset({"seed"}), **options)


@pytest.mark.parametrize("unsupported", ["error", "warn"])
@pytest.mark.parametrize("settings", [Settings(), Settings(seed=1)], ids=["none", "supported"])
def test_supported_settings_pass(settings: Settings, unsupported: str) -> None:
    model = limited(settings=settings, on_unsupported=unsupported)

    assert model.generate("Hi").warnings == ()
    assert model.requests[0].settings == settings


def test_an_unsupported_setting_is_an_error_by_default() -> None:
    with pytest.raises(UnsupportedError) as caught:
        limited().generate("Hi", seed=1, top_k=3, store=True)

    assert caught.value.message == (
        "fake does not support top_k, store; omit it, or create the model with "
        'on_unsupported="warn" to omit it with a warning; provider_options send the field '
        "unchecked"
    )
    assert caught.value.op == "generate"


def test_a_refusal_names_the_option_that_would_help() -> None:
    model = limited(remedies={"store": 'api="all"', "top_k": 'api="all"', "user": 'api="none"'})
    with pytest.raises(UnsupportedError) as caught:
        model.generate("Hi", top_k=3, store=True, top_p=0.5, user="u")

    assert caught.value.message == (
        "fake does not support top_p, top_k, user, store; omit it, or create the model "
        'with api="all" for top_k, store, or with api="none" for user, or with '
        'on_unsupported="warn" to omit it with a warning; provider_options send the field '
        "unchecked"
    )


def test_an_unsupported_setting_of_the_model_is_reported_at_its_creation() -> None:
    with pytest.raises(UnsupportedError, match="fake does not support top_k, store; omit"):
        limited(settings=Settings(seed=1, top_k=3, store=True))


def test_an_unsupported_setting_is_omitted_with_a_warning_on_request() -> None:
    model = limited(on_unsupported="warn", settings=Settings(top_k=3))

    responses = [model.generate("Hi", seed=1), model.stream("Hi", seed=1).collect()]

    for response in responses:
        assert response.warnings == ("fake does not support top_k: omitted",)
    assert [request.settings for request in model.requests] == [Settings(seed=1)] * 2


def test_the_providers_warnings_come_after_those_of_core() -> None:
    model = limited(on_unsupported="warn")
    model.response = ChatResponse(message=assistant("Hi"), warnings=("odd",))

    left_out = "fake does not support top_k: omitted"
    assert model.generate("Hi", top_k=3).warnings == (left_out, "odd")


# structured output


def test_a_refusal_is_not_an_output() -> None:
    model = Responding()
    model.response = ChatResponse(message=assistant(RefusalPart("I will not.")))

    with pytest.raises(OutputInvalidError, match=r"the model refused: 'I will not.'") as caught:
        model.generate("Hi", output_type=int)

    assert caught.value.partial is not None
    assert caught.value.partial.refusal == "I will not."


async def test_an_output_that_was_cut_off_is_reported_as_such() -> None:
    model = Responding()
    model.response = ChatResponse(message=assistant('{"value": 1'), finish_reason="length")

    with pytest.raises(OutputInvalidError) as caught:
        await model.astream("Hi", output_type=int).collect()

    assert caught.value.message == str(caught.value)
    assert caught.value.message.startswith(
        "the token limit cut the output off; raise max_output_tokens (the output is not JSON"
    )
    assert caught.value.partial is not None
    assert caught.value.partial.text == '{"value": 1'


async def test_a_filtered_output_is_reported_with_the_reason() -> None:
    model = Responding()
    model.response = ChatResponse(
        message=assistant(""), finish_reason="content_filter", warnings=("the prompt was blocked",)
    )

    with pytest.raises(OutputInvalidError) as caught:
        await model.astream("Hi", output_type=int).collect()

    assert caught.value.message.startswith(
        "a content filter ended the response; the prompt was blocked (the output is empty"
    )
    assert caught.value.partial is not None
    assert caught.value.partial.finish_reason == "content_filter"


def test_comments_before_the_output_are_not_part_of_it() -> None:
    model = Responding()
    model.response = ChatResponse(message=assistant("Working on {it}.", '{"value": 7}'))

    assert model.generate("Hi", output_type=int).parsed == 7


def test_an_error_about_several_texts_quotes_all_of_them() -> None:
    model = Responding()
    model.response = ChatResponse(message=assistant("Working.", "Done."))

    with pytest.raises(OutputInvalidError, match=r"it begins with 'Working.Done.'"):
        model.generate("Hi", output_type=int)


def test_nothing_is_parsed_while_the_model_wants_tools_to_be_run() -> None:
    model = Responding()
    model.response = ChatResponse(message=assistant(ToolCall("1", "weather")))

    response = model.generate("Hi", output_type=int, tools=[ToolDefinition("weather", "", {})])

    assert response.parsed is None


# policies and other models


def elsewhere(model: StandardChatModel) -> Any:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Send(request, model))

    return policy


async def test_a_policy_calls_another_model_which_is_the_provider_of_the_response() -> None:
    other = AsyncResponding()
    other.provider = "backup"
    model = Responding().with_policies(elsewhere(other))

    assert model.generate("Hi").provider == "backup"
    assert (await model.agenerate("Hi")).provider == "backup"
    assert (model.ran, other.ran) == ([], [("respond", True), ("arespond", True)])


def test_other_values_than_responses_are_refused_by_type() -> None:
    def forgetful(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield Send(request)

    with pytest.raises(InternalError, match=r"NoneType is not a ChatResponse; .* or of a policy"):
        Responding(policies=[forgetful]).generate("Hi")


async def test_other_values_than_started_streams_are_refused_by_type() -> None:
    def forgetful(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield Send(request)

    model = Responding(policies=[forgetful])

    with pytest.raises(InternalError, match=r"NoneType is not an opened stream; .* of a policy"):
        model.stream("Hi").collect()
    with pytest.raises(InternalError, match=r"NoneType is not an opened stream; .* of a policy"):
        await model.astream("Hi").collect()


def test_policies_that_are_added_surround_those_that_are_there() -> None:
    order: list[str] = []

    def named(name: str) -> Any:
        def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
            order.append(name)
            return (yield Send(request))

        return policy

    inner = Responding(policies=[named("inner")])
    outer = inner.with_policies(named("outermost"), named("outer"))

    outer.generate("Hi")
    inner.generate("Hi")

    assert order == ["outermost", "outer", "inner", "inner"]


# explanations


class Explaining(Responding):
    outcome: Any = Explanation(method="POST", url="https://x", headers={}, body={}, warnings=("b",))

    def explanation(self, request: ChatRequest, /) -> Explanation:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def test_an_explanation_carries_all_warnings_and_sends_nothing() -> None:
    model = Explaining(supported_settings=frozenset(), on_unsupported="warn")

    explanation = model.explain("Hi", seed=1)

    assert explanation.warnings == ("fake does not support seed: omitted", "b")
    assert model.requests == []


def test_models_without_http_cannot_be_explained() -> None:
    with pytest.raises(UnsupportedError, match="fake does not send HTTP requests") as caught:
        Responding().explain("Hi")

    assert (caught.value.op, caught.value.model) == ("explain", "m")


def test_a_failure_to_explain_is_one_of_ours() -> None:
    model = Explaining()
    model.outcome = KeyError("x")

    with pytest.raises(InternalError, match="fake:m failed with KeyError"):
        model.explain("Hi")


# the protocols


@pytest.mark.parametrize(
    "protocol",
    [
        ChatModel,
        MessageGenerator,
        AsyncMessageGenerator,
        MessageStreamer,
        AsyncMessageStreamer,
        ModelInfoProvider,
        HealthChecker,
        AsyncHealthChecker,
    ],
    ids=lambda protocol: protocol.__name__,
)
def test_a_model_implements_all_protocols(protocol: type) -> None:
    assert isinstance(Responding(), protocol)
    assert not isinstance(object(), protocol)


def test_a_partial_model_implements_only_its_protocol() -> None:
    class Probe:
        def check_health(self) -> HealthReport:
            raise AssertionError("only its presence counts")

    assert isinstance(Probe(), HealthChecker)
    assert not isinstance(Probe(), MessageGenerator)


@pytest.mark.parametrize(
    "copier", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_a_model_is_copied_and_pickled(copier: Any) -> None:
    model = Responding(settings=Settings(seed=1), supported_settings=frozenset({"seed"}))

    copied = copier(model)

    assert copied.generate("Hi") == model.generate("Hi")
    assert copied.requests[-1].settings == Settings(seed=1)


@pytest.mark.parametrize("op", ["generate", "stream", "explain"])
def test_an_argument_that_is_nested_too_deeply_is_refused_clearly(op: str) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(InvalidRequestError, match="an argument is nested too deeply") as caught:
        getattr(Responding(), op)("Hi", stop=deep)

    assert caught.value.op == op
    assert isinstance(caught.value.__cause__, RecursionError)


def test_a_model_is_restored_from_the_state_that_pickles_of_0_1_0_have() -> None:
    model = Responding()
    again = object.__new__(Responding)
    again.__setstate__(dict(model.__dict__))
    assert again.generate("Hello") == model.generate("Hello")
