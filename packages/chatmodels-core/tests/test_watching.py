"""The notifications of observers of calls, registries and tools, and their isolation."""

import inspect
import logging
from typing import Any

import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    HealthReport,
    NetworkError,
    ProviderNotFoundError,
    StreamEnd,
    TextDelta,
    ToolCall,
    assistant,
    tool,
)
from chatmodels.core.extending import (
    ProviderMetadata,
    ProviderRegistry,
    Send,
    StandardChatModel,
    watch_tools,
)


class Model(StandardChatModel):
    """Fails at the first attempt on request."""

    def __init__(self, name: str = "large", *, failures: int = 0, **options: Any) -> None:
        super().__init__("acme", name, **options)
        self.failures = failures

    def respond(self, request, call):
        if call.attempts <= self.failures:
            raise NetworkError("reset")
        return ChatResponse(message=assistant(self.model))

    def events(self, request, call):
        if call.attempts <= self.failures:
            raise NetworkError("reset")
        yield TextDelta("a")
        yield TextDelta("b")
        yield StreamEnd()


class Watching:
    def __init__(self) -> None:
        self.log: list[str] = []

    def start(self, call) -> str:
        self.call = call
        self.log.append("start")
        return "token"

    def first_event(self, token) -> None:
        self.log.append("first")

    def end(self, token, response, error) -> None:
        self.log.append(f"end {self.call.outcome}")

    def enter(self, token) -> None:
        self.log.append("enter")

    def leave(self, token) -> None:
        self.log.append("leave")

    def attempt_failed(self, token, error) -> None:
        self.log.append(f"failed {error.code}")


class Broken(Watching):
    def __getattribute__(self, name: str) -> Any:
        if name in ("enter", "leave", "attempt_failed"):
            return lambda *_: 1 / 0
        return super().__getattribute__(name)


def again(call, request: ChatRequest):
    try:
        return (yield Send(request))
    except ChatModelError:
        return (yield Send(request))


def test_an_observer_is_entered_while_core_works_and_notified_of_failed_attempts() -> None:
    watching = Watching()
    model = Model(failures=1, policies=[again], observers=[watching])

    model.generate("Hi")
    whole, watching.log = watching.log, []
    with model.stream("Hi") as stream:
        watching.log.append("user")
        list(stream)

    assert whole == ["start", "enter", "failed network", "leave", "end completed"]
    assert watching.log == [
        "start",
        "enter",
        "failed network",
        "first",
        "leave",
        "user",
        "end completed",
    ]


async def test_an_observer_of_async_calls_is_entered_and_notified_too() -> None:
    watching = Watching()
    model = Model(failures=1, policies=[again], observers=[watching])

    await model.agenerate("Hi")
    await model.astream("Hi").collect()

    one = ["start", "enter", "failed network", "leave", "end completed"]
    assert watching.log == [*one, *one[:3], "first", *one[3:]]


