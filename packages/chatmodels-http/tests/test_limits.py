import math
from collections.abc import Callable

import pytest

from chatmodels.core import CallTimeoutError, Timeout
from chatmodels.http import TransferError
from chatmodels.http._deadlines import Limits

NONE = Timeout(connect=None, read=None, first_event=None, between_events=None, total=None)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Callable[..., Limits]:
    def make(stream: bool = False, **limits: float) -> Limits:
        timeout = Timeout(**{name: limits.get(name) for name in Timeout.__struct_fields__})
        deadline = None if timeout.total is None else clock.now + timeout.total
        return Limits(timeout, "acme", deadline=deadline, stream=stream, clock=clock)

    return make


def test_without_limits_no_step_has_a_time_limit(limits: Callable[..., Limits]) -> None:
    none = limits(stream=True)
    assert (none.connect(), none.read()) == (None, None)
    none.check()
    none.restart()


@pytest.mark.parametrize(
    ("given", "passed", "connect", "read"),
    [
        pytest.param({"connect": 10, "read": 5}, 0, 10, 5, id="each its own"),
        pytest.param({"connect": 10, "read": 5}, 4, 6, 5, id="connecting counts from the start"),
        pytest.param({"connect": 10, "read": 5, "total": 3}, 1, 2, 2, id="the total is nearer"),
        pytest.param({"connect": 10, "total": 3}, 9, 0.001, 0.001, id="never zero"),
    ],
)
def test_a_step_has_the_time_until_the_nearest_limit(
    limits: Callable[..., Limits],
    clock: Clock,
    given: dict[str, float],
    passed: float,
    connect: float,
    read: float,
) -> None:
    some = limits(**given)
    clock.now += passed
    assert (some.connect(), some.read()) == (connect, read)


def test_the_first_event_is_due_and_then_the_next_one(
    limits: Callable[..., Limits], clock: Clock
) -> None:
    some = limits(stream=True, first_event=8, between_events=3, total=20)
    assert some.read() == 8
    clock.now += 7
    some.check()
    some.restart()
    assert some.read() == 3
    clock.now += 2
    assert some.read() == 1
    clock.now += 1
    with pytest.raises(CallTimeoutError, match="acme: no further event after 3 s"):
        some.check()


def test_progress_does_not_put_off_the_total(limits: Callable[..., Limits], clock: Clock) -> None:
    some = limits(stream=True, between_events=3, total=4)
    clock.now += 2
    some.restart()
    assert some.read() == 2
    clock.now += 2
    with pytest.raises(CallTimeoutError, match="no complete response after 4 s") as caught:
        some.restart()
    assert caught.value.details == {"limit": "total", "seconds": 4.0, "elapsed": 4.0}


def test_a_cap_limits_reading_until_it_is_removed(limits: Callable[..., Limits]) -> None:
    some = limits(read=100)
    some.cap(0.5)
    assert some.read() == 0.5
    some.cap()
    assert some.read() == 100


def test_a_cap_is_reported_after_its_time(limits: Callable[..., Limits], clock: Clock) -> None:
    hurried = limits()
    assert not hurried.is_capped()
    hurried.cap(5.0)
    assert not hurried.is_capped()
    clock.now += 5.0
    assert hurried.is_capped()


@pytest.mark.parametrize(
    ("kind", "given", "passed", "message"),
    [
        pytest.param(
            "connect_timeout",
            {"connect": 2, "total": 9},
            2,
            "acme: no connection after 2 s; to allow more, raise Timeout(connect=2)",
            id="connect",
        ),
        pytest.param(
            "connect_timeout",
            {"connect": 2, "total": 1},
            1,
            "acme: no complete response after 1 s; to allow more, raise Timeout(total=1)",
            id="total while connecting",
        ),
        pytest.param(
            "timeout",
            {"read": 2, "first_event": 9},
            5,
            "acme: no byte arrived after 2 s; to allow more, raise Timeout(read=2)",
            id="read",
        ),
        pytest.param(
            "timeout",
            {"read": 20, "first_event": 9},
            9,
            "acme: no first event after 9 s; to allow more, raise Timeout(first_event=9)",
            id="first event",
        ),
        pytest.param(
            "pool_timeout",
            {"read": 2},
            2,
            "acme: the HTTP client that was passed had no free connection after 2 s; to allow "
            "more, raise Timeout(read=2)",
            id="pool",
        ),
    ],
)
def test_an_engine_that_ran_out_of_time_ran_into_the_nearest_limit(
    limits: Callable[..., Limits],
    clock: Clock,
    kind: str,
    given: dict[str, float],
    passed: float,
    message: str,
) -> None:
    some = limits(stream=True, **given)
    clock.now += passed
    assert str(some.error(TransferError(kind, "late"))) == message  # type: ignore[arg-type]


def test_the_real_clock_is_the_default() -> None:
    assert (Limits(NONE, "acme").read() or math.inf) == math.inf


def test_by_default_only_silence_ends_an_attempt(clock: Clock) -> None:
    default = Limits(Timeout(), "acme", stream=True, clock=clock)
    for _ in range(3):
        assert default.read() == 600  # bytes without an event, such as pings, start it anew
        clock.now += 599
        default.check()
    default.restart()
    clock.now += 86_400
    default.check()
    assert default.read() == 600
