"""Responses are equal whether streamed or not; unreported usage is None and not 0."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatResponse,
    ReasoningPart,
    RefusalPart,
    Timing,
    ToolCall,
    Usage,
    assistant,
)

CALL = ToolCall("call_1", "weather")


def test_a_response_has_the_content_of_its_message() -> None:
    response = ChatResponse(message=assistant(ReasoningPart("Hm."), "Cold", CALL, "."))

    assert response.text == "Cold."
    assert response.reasoning == "Hm."
    assert response.tool_calls == (CALL,)
    assert response.refusal is None
    assert response.parsed is None


def test_a_refusal_is_joined() -> None:
    message = assistant(RefusalPart("I will "), RefusalPart("not."))

    assert ChatResponse(message=message).refusal == "I will not."


@pytest.mark.parametrize(
    ("payload", "raw"),
    [
        pytest.param(msgspec.Raw(b'{"id": [1]}'), {"id": [1]}, id="given"),
        pytest.param(None, None, id="none"),
    ],
)
def test_the_payload_is_parsed_on_access(payload: msgspec.Raw | None, raw: object) -> None:
    response = ChatResponse(message=assistant("Hi"))
    if payload is not None:
        response = msgspec.structs.replace(response, payload=payload)

    assert response.raw == raw


def test_responses_with_equal_content_are_equal_whether_streamed_or_not() -> None:
    one = ChatResponse(message=assistant("Hi"), id="r1", timing=Timing(total=1.0))
    other = ChatResponse(message=assistant("Hi"), id="r1", payload=msgspec.Raw(b"{}"))

    assert one == other
    assert not one != other  # noqa: SIM202 - the other operator
    assert hash(one) == hash(other)
    assert one != msgspec.structs.replace(one, finish_reason="length")
    assert one != msgspec.structs.replace(one, parsed=3)
    assert one != "Hi"


counts = st.integers(0, 10**9)


@given(counts, counts)
def test_the_total_is_the_sum_if_the_vendor_reports_none(
    input_tokens: int, output_tokens: int
) -> None:
    assert (
        Usage(input_tokens=input_tokens, output_tokens=output_tokens).total_tokens
        == input_tokens + output_tokens
    )


@given(counts | st.none(), counts | st.none(), counts)
def test_a_total_that_was_reported_stays(
    input_tokens: int | None, output_tokens: int | None, total: int
) -> None:
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens, total_tokens=total)

    assert usage.total_tokens == total


@pytest.mark.parametrize("known", [{}, {"input_tokens": 3}, {"output_tokens": 3}], ids=str)
def test_unreported_numbers_are_none_and_never_0(known: dict[str, int]) -> None:
    usage = Usage(**known)

    assert {name for name in usage.__struct_fields__ if getattr(usage, name) is not None} == set(
        known
    )


usages = st.builds(
    lambda **counts: Usage(**counts),
    **{name: counts | st.none() for name in Usage.__struct_fields__ if name != "total_tokens"},
).map(lambda usage: Usage() if usage.total_tokens is None else usage)


@given(usages, usages, usages)
def test_usages_add_up_in_any_order(one: Usage, two: Usage, three: Usage) -> None:
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert sum([one, two, three]) == sum([one, two, three], Usage()) == one + two + three
    assert one + Usage() == one


def test_a_sum_counts_what_was_reported_and_is_none_where_nothing_was() -> None:
    total = Usage(input_tokens=5, output_tokens=1, cached_input_tokens=2) + Usage(
        input_tokens=3, output_tokens=1, reasoning_tokens=0
    )

    assert total == Usage(
        input_tokens=8,
        output_tokens=2,
        total_tokens=10,
        cached_input_tokens=2,
        reasoning_tokens=0,
    )
    assert total.cache_write_tokens is None


def test_a_usage_is_added_to_usages_alone() -> None:
    with pytest.raises(TypeError):
        Usage() + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        1 + Usage()  # type: ignore[operator]
