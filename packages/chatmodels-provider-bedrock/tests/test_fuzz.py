"""Whatever comes, nothing but a `ChatModelError` is raised, and every answer is well-formed."""

from pathlib import Path

import pytest

from chatmodels.core import ChatRequest, OutputSchema, user
from chatmodels.providers.bedrock._codec import converse_codec
from replay import Check, Fuzz

FUZZ = [
    Fuzz(
        api=api,
        codec=converse_codec(),
        here=Path(__file__).parent / "recorded",
        request=ChatRequest(messages=(user("Hello"),), output=OutputSchema("json", None)),
    )
    for api in ("bedrock.converse", "bedrock.converse_stream")
]


@pytest.mark.parametrize("check", [check for fuzz in FUZZ for check in fuzz.checks()])
def test_a_damaged_response_is_read_or_raises_a_chat_model_error(check: Check) -> None:
    check.run()
