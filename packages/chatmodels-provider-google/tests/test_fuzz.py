"""Whatever comes, nothing but a `ChatModelError` is raised, and every answer is well-formed."""

from pathlib import Path

import pytest

from chatmodels.core import ChatRequest, OutputSchema, user
from chatmodels.providers.google._codec import Paths, gemini_codec
from chatmodels.providers.google._request import GEMINI_SETTINGS
from replay import Check, Fuzz

FUZZ = [
    Fuzz(
        api=api,
        codec=gemini_codec("google", GEMINI_SETTINGS, Paths("/v1beta")),
        here=Path(__file__).parent / "recorded",
        request=ChatRequest(messages=(user("Hello"),), output=OutputSchema("weather", None)),
    )
    for api in ("gemini.generate_content", "gemini.stream_generate_content")
]


@pytest.mark.parametrize("check", [check for fuzz in FUZZ for check in fuzz.checks()])
def test_a_damaged_response_is_read_or_raises_a_chat_model_error(check: Check) -> None:
    check.run()
