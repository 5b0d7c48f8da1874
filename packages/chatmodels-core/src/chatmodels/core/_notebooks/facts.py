"""The facts of a value that notebooks show beside its content, and the limits of a display."""

from typing import Any

from chatmodels.core._values.parts import AudioPart, FilePart, ImagePart, ToolResult
from chatmodels.core._values.response import ChatResponse

SHOWN_CHARACTERS = 50_000
"""Characters of text in one display."""

SHOWN_BYTES = 2 * 1024 * 1024
"""Bytes of images and audio in one display: a notebook stores them."""

Medium = ImagePart | AudioPart | FilePart


def medium_facts(part: Medium, /) -> str:
    """Describe a medium in a line, without its address."""
    facts = [part.type]
    if isinstance(part, FilePart) and part.name:
        facts.append(part.name)
    if part.media_type:
        facts.append(part.media_type)
    if part.data is not None:
        facts.append(f"{len(part.data):,} bytes")
    if part.file_id:
        facts.append(f"file id {part.file_id}")
    return ", ".join(facts)


def result_title(part: ToolResult, /) -> str:
    """Name a result of a tool."""
    return f"{'error' if part.is_error else 'result'} of {part.name or part.id}"


def response_facts(response: ChatResponse[Any], /) -> str:
    """Describe a response in a line: model, finish reason, tokens, time, warnings."""
    usage, timing = response.usage, response.timing
    facts = [response.model or "", response.finish_reason]
    if usage.input_tokens is not None and usage.output_tokens is not None:
        facts.append(f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens")
    if timing.attempts:  # a call has returned it
        facts.append(f"{timing.total:.1f} s")
    return " · ".join(filter(None, [*facts, *response.warnings]))


class TextBudget:
    """The remaining characters of a display."""

    def __init__(self) -> None:
        self._left = SHOWN_CHARACTERS

    def take(self, text: str, /) -> str:
        """Return the text up to the remaining characters, with a note if it is cut."""
        shown = text[: self._left]
        self._left -= len(shown)
        return shown if len(shown) == len(text) else f"{shown}… ({len(text) - len(shown):,} more)"