def test_a_failure_is_logged_while_core_is_at_work(caplog) -> None:
    watching = Watching()

    class Handler(logging.Handler):
        def emit(self, record) -> None:
            watching.log.append("logged")

    handler = Handler()
    logging.getLogger("chatmodels.calls").addHandler(handler)
    with pytest.raises(NetworkError):
        Model(failures=1, observers=[watching]).generate("Hi")
    logging.getLogger("chatmodels.calls").removeHandler(handler)

    assert watching.log[-4:] == ["enter", "logged", "leave", "end failed"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_stream_that_is_garbage_collected_is_distinguished_from_a_closed_one() -> None:
    watching = Watching()
    model = Model(observers=[watching])

    with model.stream("Hi") as stream:
        next(stream)
    stream = model.stream("Hi")
    next(stream)
    del stream

    assert [each for each in watching.log if each.startswith("end")] == [
        "end closed",
        "end abandoned",
    ]


def test_failures_of_an_observer_are_logged_and_suppressed(caplog) -> None:
    assert Model(failures=1, policies=[again], observers=[Broken()]).generate("Hi").text == "large"

    assert [record.getMessage().rpartition(" ")[2] for record in caplog.records] == [
        "enter",
        "attempt_failed",
        "leave",
    ]


async def test_a_call_records_that_another_model_generated_the_response() -> None:
    watching = Watching()
    other = Model("other")

    def elsewhere(call, request: ChatRequest):
        return (yield Send(request, model=other))

    model = Model(policies=[elsewhere], observers=[watching])

    model.generate("Hi")
    assert watching.call.is_delegated
    await model.astream("Hi").collect()
    assert watching.call.is_delegated
    Model(observers=[watching]).generate("Hi")
    assert not watching.call.is_delegated


SHAPES = (
    lambda model: model.generate("Hi"),
    lambda model: model.agenerate("Hi"),
    lambda model: model.stream("Hi").collect(),
    lambda model: model.astream("Hi").collect(),
)


async def test_a_response_is_not_delegated_if_a_policy_only_checks_it_with_another_model() -> None:
    watching, judge = Watching(), Model("judge")

    def checked(call, request: ChatRequest):
        outcome = yield Send(request)
        yield Send(request, model=judge)
        return outcome

    model = Model(policies=[checked], observers=[watching])

    for make in SHAPES:
        response = make(model)
        if inspect.isawaitable(response):
            await response
        assert not watching.call.is_delegated


async def test_a_response_is_delegated_if_a_policy_chooses_that_of_another_model() -> None:
    watching, other = Watching(), Model("other")

    def better(call, request: ChatRequest):
        outcome = yield Send(request, model=other)
        yield Send(request)
        return outcome

    model = Model(policies=[better], observers=[watching])

    for make in SHAPES:
        response = make(model)
        if inspect.isawaitable(response):
            await response
        assert watching.call.is_delegated


async def test_an_observer_may_have_the_times_of_events() -> None:
    class Timing(Watching):
        def start(self, call):
            call.event_times = self.times = []

    timing = Timing()
    model = Model(observers=[timing])

    events = list(model.stream("Hi"))
    assert len(timing.times) == len(events)
    assert timing.times == sorted(timing.times)
    assert [event async for event in model.astream("Hi")]
    assert len(timing.times) == len(events)


def test_observers_can_be_taken_away() -> None:
    one, two = Watching(), Watching()
    model = Model(observers=[one, two])

    assert model.observers == (one, two)
    assert model.without_observers(one).observers == (two,)
    assert model.without_observers(Watching()).observers == (one, two)


class Provider:
    metadata = ProviderMetadata(name="acme", description="Sells anvils.", distribution="acme")

    def create_chat_model(self, model, options):
        if model == "none":
            raise NetworkError("down")
        return Model(model)

    def model_info(self, model): ...

    def check_health(self, options):
        return HealthReport(provider="acme", status="healthy")

    def list_models(self, options): ...


class RegistryLog:
    def __init__(self) -> None:
        self.log: list[Any] = []

    def resolved(self, provider, error) -> None:
        self.log.append(("resolved", provider, error and error.code))

    def created(self, provider, duration, error) -> None:
        assert duration >= 0
        self.log.append(("created", provider, error and error.code))

    def checked(self, report) -> None:
        self.log.append(("checked", report.provider, report.status))


@pytest.fixture
def registry() -> ProviderRegistry:
    registry = ProviderRegistry()
    registry.register_provider(Provider())
    return registry


def test_an_observer_of_a_registry_sees_look_ups_creations_and_health(registry) -> None:
    log = RegistryLog()
    remove = registry.add_observer(log)

    registry.create_chat_model("acme:large")
    with pytest.raises(NetworkError):
        registry.create_chat_model("acme:none")
    with pytest.raises(ProviderNotFoundError):
        registry.create_chat_model("acne:large")
    registry.check_health(["acme"])
    remove()
    remove()
    registry.create_chat_model("acme:large")

    assert log.log == [
        ("resolved", "acme", None),
        ("created", "acme", None),
        ("resolved", "acme", None),
        ("created", "acme", "network"),
        ("resolved", "acne", "provider_not_found"),
        ("created", "acne", "provider_not_found"),
        ("checked", "acme", "healthy"),
    ]


def test_failures_of_a_registry_observer_are_suppressed(registry, caplog) -> None:
    registry.add_observer(object())

    registry.create_chat_model("acme:large")

    assert "observer object failed" in caplog.text


def test_a_model_behind_an_alias_can_have_a_hook_around_its_targets(registry) -> None:
    import copy

    watching = Watching()
    registry.set_alias("default", "acme:one")
    bare = registry.create_chat_model("default")
    model = bare.with_hook(lambda target: target.with_observers(watching))

    bare.generate("Hi")
    assert watching.log == []
    model.generate("Hi")
    registry.set_alias("default", "acme:two")
    assert copy.deepcopy(model).generate("Hi").text == "two"
    model.generate("Hi")

    assert watching.log.count("start") == 3


@tool
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


class ToolWatch:
    def __init__(self, log: list[Any]) -> None:
        self.log = log

    def __call__(self, definition, call):
        self.log.append((definition.name, call.id))
        return self

    def __enter__(self):
        return lambda result: self.log.append(result.text)

    def __exit__(self, kind, error, traceback):
        self.log.append(kind)


async def test_a_watcher_of_tools_sees_calls_results_and_errors() -> None:
    log: list[Any] = []
    remove = watch_tools(ToolWatch(log))
    try:
        double.call(ToolCall("c-1", "double", '{"number": 4}'))
        await double.acall(ToolCall("c-2", "double", '{"number": 5}'))
        with pytest.raises(ChatModelError):
            double.call(ToolCall("c-3", "triple"))
    finally:
        remove()
        remove()
    double.call(ToolCall("c-4", "double", '{"number": 4}'))

    assert log[:6] == [("double", "c-1"), "8", None, ("double", "c-2"), "10", None]
    assert log[6] == ("double", "c-3")
    assert log[7] is not None
    assert len(log) == 8


def test_failures_of_a_tool_watcher_are_suppressed(caplog) -> None:
    class Failing:
        def __enter__(self):
            return lambda result: 1 / 0

        def __exit__(self, *_):
            raise ValueError("broken")

    removals = [watch_tools(lambda *_: 1 / 0), watch_tools(lambda *_: Failing())]
    try:
        assert double.call(ToolCall("c-1", "double", '{"number": 4}')).text == "8"
    finally:
        for remove in removals:
            remove()

    assert len(caplog.records) == 3


class Remembering(Model):
    """Sets a further attribute of the original while it is copied, as another thread can."""

    @property
    def remembered(self) -> None: ...

    @remembered.setter
    def remembered(self, value: "Remembering") -> None:
        value.added = True


def test_a_model_can_be_copied_while_an_attribute_is_set() -> None:
    model = Remembering()
    vars(model)["remembered"] = model
    copy = model.with_observers(Watching())
    assert model.added
    assert copy.model == model.model
