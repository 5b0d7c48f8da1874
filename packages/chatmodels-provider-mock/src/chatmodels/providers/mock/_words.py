"""Words as the mock's tokens: how they are counted, and where texts are cut for a stream."""

import re
from collections.abc import Iterator
from typing import Any

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    Message,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
    Usage,
)

_WORD = re.compile(r"\s*\S+|\s+")


def counted(request: ChatRequest, response: ChatResponse[Any], /) -> Usage:
    """Count one token for each word, words being what white space separates.

    The words of all texts, reasoning, tool results and tools' arguments count; media and the
    definitions of tools do not.
    """
    asked = sum(_words(message) for message in request.messages)
    said = _words(response.message)
    thought = len(response.reasoning.split())
    return Usage(
        input_tokens=asked,
        output_tokens=said,
        total_tokens=asked + said,
        reasoning_tokens=thought or None,
    )


def pieces(text: str, size: int | None, /) -> Iterator[str]:
    """Cut a text into pieces of `size` characters, or, if it is None, into words."""
    if size is None:
        yield from _WORD.findall(text)
    else:
        for start in range(0, len(text), size):
            yield text[start : start + size]


def _words(message: Message) -> int:
    count = 0
    for part in message.parts:
        match part:
            case TextPart() | ReasoningPart() | RefusalPart() | ToolResult():
                count += len(part.text.split())
            case ToolCall():
                count += len(part.arguments_json.split())
            case _:
                pass
    return count
