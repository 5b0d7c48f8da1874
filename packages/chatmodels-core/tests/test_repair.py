"""Conversations that were interrupted in the middle of tool calls are repaired."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    InvalidRequestError,
    Message,
    TextPart,
    ToolCall,
    ToolResult,
    assistant,
    repair_conversation,
    system,
    tool_result,
    user,
)

A, B = ToolCall("a", "add", "{}"), ToolCall("b", "add", "{}")
DONE_A, DONE_B = tool_result(A, "1"), tool_result(B, "2")
TEXT = "The call was interrupted and has no result."
OPEN_A, OPEN_B = (tool_result(call, TEXT, is_error=True) for call in (A, B))


@pytest.mark.parametrize(
    ("broken", "repaired"),
    [
        pytest.param([assistant(A)], [assistant(A), OPEN_A], id="at the end"),
        pytest.param(
            [assistant(A), user("Well?")], [assistant(A), OPEN_A, user("Well?")], id="before text"
        ),
        pytest.param(
            [assistant(A, B), DONE_B, user("Well?")],
            [assistant(A, B), DONE_B, OPEN_A, user("Well?")],
            id="one of two",
        ),
        pytest.param(
            [assistant(A), assistant("Hm."), user("?")],
            [assistant(A), assistant("Hm."), OPEN_A, user("?")],
            id="behind the turn",
        ),
        pytest.param(
            [assistant(A), system("Be brief."), DONE_A, user("?")],
            [assistant(A), system("Be brief."), DONE_A, user("?")],
            id="a system message between",
        ),
        pytest.param(
            [assistant(A), user("Wait."), DONE_A, user("?")],
            [assistant(A), DONE_A, user("Wait."), user("?")],
            id="late",
        ),
        pytest.param(
            [assistant(A), user("Wait.", *DONE_A.parts)],
            [assistant(A), user("Wait.", *DONE_A.parts)],
            id="in a message of the user",
        ),
        pytest.param([user("?"), DONE_A], [user("?")], id="without a call"),
        pytest.param(
            [user("?", *DONE_A.parts)], [user("?")], id="without a call, in a message of the user"
        ),
        pytest.param(
            [assistant(A), DONE_A, tool_result(A, "again")], [assistant(A), DONE_A], id="second"
        ),
        pytest.param(
            [assistant(A), DONE_A, assistant(A), DONE_A],
            [assistant(A), DONE_A, assistant(A), DONE_A],
            id="the same id again",
        ),
        pytest.param(
            [assistant(A, ToolCall("b", "add", '{"x": "cu')), DONE_A],
            [assistant(A, B), DONE_A, OPEN_B],
            id="cut off",
        ),
        pytest.param(
            [assistant("Hm.", ToolCall("a", "", '{"x'))], [assistant("Hm.")], id="without a name"
        ),
        pytest.param(
            [user("?"), assistant(ToolCall("", "", ""))],
            [user("?")],
            id="nothing but a call without a name",
        ),
    ],
)
def test_a_conversation_is_repaired(broken: list[Message], repaired: list[Message]) -> None:
    assert repair_conversation(broken) == tuple(repaired)
    assert repair_conversation(repaired) == tuple(repaired)


def test_results_of_calls_that_the_vendor_holds_are_kept() -> None:
    conversation = [DONE_A, assistant(B), user("?")]

    assert repair_conversation(conversation, keep_unknown_results=True) == (
        DONE_A,
        assistant(B),
        OPEN_B,
        user("?"),
    )


def test_the_text_of_added_results_can_be_chosen() -> None:
    repaired = repair_conversation([assistant(A)], result="stopped by the user")

    assert repaired[1] == tool_result(A, "stopped by the user", is_error=True)


def test_a_prompt_may_have_any_form() -> None:
    assert repair_conversation("Hi") == (user("Hi"),)
    with pytest.raises(InvalidRequestError, match="no messages"):
        repair_conversation([])


ids = st.sampled_from("abc")
calls = st.builds(
    ToolCall, ids, st.sampled_from(["add", "add", ""]), st.sampled_from(["{}", '{"a": 1}', '{"a'])
)
outcomes = st.builds(ToolResult, ids, st.just((TextPart("1"),)))
texts = st.builds(TextPart, st.just("Hm."))


def messages(role: Any, *parts: Any) -> st.SearchStrategy[Message]:
    content = st.lists(st.one_of(*parts), min_size=1, max_size=4)
    return content.map(lambda found: Message(role, tuple(found)))


conversations = st.lists(
    st.one_of(
        messages("assistant", texts, calls),
        messages("tool", outcomes),
        messages("user", texts, outcomes),
        messages("system", texts),
    ),
    min_size=1,
    max_size=8,
)


@given(conversations)
def test_a_repaired_conversation_needs_no_repair(conversation: list[Message]) -> None:
    repaired = repair_conversation(conversation) if conversation else ()

    assert not repaired or repair_conversation(repaired) == repaired


@given(conversations)
def test_texts_are_neither_lost_nor_moved(conversation: list[Message]) -> None:
    repaired = repair_conversation(conversation)

    def spoken(found: Any) -> list[tuple[str, str]]:
        return [
            (message.role, part.text)
            for message in found
            for part in message.parts
            if isinstance(part, TextPart)
        ]

    assert spoken(repaired) == spoken(conversation)
