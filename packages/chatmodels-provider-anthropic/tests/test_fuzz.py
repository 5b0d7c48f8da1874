"""Whatever comes, nothing but a `ChatModelError` is raised, and every answer is well-formed."""

from pathlib import Path

import pytest

from chatmodels.core import ChatRequest, OutputSchema, user
from chatmodels.providers.anthropic._codec import messages_codec
from replay import Check, Fuzz

FUZZ = Fuzz(
    api="anthropic.messages",
    codec=messages_codec(),
    here=Path(__file__).parent / "recorded",
    request=ChatRequest(messages=(user("Hello"),), output=OutputSchema("rollDie", None)),
)


@pytest.mark.parametrize("check", FUZZ.checks())
def test_a_damaged_response_is_read_or_raises_a_chat_model_error(check: Check) -> None:
    check.run()
