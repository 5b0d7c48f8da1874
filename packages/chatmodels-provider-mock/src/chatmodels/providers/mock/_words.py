"""Words as the mock's tokens: counting, and splitting of texts for streams."""

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


def count_tokens(request: ChatRequest, response: ChatResponse[Any], /) -> Usage:
    """Count one token for each word; words are separated by white space.

    Texts, reasoning, tool results and tool arguments are counted; media and tool definitions are
    not.
    """
    prompt = prompt_words(request)
    output = _words(response.message)
    reasoning = len(response.reasoning.split())
    return Usage(
        input_tokens=prompt,
        output_tokens=output,
        total_tokens=prompt + output,
        reasoning_tokens=reasoning or None,
    )


def prompt_words(request: ChatRequest, /) -> int:
    """Count the words of a request."""
    return sum(_words(message) for message in request.messages)


def split(text: str, size: int | None, /) -> Iterator[str]:
    """Split a text into chunks of `size` characters, or into words if it is None."""
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
