"""Passes responses of one vendor's model to the models of all others, as history."""

from collections.abc import Iterable

from chatmodels.core import (
    ChatModelError,
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolResult,
    tool_result,
    user,
)
from chatmodels.core.extending import ToolDefinition
from conformance.exchanges import Entry
from conformance.reading import read
from conformance.replaying import response_of
from conformance.row import Row
from vendors import VENDORS, model_of

IMAGE = ImagePart(data=b"png", media_type="image/png")


def refused_by_others(row: Row, entries: Iterable[Entry]) -> dict[str, str]:
    """List the problems of other vendors' models with the messages that a row reads."""
    return {
        f"{entry.path} at {second}": problem
        for entry in entries
        if (message := message_of(row, entry)) is not None
        for second in VENDORS
        if (problem := problem_of(message, row, second)) is not None
    }


def message_of(row: Row, entry: Entry) -> Message | None:
    """Read the message of a response, or of the part that came before an error."""
    exchange = entry.read()
    response, error = read(row.model, response_of(exchange, 4096), streamed=exchange.streamed)
    response = response if error is None else error.partial
    return response.message if response is not None and response.message.parts else None


def conversation(message: Message) -> list[Message]:
    """Put a message into a conversation, with a result for each tool call."""
    results = [
        tool_result(ToolResult(part.id, (TextPart("done"), IMAGE), part.name))
        for part in message.parts
        if isinstance(part, ToolCall)
    ]
    return [user("Hello"), message, *results, user("Go on.")]


def opaque(message: Message) -> list[str]:
    """List the reasoning in a message, which other vendors must not receive."""
    return [
        part.text
        for part in message.parts
        if isinstance(part, ReasoningPart) and len(part.text) > 40
    ]


def problem_of(message: Message, row: Row, second: str) -> str | None:
    """Explain the request of another vendor's model with this history; None if all is well."""
    model = model_of(second)
    names = dict.fromkeys(part.name for part in message.parts if isinstance(part, ToolCall))
    tools = [ToolDefinition(name or "unnamed", "", {"type": "object"}) for name in names]
    try:
        body = str(model.explain(conversation(message), tools=tools).body)
    except ChatModelError as error:
        return error.message
    same = row.model().provider == model.provider and VENDORS[second].api in row.apis
    leaked = [text for text in opaque(message) if not same and text in body]
    return f"reasoning is sent to another vendor: {leaked}" if leaked else None
