"""Observers watch calls: each event is reported once, and none can break a call."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    HealthReport,
    InternalError,
    InvalidRequestError,
    OutputInvalidError,
    RateLimitError,
    Timeout,
    UnsupportedError,
    assistant,
    user,
)
from chatmodels.core.extending import CallInfo, Flow, Observer, Send, StandardChatModel


class Watcher:
    """Records the events that an observer receives."""

    def __init__(self, log: list[Any] | None = None, name: str = "") -> None:
        self.log: list[Any] = [] if log is None else log
        self.name = name

    def start(self, call: CallInfo, /) -> object:
        self.log.append((f"{self.name}start", call))
        return call

    def first_event(self, token: object, /) -> None:
        self.log.append((f"{self.name}first_event", token))

    def end(self, token: object, response: Any, error: BaseException | None, /) -> None:
        self.log.append((f"{self.name}end", token, response, error))

    @property
    def events(self) -> list[str]:
        return [entry[0] for entry in self.log]


class Breaking(Watcher):
    """Fails in one method, after the event is recorded."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.method = method

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in {"start", "first_event", "end"} or name != self.method:
            return found

        def fail(*arguments: Any) -> None:
            found(*arguments)
            raise ValueError("my diary")

        return fail


class Scripted(StandardChatModel):
    """Answers, or raises what it is given."""

    def __init__(self, scripted: Any = "Hi", *observers: Observer, **options: Any) -> None:
        super().__init__(
            "fake",
            "m",
            observers=observers,
            endpoint="https://example.com",
            timeout=Timeout(total=9),
            **options,
        )
        self.scripted = scripted

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        if isinstance(self.scripted, BaseException):
            raise self.scripted
        return ChatResponse(message=assistant(self.scripted))

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        return self.respond(request, call)


def step(coroutine: Any) -> Any:
    """Run a coroutine that never waits for anything."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waited")


Ask = Callable[..., Any]
both = pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda model, **options: model.generate("Hi", **options), id="sync"),
        pytest.param(lambda model, **options: step(model.agenerate("Hi", **options)), id="async"),
    ],
)


@both
def test_a_call_is_watched_from_its_start_to_its_end(ask: Ask) -> None:
    watcher = Watcher()

    response = ask(Scripted("Hi", watcher))

    (_, call), end = watcher.log
    assert watcher.events == ["start", "end"]
    assert end == ("end", call, response, None)
    assert (call.op, call.provider, call.model) == ("generate", "fake", "m")
    assert call.request == ChatRequest(messages=(user("Hi"),))
    assert call.endpoint == "https://example.com"
    assert call.timeout == Timeout(total=9)
    assert call.deadline == call.started + 9
    assert (call.outcome, call.attempts, call.events) == ("completed", 1, 0)
    assert call.first_event_at is None
    assert response.timing.attempts == 1
    assert response.timing.first_event is None


@both
def test_observers_receive_the_error_that_the_caller_receives(ask: Ask) -> None:
    watcher = Watcher()

    with pytest.raises(RateLimitError) as caught:
        ask(Scripted(RateLimitError("slow down"), watcher))

    call = watcher.log[0][1]
    assert watcher.log[1:] == [("end", call, None, caught.value)]
    assert call.outcome == "failed"
    assert (caught.value.op, caught.value.provider, caught.value.model) == ("generate", "fake", "m")


@pytest.mark.parametrize("op", ["generate", "stream"])
@pytest.mark.parametrize(
    ("settings", "error"),
    [
        pytest.param({"seed": 0.5}, InvalidRequestError, id="wrong"),
        pytest.param({"temperature": 0.5}, UnsupportedError, id="unsupported"),
    ],
)
def test_a_call_that_is_refused_for_its_arguments_is_watched_too(
    op: str, settings: dict[str, Any], error: type[ChatModelError], caplog: Any
) -> None:
    watcher = Watcher()
    model = Scripted("Hi", watcher, supported_settings=frozenset({"seed"}))

    with pytest.raises(error) as caught:
        getattr(model, op)("Hi", **settings)

    (_, call), end = watcher.log
    assert end == ("end", call, None, caught.value)
    assert (call.op, call.outcome, call.attempts) == (op, "failed", 0)
    assert call.request == ChatRequest(messages=())
    assert caught.value.op == op
    assert [record.name for record in caplog.records] == ["chatmodels.calls"]


def test_a_refused_explanation_is_not_a_call() -> None:
    watcher = Watcher()

    with pytest.raises(InvalidRequestError):
        Scripted("Hi", watcher).explain("Hi", seed=0.5)

    assert watcher.events == []


@both
def test_a_foreign_failure_is_wrapped(ask: Ask) -> None:
    watcher = Watcher()

    with pytest.raises(InternalError, match=r"^fake:m failed with KeyError: 'x'; ") as caught:
        ask(Scripted(KeyError("x"), watcher))

    assert isinstance(caught.value.__cause__, KeyError)
    assert watcher.log[1][3] is caught.value


@both
def test_observers_receive_the_response_that_could_not_be_parsed(ask: Ask) -> None:
    watcher = Watcher()

    with pytest.raises(OutputInvalidError) as caught:
        ask(Scripted("no JSON", watcher), output_type=int)

    assert caught.value.partial is not None
    assert caught.value.partial.text == "no JSON"
    assert watcher.log[1][2] is caught.value.partial


@both
@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt, SystemExit, asyncio.CancelledError], ids=lambda cls: cls.__name__
)
def test_cancellations_propagate_unchanged_and_are_reported_as_such(
    ask: Ask, stop: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    watcher, error = Watcher(), stop("now")

    with pytest.raises(stop) as caught:
        ask(Scripted(error, watcher))

    assert caught.value is error
    assert watcher.log[1][2:] == (None, error)
    assert watcher.log[0][1].outcome == "cancelled"
    assert not caplog.records


@pytest.mark.parametrize("method", ["start", "first_event", "end"])
@pytest.mark.parametrize(
    "scripted", ["Hi", RateLimitError("slow down")], ids=["scripted", "failure"]
)
def test_an_observer_that_raises_does_not_affect_calls_and_other_observers(
    method: str, scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    breaking, tidy = Breaking(method), Watcher()
    model = Scripted(scripted, breaking, tidy)

    if isinstance(scripted, str):
        assert model.stream("Hi").collect().text == "Hi"
        expected = ["start", "first_event", "end"]
    else:
        with pytest.raises(RateLimitError):
            model.stream("Hi").collect()
        expected = ["start", "end"]

    assert tidy.events == expected
    assert breaking.events == (["start"] if method == "start" else expected)
    records = [record for record in caplog.records if record.name == "chatmodels.observers"]
    if method in expected:
        (record,) = records
        assert record.getMessage() == f"observer Breaking failed in {method}"
        assert record.levelno == logging.WARNING
        assert vars(record)["error_type"] == "ValueError"
        assert "my diary" not in str(vars(record))


class Tally:
    """Has no more methods than an observer needs."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def start(self, call: CallInfo, /) -> str:
        return call.op

    def end(self, token: str, response: Any, error: BaseException | None, /) -> None:
        self.ended.append(token)


