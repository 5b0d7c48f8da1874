"""Whatever comes, nothing but a `ChatModelError` is raised, and every answer is well-formed."""

from pathlib import Path

import pytest

from chatmodels.openai_compatible import Dialect, chat_completions_codec
from chatmodels.openai_compatible.responses import ResponsesDialect, responses_codec
from replay import Check, Fuzz

HERE = Path(__file__).parent / "recorded"
CHAT = Fuzz(api="openai.chat", codec=chat_completions_codec(Dialect(name="vendor")), here=HERE)
RESPONSES = Fuzz(
    api="openai.responses", codec=responses_codec(ResponsesDialect(name="vendor")), here=HERE
)


@pytest.mark.parametrize("check", CHAT.checks())
def test_a_damaged_response_is_read_or_raises_a_chat_model_error(check: Check) -> None:
    check.run()


@pytest.mark.parametrize("check", RESPONSES.checks())
def test_a_damaged_response_of_the_other_api_is_read_or_raises_one_too(check: Check) -> None:
    check.run()
