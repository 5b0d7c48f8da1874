"""Every recorded exchange is read as expected, by the pure functions alone."""

from pathlib import Path

import pytest

from chatmodels.openai_compatible import ChatCompletionsCodec, Dialect
from replay import Check, Recorded

CODEC = ChatCompletionsCodec(Dialect(name="any"))
HERE = Path(__file__).parent / "recorded"
OPENAI = Recorded(api="openai.chat", here=HERE, count=1180, codec=CODEC)
OTHERS = Recorded(api=("mistral.chat", "ollama.openai"), here=HERE, count=184, codec=CODEC)
"""The dialect as they speak it."""


@pytest.mark.parametrize("check", OPENAI.checks())
def test_recorded_exchanges_are_read_as_expected(check: Check) -> None:
    check.run()


@pytest.mark.parametrize("check", OTHERS.checks())
def test_the_dialect_as_others_speak_it_is_read_as_expected(check: Check) -> None:
    check.run()
