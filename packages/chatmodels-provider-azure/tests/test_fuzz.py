"""Whatever comes, nothing but a `ChatModelError` is raised, and every answer is well-formed."""

from pathlib import Path

import pytest

from chatmodels.providers.azure._address import Address
from chatmodels.providers.azure._codec import azure_codec
from replay import Check, Fuzz

FUZZ = Fuzz(
    api="openai.chat",
    codec=azure_codec(Address("v1")),
    here=Path(__file__).parent / "recorded",
)


@pytest.mark.parametrize("check", FUZZ.checks())
def test_a_damaged_response_is_read_or_raises_a_chat_model_error(check: Check) -> None:
    check.run()
