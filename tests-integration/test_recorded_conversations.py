"""Whatever a vendor's model was recorded to say, each other vendor's model takes as history."""

from functools import partial

import pytest

from chatmodels.core import (
    ChatModelError,
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolDefinition,
    ToolResult,
    tool_result,
    user,
)
from replay import everything, exchanges, is_streamed, needs_everything, read, uncounted
from vendors import VENDORS, model_of

FOLDER = everything()
IMAGE = ImagePart(data=b"png", media_type="image/png")


def said(provider: str) -> dict[str, Message]:
    """Read what a vendor's models were recorded to say, by the exchange's name."""
    assert FOLDER is not None
    found: dict[str, Message] = {}
    for exchange in exchanges(FOLDER, VENDORS[provider].api):
        model = partial(model_of, provider)
        response, error = read(model, exchange, 4096, streamed=is_streamed(exchange))
        response = response or (None if error is None else error.partial)
        if response is not None and response.message.parts:
            found[exchange.name] = response.message
    return found


def conversation(message: Message) -> list[Message]:
    """Put what was said into a conversation, and give each tool call a result."""
    results = [
        tool_result(ToolResult(part.id, (TextPart("done"), IMAGE), part.name))
        for part in message.parts
        if isinstance(part, ToolCall)
    ]
    return [user("Hello"), message, *results, user("Go on.")]


def opaque(message: Message) -> list[str]:
    """List the reasoning of a message, which other vendors must not see."""
    return [
        part.text
        for part in message.parts
        if isinstance(part, ReasoningPart) and len(part.text) > 40
    ]


@needs_everything(FOLDER)
@pytest.mark.parametrize("first", VENDORS)
def test_what_one_vendor_said_is_taken_by_all_others(first: str) -> None:
    with uncounted():
        messages = said(first)
        refused = {
            f"{name} at {second}": problem
            for second in VENDORS
            for name, message in messages.items()
            if (problem := problem_of(message, first, second)) is not None
        }
    assert messages
    assert refused == {}


def problem_of(message: Message, first: str, second: str) -> str | None:
    model = model_of(second)
    names = dict.fromkeys(part.name for part in message.parts if isinstance(part, ToolCall))
    tools = [ToolDefinition(name or "unnamed", "", {"type": "object"}) for name in names]
    try:
        body = str(model.explain(conversation(message), tools=tools).body)
    except ChatModelError as error:
        return error.message
    leaked = [text for text in opaque(message) if first != second and text in body]
    return f"sees reasoning: {leaked}" if leaked else None