@pytest.mark.parametrize(
    "scripted", ["Hi", RateLimitError("slow down")], ids=["scripted", "failure"]
)
def test_an_observer_needs_only_a_start_and_an_end(
    scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tally = Tally()

    (result,) = Scripted(scripted, tally).batch(["Hi"])
    with contextlib.suppress(RateLimitError):
        Scripted(scripted, tally).stream("Hi").collect()

    assert isinstance(result, ChatModelError) == isinstance(scripted, ChatModelError)
    assert tally.ended == ["generate", "stream"]
    assert isinstance(tally, Observer)
    assert [each for each in caplog.records if each.name == "chatmodels.observers"] == []


def test_observers_are_called_in_their_order() -> None:
    log: list[Any] = []

    Scripted("Hi").with_observers(Watcher(log, "a "), Watcher(log, "b ")).generate("Hi")

    assert [entry[0] for entry in log] == ["a start", "b start", "a end", "b end"]


def test_the_end_is_reported_once() -> None:
    watcher = Watcher()
    request = ChatRequest(messages=(user("Hi"),))
    call = CallInfo(
        "generate", request, provider="fake", model="m", timeout=Timeout(), observers=(watcher,)
    )

    call.end(None, RateLimitError("slow down"))
    call.end(ChatResponse(message=assistant("Hi")))

    assert watcher.events == ["start", "end"]
    assert call.outcome == "failed"


def test_the_end_is_reported_even_if_a_log_filter_fails() -> None:
    watcher = Watcher()
    model = Scripted(RateLimitError("slow down"), watcher)
    log = logging.getLogger("chatmodels.calls")

    def broken(record: logging.LogRecord) -> bool:
        raise ZeroDivisionError

    log.addFilter(broken)
    try:
        with pytest.raises(ZeroDivisionError):
            model.generate("Hi")
    finally:
        log.removeFilter(broken)
    assert watcher.events == ["start", "end"]


def test_every_attempt_is_counted() -> None:
    def thrice(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield Send(request)
        yield Send(request, Scripted("Ho"))
        return (yield Send(request))

    response = Scripted("Hi").with_policies(thrice).generate("Hi")

    assert response.timing.attempts == 3


def test_an_observer_is_recognized_by_its_methods() -> None:
    assert isinstance(Watcher(), Observer)
    assert not isinstance(Scripted(), Observer)


class Checking(Watcher):
    """Wants to know of health checks, and may fail then."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__()
        self.fails = fails

    def checked(self, report: HealthReport, /) -> None:
        self.log.append(report)
        if self.fails:
            raise RuntimeError("mine")


async def test_a_health_check_is_reported_to_observers_that_have_the_method(
    caplog: pytest.LogCaptureFixture,
) -> None:
    breaking, plain, checking = Checking(fails=True), Watcher(), Checking()
    model = Scripted().with_observers(breaking, plain, checking)

    reports = [model.check_health(), await model.acheck_health()]

    assert checking.log == breaking.log == reports
    assert plain.log == []
    assert [record.getMessage() for record in caplog.records] == [
        "observer Checking failed in checked"
    ] * 2


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_call_ends_once(anyio_backend: str) -> None:
    class Waiting(Scripted):
        async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
            await anyio.sleep_forever()
            raise AssertionError

    watcher = Watcher()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(Waiting("Hi", watcher).agenerate, "Hi")
            await anyio.wait_all_tasks_blocked()
            scope.cancel()

    assert watcher.events == ["start", "end"]
    assert watcher.log[0][1].outcome == "cancelled"
    assert not isinstance(watcher.log[1][3], Exception)
