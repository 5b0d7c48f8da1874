"""The parts of a display: which value is shown by which method of a writer."""

from typing import Protocol

from chatmodels.core._notebooks.facts import response_facts
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse


class Writer(Protocol):
    """Writes one display in one format.

    Attributes:
        separator: The text between two messages.
    """

    separator: str

    def response(self, message: Message, facts: str, /) -> str:
        """Write the message of a response and the line of its facts."""
        ...

    def message(self, message: Message, /) -> str:
        """Write a message."""
        ...

    def part(self, part: Part, /) -> str:
        """Write a part."""
        ...


def display(value: object, writer: Writer, /) -> str | None:
    """Write a message, a part, a request or a response; return None for other values."""
    match value:
        case ChatResponse():
            facts = response_facts(value)  # pyright: ignore[reportUnknownArgumentType] - any output
            return writer.response(value.message, facts)
        case ChatRequest():
            return writer.separator.join(map(writer.message, value.messages))
        case Message():
            return writer.message(value)
        case (
            TextPart()
            | ReasoningPart()
            | RefusalPart()
            | ToolCall()
            | ToolResult()
            | ImagePart()
            | AudioPart()
            | FilePart()
            | ProviderPart()
        ):
            return writer.part(value)
        case _:
            return None
