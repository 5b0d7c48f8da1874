"""Every provider accepts a conversation that was interrupted, once it is repaired."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatmodels.core import (
    Message,
    TextPart,
    ToolCall,
    ToolResult,
    repair_conversation,
    tool,
    user,
)
from vendors import VENDORS, model_of

MODELS = {name: model_of(name) for name in VENDORS}


@tool
def weather(city: str) -> str:
    """Look up the weather."""
    raise AssertionError("the model only requests it")


ids = st.sampled_from(["call00001", "call00002", "call00003"])
calls = st.builds(
    ToolCall, ids, st.just("weather"), st.sampled_from(["{}", '{"city": "Oslo"}', '{"city": "Os'])
)
results = st.builds(ToolResult, ids, st.just((TextPart("7 C"),)), st.just("weather"))
texts = st.builds(TextPart, st.sampled_from(["Let me see.", "And now?"]))


def messages(role: Any, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Message]:
    content = st.lists(st.one_of(*parts), min_size=1, max_size=4)
    return content.map(lambda found: Message(role, tuple(found)))


turns = st.lists(
    st.one_of(
        messages("assistant", texts, calls),
        messages("tool", results),
        messages("user", texts, results),
    ),
    max_size=7,
)


@pytest.mark.parametrize("provider", VENDORS)
@given(conversation=turns, cut=st.booleans())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_repaired_conversation_is_accepted(
    provider: str, conversation: list[Message], cut: bool
) -> None:
    whole = [user("What is the weather?"), *conversation, *([] if cut else [user("Well?")])]

    explained = MODELS[provider].explain(repair_conversation(whole), tools=[weather])

    assert explained.warnings == ()
    assert '{"city": "Os"' not in str(explained.body)
