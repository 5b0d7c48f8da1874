"""Long conversations of texts, which have an encoder of their own, at all wire formats."""

from typing import Any

import pytest

from chatmodels.core import (
    ChatModel,
    ChatRequest,
    InvalidRequestError,
    Message,
    TextPart,
    assistant,
    create_chat_model,
    system,
    user,
)
from chatmodels.core.extending import BatchingModel
from conformance.row import Row
from conformance.rows import ROWS

TEXTS = ["Why?", 'A "quoted" text', "two\nlines\\", "\0\x1f\x7f.", "naïve 天気 🌦", "},{", "\\n"]
TURNS = [
    assistant(TEXTS[number % 7]) if number % 2 else user(TEXTS[number % 7]) for number in range(29)
]
SHORT = 15
"""A number of messages that is too small for the encoder."""

each_row = pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])


def turns_of(model: ChatModel, messages: list[Message]) -> tuple[list[Any], dict[str, Any]]:
    """Return the turns of a request, and the other fields of its body."""
    body = dict(model.explain(messages).body)
    name = next(name for name in ("messages", "contents", "input") if name in body)
    return body.pop(name), body


@each_row
@pytest.mark.parametrize(
    "instructions", [[], [system('Be "brief".')]], ids=["no instructions", "instructions"]
)
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="none"),
        pytest.param({20: user("One", "Two")}, id="several parts"),
        pytest.param({20: Message("user", (TextPart("?"),), name="Ann")}, id="a name"),
        pytest.param({21: assistant("")}, id="an empty text"),
        pytest.param({21: assistant(" \n")}, id="a blank text"),
        pytest.param({21: user("Why?")}, id="not in turn"),
        pytest.param({29: assistant("It")}, id="an end by the model"),
    ],
)
def test_a_long_conversation_is_encoded_as_short_ones_are(
    row: Row, instructions: list[Message], changes: dict[int, Message]
) -> None:
    model = row.model()
    messages = list((dict(enumerate(TURNS)) | changes).values())
    turns, others = turns_of(model, [*instructions, *messages])
    beginning, with_instructions = turns_of(model, [*instructions, *messages[:SHORT]])
    assert turns == beginning + turns_of(model, messages[SHORT:])[0]
    assert others == with_instructions


@each_row
def test_an_invalid_text_in_a_long_conversation_is_named(row: Row) -> None:
    messages = [*TURNS[:20], user("\ud800"), *TURNS[21:]]
    with pytest.raises(InvalidRequestError, match=r"\[20\].* contains a lone surrogate"):
        row.model().explain(messages)


class Subclass(str):
    __slots__ = ()


@each_row
def test_a_text_of_another_class_has_the_same_result_in_every_length(row: Row) -> None:
    messages = [*TURNS[:4], Message("user", (TextPart(Subclass("?")),)), *TURNS[5:]]

    def result(length: int) -> object:
        try:
            return turns_of(row.model(), messages[:length])[0][4]
        except InvalidRequestError as error:  # it is not JSON
            return str(error)

    assert result(5) == result(29)


@pytest.mark.parametrize(
    "spec", ["openai:gpt-6.1-terra", "anthropic:claude-opus-5-5", "google:gemini-3.8-flash"]
)
def test_a_long_conversation_is_one_line_of_a_batch(spec: str) -> None:
    model = create_chat_model(spec, api_key="key")
    assert isinstance(model, BatchingModel)
    line = model.batch_backend().encode("a", ChatRequest(messages=tuple(TURNS)))
    assert b"\n" not in line
    assert rb"two\nlines" in line
