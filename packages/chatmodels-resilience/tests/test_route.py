"""A route distributes calls over models, and calls another one if one fails."""

import asyncio
import logging
import pickle
import threading
import time
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    AuthenticationError,
    ChatModel,
    ChatRequest,
    ChatResponse,
    CircuitOpenError,
    ConfigurationError,
    HealthReport,
    InternalError,
    InvalidRequestError,
    NetworkError,
    ProviderUnavailableError,
    RateLimitError,
    Settings,
    StreamEnd,
    StreamEvent,
    TextDelta,
    Timeout,
    UnsupportedError,
    assistant,
)
from chatmodels.core.extending import CallInfo, Explanation, StandardChatModel
from chatmodels.resilience import (
    UNHEALTHY_CODES,
    CircuitBreaker,
    Fallback,
    RateLimit,
    Retry,
    Route,
    RouteMember,
    Sticky,
)


def down() -> ProviderUnavailableError:
    return ProviderUnavailableError("down", status=503)


class Named(StandardChatModel):
    """Responds with its name; streams in two events."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__("acme", name, **options)

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        return ChatResponse(message=assistant(self.model), finish_reason="stop")

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield TextDelta(self.model)
        yield StreamEnd("stop")


def first(members: Any, call: Any, request: Any) -> RouteMember:
    """The strategy of a fixed order."""
    return members[0]


async def texts(call: Any, model: Any, count: int) -> str:
    return " ".join([(await call(model)).text for _ in range(count)])


async def test_calls_go_to_the_members_in_turn(call: Any) -> None:
    model = Route([Named("a"), Named("b"), Named("c")])

    assert isinstance(model, ChatModel)
    assert await texts(call, model, 5) == "a b c a b"


async def test_the_response_is_that_of_the_member(call: Any, scripted: Any) -> None:
    member = scripted("Hello", profile=Named("a").profile, on_unsupported="warn")

    response = await call(Route([member]))

    assert (response.provider, response.failed_attempts) == ("acme", ())
    assert response.timing.attempts == 1


async def test_another_member_is_called_if_one_fails(call: Any, scripted: Any) -> None:
    members = [scripted(down(), name="a"), scripted(AuthenticationError("no"), name="b")]
    model = Route([*members, scripted("Hello", name="c")])

    response = await call(model)

    assert response.text == "Hello"
    assert [(each.model, each.code) for each in response.failed_attempts] == [
        ("a", "provider_unavailable"),
        ("b", "authentication"),
    ]


async def test_the_last_error_is_raised_with_all_attempts(call: Any, scripted: Any) -> None:
    model = Route([scripted(down(), name="a"), scripted(NetworkError("lost"), name="b")])

    with pytest.raises(NetworkError, match="lost") as raised:
        await call(model)

    assert [each.model for each in raised.value.failed_attempts] == ["a", "b"]
    assert [member.running for member in model.members] == [0, 0]


async def test_a_defect_of_the_program_is_raised_at_once(call: Any, scripted: Any) -> None:
    model = Route([scripted(InvalidRequestError("bad")), Named("b")])

    with pytest.raises(InvalidRequestError, match="bad"):
        await call(model)


async def test_only_the_given_codes_lead_to_another_member(call: Any, scripted: Any) -> None:
    model = Route([scripted(down()), Named("b")], on=["rate_limited"])

    with pytest.raises(ProviderUnavailableError):
        await call(model)


async def test_a_request_that_is_not_idempotent_goes_to_one_member(
    call: Any, scripted: Any
) -> None:
    model = Route([scripted(down()), Named("b")])

    with pytest.raises(ProviderUnavailableError) as raised:
        await call(model, idempotent=False)

    assert raised.value.__notes__ == ["no other model was called: the request is not idempotent"]


async def test_the_next_member_gets_the_rest_of_the_total_time(
    call: Any, scripted: Any, clock: Any
) -> None:
    second = scripted("Hello")
    clock.now = time.monotonic() + 400
    model = Route([scripted(down()), second], clock=clock)

    await call(model, timeout=Timeout(total=1000))

    assert second.requests[0].timeout.total == pytest.approx(600, abs=60)


async def test_a_member_applies_its_own_settings_and_rules(call: Any, scripted: Any) -> None:
    plain = scripted(name="plain", supported_settings=frozenset())
    able = scripted("Hello", settings=Settings(temperature=0.5))

    response = await call(Route([plain, able]), top_p=0.1)

    assert able.requests[0].settings == Settings(temperature=0.5, top_p=0.1)
    assert [each.code for each in response.failed_attempts] == ["unsupported"]


async def test_retries_of_a_member_come_before_its_replacement(call: Any, scripted: Any) -> None:
    retried = scripted(down(), down(), policies=[Retry(max_retries=1, initial_delay=0)])

    response = await call(Route([retried, Named("b")]))

    assert [each.model for each in response.failed_attempts] == ["large", "large"]


async def test_output_is_parsed(call: Any, scripted: Any) -> None:
    model = Route([scripted('{"value": 7}')])

    assert (await call(model, output_type=int)).parsed == 7


def test_a_member_whose_output_is_invalid_is_replaced(scripted: Any) -> None:
    model = Route([scripted("seven"), scripted('{"value": 7}')])

    assert model.generate("Hi", output_type=int).parsed == 7


async def test_a_member_that_fails_in_a_row_is_left_out_and_probed(
    call: Any, scripted: Any, clock: Any
) -> None:
    failing = scripted(down(), down(), down(), "back", name="a")
    model = Route([failing, Named("b")], first, failures=2, reset_after=10, clock=clock)

    assert await texts(call, model, 3) == "b b b"
    assert len(failing.requests) == 2
    assert [each.is_available for each in model.members] == [False, True]
    clock.now = 10.0
    assert await texts(call, model, 2) == "b b"  # the probe fails
    assert len(failing.requests) == 3
    clock.now = 20.0
    assert await texts(call, model, 1) == "back"
    assert model.members[0].is_available


async def test_a_rate_limited_member_is_left_out_as_long_as_advised(
    call: Any, scripted: Any, clock: Any
) -> None:
    limited = scripted(RateLimitError("slow down", retry_after=2.5), "back", name="a")
    model = Route([limited, Named("b")], first, clock=clock)

    assert await texts(call, model, 2) == "b b"
    clock.now = 2.5
    assert await texts(call, model, 1) == "back"


async def test_a_call_with_too_little_time_does_not_leave_a_member_out(
    call: Any, scripted: Any, clock: Any
) -> None:
    clock.now = time.monotonic()
    limit = RateLimit(requests=1, per=6000, clock=clock)
    model = Route([scripted("once", "again").with_policies(limit)], clock=clock)
    await call(model)

    with pytest.raises(RateLimitError):
        await call(model, timeout=600)
    assert model.members[0].is_available
    clock.now += 6000
    assert (await call(model)).text == "again"


async def test_a_member_whose_provider_has_too_little_time_is_left_out(
    call: Any, scripted: Any
) -> None:
    model = Route([scripted(RateLimitError("slow down", retry_after=5))])

    with pytest.raises(RateLimitError):
        await call(model, timeout=600)

    assert not model.members[0].is_available


async def test_nothing_is_sent_if_all_members_are_left_out(
    call: Any, scripted: Any, clock: Any
) -> None:
    members = [
        scripted(RateLimitError("slow down", retry_after=seconds), name=name)
        for name, seconds in {"a": 9, "b": 4}.items()
    ]
    model = Route(members, name="fast", clock=clock)
    with pytest.raises(RateLimitError):
        await call(model)

    with pytest.raises(CircuitOpenError) as raised:
        await call(model)

    assert raised.value.message == (
        "all models of route:fast are left out because they failed (acme:a, acme:b); "
        "try again in 4.0 s, or put a Fallback outside of the Route"
    )
    assert raised.value.retry_after == 4
    assert raised.value.failed_attempts == ()
    assert (await call(model.with_policies(Fallback(Named("spare"))))).text == "spare"


async def test_the_error_names_members_that_were_left_out(call: Any, scripted: Any) -> None:
    members = [scripted(down(), down(), name="a"), scripted(down(), name="b")]
    model = Route(members, first, failures=2)
    model.members[1].circuit.settle("failure", is_probe=False, open_for=60)

    with pytest.raises(ProviderUnavailableError) as raised:
        await call(model)

    assert raised.value.__notes__ == ["no other model was called: acme:b failed before"]


async def test_a_breaker_of_a_member_leaves_it_out(call: Any, scripted: Any, clock: Any) -> None:
    breaker = CircuitBreaker(1, reset_after=60, clock=clock)
    guarded = scripted(down(), name="a").with_policies(breaker)
    model = Route([guarded, Named("b")], first, clock=clock)

    assert await texts(call, model, 3) == "b b b"
    assert model.members[0].circuit.wait == 60


def test_other_errors_do_not_leave_a_member_out(scripted: Any) -> None:
    model = Route([scripted(*[InvalidRequestError("bad")] * 4, "ok")], failures=1)

    for _ in range(4):
        with pytest.raises(InvalidRequestError):
            model.generate("Hi")

    assert model.generate("Hi").text == "ok"
    assert "rate_limited" in UNHEALTHY_CODES


def test_a_stream_counts_as_busy_until_its_end() -> None:
    model = Route([Named("a"), Named("b")], "least_busy")

    with model.stream("Hi") as stream:
        next(stream)
        assert [member.running for member in model.members] == [1, 0]
        assert [model.generate("Hi").text for _ in range(3)] == ["b", "b", "b"]
    assert [member.running for member in model.members] == [0, 0]
    assert model.stream("Hi").collect().text == "a"
    assert [member.running for member in model.members] == [0, 0]


async def test_an_async_stream_counts_as_busy_until_its_end() -> None:
    model = Route([Named("a"), Named("b")], "least_busy")

    async with model.astream("Hi") as stream:
        await anext(stream)
        assert (await model.agenerate("Hi")).text == "b"
        assert [member.running for member in model.members] == [1, 0]
    assert [member.running for member in model.members] == [0, 0]


class Breaking(StandardChatModel):
    """Breaks after the first event."""

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield TextDelta("so far")
        raise NetworkError("lost")


async def test_a_stream_that_breaks_counts_as_a_failure_and_is_not_replaced() -> None:
    model = Route([Breaking("acme", "a"), Named("b")], first, failures=1)

    with pytest.raises(NetworkError) as raised:
        model.stream("Hi").collect()

    assert raised.value.partial.text == "so far"
    assert [each.is_available for each in model.members] == [False, True]
    assert (await model.astream("Hi").collect()).text == "b"


class Waiting(StandardChatModel):
    """Never responds."""

    def __init__(self) -> None:
        super().__init__("acme", "waiting")
        self.reached = anyio.Event()

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.reached.set()
        await anyio.sleep_forever()
        raise AssertionError

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        raise AssertionError


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancellation_frees_the_member(anyio_backend: str) -> None:
    waiting = Waiting()
    model = Route([waiting], failures=1)

    async with anyio.create_task_group() as group:
        group.start_soon(model.agenerate, "Hi")
        await waiting.reached.wait()
        assert model.members[0].running == 1
        group.cancel_scope.cancel()

    assert model.members[0].running == 0
    assert model.members[0].is_available


def test_an_abandoned_stream_frees_the_member() -> None:
    model = Route([Named("a")])
    stream: Any = model.stream("Hi")
    next(stream)

    with pytest.warns(ResourceWarning, match="never closed"):
        stream = None

    assert model.members[0].running == 0


def test_threads_and_event_loops_share_a_route() -> None:
    model = Route([Named("a"), Named("b"), Named("c")], "least_busy")
    found: list[str] = []

    def work() -> None:
        for _ in range(40):
            found.append(model.generate("Hi").text)
            with model.stream("Hi") as stream:
                next(stream)
        found.extend(asyncio.run(several()))

    async def several() -> list[str]:
        return [(await model.agenerate("Hi")).text for _ in range(10)]

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 200
    assert set(found) == {"a", "b", "c"}
    assert [member.running for member in model.members] == [0, 0, 0]
    assert max(member.last_start for member in model.members) == 4 * (40 + 40 + 10) - 1


def test_members_have_unique_names() -> None:
    model = Route([Named("a"), Named("a"), Named("b"), Named("a")])

    assert [each.name for each in model.members] == ["acme:a", "acme:a #2", "acme:b", "acme:a #3"]
    assert repr(model) == "<Route route:a|b>"
    named = Route({"eu": Named("a"), "us": Named("a")}, name="fast")
    assert [each.name for each in named.members] == ["eu", "us"]
    assert (named.provider, named.model) == ("route", "fast")


def test_a_member_shows_its_state() -> None:
    member = Route([Named("a")]).members[0]

    assert repr(member) == "<RouteMember 'acme:a': available, 0 calls under way>"
    member.circuit.settle("failure", is_probe=False, open_for=60)
    assert repr(member) == "<RouteMember 'acme:a': left out, 0 calls under way>"


def test_a_pickled_route_has_its_configuration(scripted: Any) -> None:
    model = Route({"a": Named("a"), "b": Named("b")}, Sticky(), failures=1).with_policies(Retry())
    model.members[0].circuit.settle("failure", is_probe=False)

    copy = pickle.loads(pickle.dumps(model))

    assert [each.name for each in copy.members] == ["a", "b"]
    assert copy.members[0].is_available
    assert {copy.generate("Hi", user=str(each)).text for each in range(20)} == {"a", "b"}


def test_replacements_and_changes_of_health_are_logged(
    scripted: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    failing = scripted(down(), "back", name="a")
    model = Route([failing, Named("b")], first, name="fast", failures=1, clock=clock)

    with caplog.at_level(logging.WARNING, "chatmodels.resilience"):
        model.generate("Hi")
        clock.now = 30.0
        model.generate("Hi")

    messages = [each.getMessage() for each in caplog.records if each.name.endswith("resilience")]
    assert messages == [
        "the member 'acme:a' of 'route:fast' is left out for 30.0 s",
        "generate of 'acme:a' failed: provider_unavailable; the next model is called",
        "the member 'acme:a' of 'route:fast' is back",
    ]


class Checked(Named):
    """Reports a health, and is closed."""

    def __init__(self, name: str, status: Any, message: str = "") -> None:
        super().__init__(name)
        self.status = status
        self.message = message
        self.closed = 0

    def probe(self) -> HealthReport:
        return HealthReport(provider="acme", status=self.status, message=self.message)

    def explanation(self, request: ChatRequest, /) -> Explanation:
        return Explanation(method="POST", url=self.model, headers={}, body={}, mapped={})

    def close(self) -> None:
        self.closed += 1


class Bare:
    """The smallest model that a route accepts."""

    provider, model = "acme", "bare"

    def generate(self, prompt: Any, /, **options: Any) -> ChatResponse[Any]:
        return ChatResponse(message=assistant("bare"))

    agenerate = stream = astream = generate


async def test_the_health_is_that_of_the_best_member() -> None:
    model = Route([Checked("a", "unhealthy", "no key"), Checked("b", "healthy"), Bare()])

    expected = HealthReport(
        provider="route", status="healthy", message="1 of 3 members are healthy; acme: no key"
    )
    assert model.check_health() == expected
    assert await model.acheck_health() == expected
    assert Route([Checked("a", "unhealthy"), Named("b")]).check_health().status == "unknown"
    assert Route([Bare()]).check_health().status == "unknown"
    assert Route([Checked("a", "unhealthy")]).check_health().status == "unhealthy"


async def test_all_members_are_closed() -> None:
    members = [Checked("a", "healthy"), Checked("b", "healthy")]
    model = Route([*members, Bare()])

    model.close()
    await model.aclose()

    assert [member.closed for member in members] == [2, 2]


def test_the_request_of_the_first_member_is_explained() -> None:
    assert Route([Checked("a", "healthy"), Named("b")]).explain("Hi").url == "a"
    with pytest.raises(UnsupportedError):
        Route([Bare()]).explain("Hi")


@pytest.mark.parametrize("is_async", [False, True])
async def test_the_tokens_of_the_first_member_are_counted(is_async: bool) -> None:
    async def count(route: Route) -> str:
        if is_async:
            return (await route.acount_tokens("Hi")).note
        return route.count_tokens("Hi").note

    first = Named("a")
    assert await count(Route([first, Bare()])) == first.count_tokens("Hi").note
    assert (await count(Route([Bare(), first]))).startswith("route has no endpoint")


def test_a_bare_model_is_a_member() -> None:
    assert Route([Bare()]).generate("Hi").text == "bare"


def test_a_strategy_must_return_a_member_that_is_available(scripted: Any) -> None:
    model = Route([Named("a")], lambda *_: "a")  # type: ignore[arg-type,return-value] - untyped callers

    with pytest.raises(InternalError, match="the strategy must return one of its members, not 'a'"):
        model.generate("Hi")


def test_a_route_itself_has_no_provider() -> None:
    request = ChatRequest(messages=())
    call = CallInfo("generate", request, provider="a", model="m", timeout=Timeout())

    with pytest.raises(InternalError, match="its members respond"):
        Route([Named("a")]).respond(request, call)


def test_wrong_arguments_are_refused_together() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Route(["a"], "fastest", failures=0, on=["nothing"])  # type: ignore[arg-type,list-item] - untyped callers
    assert raised.value.message == (
        "Route: str is not a model; create one with create_chat_model(...); "
        "there is no strategy 'fastest'; pass round_robin, least_busy, lowest_latency, cheapest, "
        "sticky, or an object such as Weighted(...); "
        "failures must be an integer of at least 1, not 0; there is no ErrorCode 'nothing'"
    )
    with pytest.raises(ConfigurationError, match="Route: pass at least one model"):
        Route([])


async def test_a_strategy_that_fails_after_a_response_frees_the_member(call: Any) -> None:
    class Failing:
        def __call__(self, members: Any, call: Any, request: Any) -> RouteMember:
            return members[0]

        def responded(self, member: RouteMember, call: CallInfo, seconds: float) -> None:
            raise ZeroDivisionError

    model = Route([Named("a")], Failing())
    with pytest.raises(InternalError):
        await call(model)
    assert model.members[0].running == 0
