"""Time limits: a number for the whole call, or one for each of its parts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import ChatRequest, ChatResponse, InvalidRequestError, Timeout, assistant
from chatmodels.core.extending import CallInfo, StandardChatModel

seconds = st.floats(0, 1e9, exclude_min=True) | st.integers(1, 10**9)


class Recording(StandardChatModel):
    """Keeps the time limits and the deadline of each call."""

    def __init__(self, timeout: Timeout = Timeout()) -> None:  # noqa: B008 - it is immutable
        super().__init__("fake", "recording", timeout=timeout)
        self.calls: list[CallInfo] = []

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.calls.append(call)
        return ChatResponse(message=assistant("Hi"))


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(Timeout.__struct_fields__, seconds | st.none())
    )
)
def test_any_positive_seconds_or_none_make_a_timeout(limits: dict[str, Any]) -> None:
    timeout = Timeout(**limits)

    assert {name: getattr(timeout, name) for name in limits} == limits


@pytest.mark.parametrize(
    "value",
    [0, -1, float("nan"), float("inf"), True, "5", 1e10, 10**400],
    ids=["zero", "negative", "nan", "inf", "bool", "str", "longest", "huge"],
)
def test_other_values_than_seconds_are_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Timeout(connect=value, read=2, total=value)

    assert caught.value.message.count("must be a number of seconds above 0 or None") == 2
    assert "timeout connect" in caught.value.message
    with pytest.raises(InvalidRequestError, match=r"a number of seconds above 0 or a Timeout\("):
        Recording().generate("Hi", timeout=value)


def test_a_number_limits_the_whole_call_and_leaves_the_models_other_limits() -> None:
    model = Recording(Timeout(connect=1, read=2, first_event=3, between_events=4, total=5))

    model.generate("Hi", timeout=30)

    (call,) = model.calls
    assert call.timeout == Timeout(connect=1, read=2, first_event=3, between_events=4, total=30)
    assert call.deadline == call.started + 30


def test_a_timeout_replaces_that_of_the_model() -> None:
    model, timeout = Recording(Timeout(total=5)), Timeout(read=1)

    model.generate("Hi", timeout=timeout)
    model.generate("Hi")

    assert [call.timeout for call in model.calls] == [timeout, Timeout(total=5)]
    assert model.calls[0].deadline is None
