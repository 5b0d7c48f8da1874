"""Whatever Ollama sends, nothing but a `ChatModelError` is raised, and answers are well-formed."""

from pathlib import Path

import pytest

from chatmodels.core import ChatRequest, OutputSchema, ToolDefinition, user
from chatmodels.providers.ollama._codec import CODEC
from replay import Check, Fuzz

FUZZ = Fuzz(
    api="ollama.chat",
    codec=CODEC,
    here=Path(__file__).parent / "recorded",
    request=ChatRequest(
        messages=(user("Hello"),),
        tools=(ToolDefinition("weather", "", {"type": "object"}),),
        output=OutputSchema("output", None),
    ),
)


@pytest.mark.parametrize("check", FUZZ.checks())
def test_damaged_answers_raise_nothing_else(check: Check) -> None:
    check.run()
