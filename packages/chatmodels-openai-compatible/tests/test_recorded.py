"""Every recorded exchange is read as expected, by the pure functions alone."""

from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatResponse
from chatmodels.openai_compatible import Dialect, chat_completions_codec
from replay import Check, Exchange, Json, Recorded

CODEC = chat_completions_codec(Dialect(name="any"))
HERE = Path(__file__).parent / "recorded"
OPENAI = Recorded(api="openai.chat", here=HERE, count=1180, codec=CODEC)


def adapt(exchange: Exchange, response: ChatResponse[Any] | None) -> Json:
    """Input includes sound, which Mistral counts beside the prompt."""
    usage = exchange.expected["usage"]
    sound = 0 if response is None else response.usage.input_audio_tokens or 0
    if not usage or usage["total"] != usage["input"] + usage["output"] + sound:
        return exchange.expected
    return exchange.expected | {"usage": usage | {"input": usage["input"] + sound}}


OTHERS = Recorded(
    api=("mistral.chat", "ollama.openai"), here=HERE, count=184, codec=CODEC, adapt=adapt
)
"""The dialect as they speak it."""


@pytest.mark.parametrize("check", OPENAI.checks())
def test_recorded_exchanges_are_read_as_expected(check: Check) -> None:
    check.run()


@pytest.mark.parametrize("check", OTHERS.checks())
def test_the_dialect_as_others_speak_it_is_read_as_expected(check: Check) -> None:
    check.run()
