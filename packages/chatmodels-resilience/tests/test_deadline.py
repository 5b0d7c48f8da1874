"""The time of a call is limited, with everything that policies do for it."""

from typing import Any

import pytest

from chatmodels.core import ConfigurationError, ProviderUnavailableError, Timeout
from chatmodels.core.extending import CallInfo, Flow, Send
from chatmodels.resilience import Deadline, Fallback, Retry


def watching(seen: list[Timeout]) -> Any:
    def policy(call: CallInfo, request: Any, /) -> Flow[Any]:
        seen.append(call.timeout)
        return (yield Send(request))

    return policy


async def test_the_inner_policies_see_the_limit(call: Any, scripted: Any) -> None:
    seen: list[Timeout] = []

    await call(scripted("Hello").with_policies(Deadline(3000), watching(seen)))

    assert seen[0].total == pytest.approx(3000, abs=600)


async def test_a_shorter_limit_of_the_call_applies(call: Any, scripted: Any) -> None:
    seen: list[Timeout] = []
    model = scripted("Hello").with_policies(Deadline(3000), watching(seen))

    await call(model, timeout=Timeout(total=1000))

    assert seen[0].total == 1000


async def test_another_model_gets_the_rest(call: Any, scripted: Any) -> None:
    fallback = scripted("Hello")
    model = scripted(ProviderUnavailableError("down"))

    await call(model.with_policies(Deadline(3000), Fallback(fallback)))

    assert fallback.requests[0].timeout.total == pytest.approx(3000, abs=600)


async def test_each_attempt_of_an_outer_policy_has_its_own_limit(call: Any, scripted: Any) -> None:
    seen: list[Timeout] = []
    outer: list[Timeout] = []
    model = scripted(ProviderUnavailableError("down"), "Hello")
    retry = Retry(initial_delay=0, max_delay=0)

    await call(model.with_policies(watching(outer), retry, Deadline(3000), watching(seen)))

    assert outer[0].total is None
    assert [limit.total for limit in seen] == [pytest.approx(3000, abs=600)] * 2
    assert seen[0] != seen[1]


async def test_a_stream_has_the_limit_until_its_end(scripted: Any) -> None:
    calls: list[CallInfo] = []

    def keeping(call: CallInfo, request: Any, /) -> Flow[Any]:
        calls.append(call)
        return (yield Send(request))

    with scripted("Hello").with_policies(keeping, Deadline(3000)).stream("Hi") as stream:
        next(stream)
        assert calls[0].timeout.total == pytest.approx(3000, abs=600)
        stream.collect()

    assert calls[0].timeout.total is None


@pytest.mark.parametrize("seconds", [0, -1, "30", float("inf")])
def test_the_limit_must_be_a_positive_number(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="Deadline: seconds must be"):
        Deadline(seconds)


def test_its_repr_has_the_limit() -> None:
    assert repr(Deadline(30)) == "Deadline(30)"
