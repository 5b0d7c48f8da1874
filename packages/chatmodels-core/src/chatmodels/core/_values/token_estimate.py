"""Estimates the input tokens of a request without a tokenizer.

Measured in November 2026 in bytes of UTF-8 for each token, with the tokenizers of GPT-4o and later
(o200k), Llama 3 and Mistral (Tekken):

| text | bytes a token |
| --- | --- |
| English: prose, Markdown, HTML | 3.7 to 4.7 |
| German, French, Spanish, Italian, Portuguese, Vietnamese | 3.7 to 4.9 |
| Polish, Czech, Turkish, Finnish, Hungarian | 2.7 to 3.8 |
| Chinese, Japanese, Korean | 2.9 to 4.4 |
| Russian, Ukrainian, Greek, Arabic | 4.5 to 6.7 |
| Hindi, Bengali, Tamil, Thai (o200k and Tekken) | 5.3 to 7.8 |
| Bengali, Tamil, Hebrew (Llama 3) | 2.0 to 2.3 |
| JSON | 3.0 to 3.3 |
"""

import re

import msgspec

from chatmodels.core._values.media_text import is_text_type
from chatmodels.core._values.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Json,
    Part,
    ProviderPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core._values.request import ChatRequest

_TEXT_BYTES = 4
_JSON_BYTES = 3
_BORDERS = 4
"""Tokens around a message, a tool call, a result or a tool, in the templates of most models."""

_IMAGE = 1_000
"""258 at Google ("Token counting"), 765 at OpenAI for 1024 x 1024 pixels ("Images and vision"), up
to 1,600 at Anthropic ("Vision")."""

_PAGE = 2_000
"""1,500 to 3,000 for the text of a page at Anthropic ("PDF support")."""

_PAGE_OBJECT = rb"/Type\s*/Page(?!s)"

_AUDIO_BYTES = 500
"""32 tokens a second at Google ("Token counting"), of audio with 128 kbit a second."""

_AUDIO = 2_000
"""A minute, for audio whose length is unknown."""


def estimated_tokens(request: ChatRequest, /) -> int:
    """Estimate the input tokens of a request, without a tokenizer.

    - Text: one token for four bytes of UTF-8, and four for each message.
    - JSON, as in tools, their arguments and output schemas: one token for three bytes.
    - An image: 1,000 tokens. A page of a PDF, a video or another file: 2,000. A text file: as text.
    - Audio: one token for 500 bytes, or 2,000 for audio that the vendor stores.

    With the tokenizers of OpenAI (o200k) and Mistral (Tekken), the estimate of a text is at worst a
    third too low or twice the number; in English, it is up to 7 % too low or 18 % too high. Claude,
    and tokenizers that do not know a script, need more tokens. Fields of `provider_options` are not
    counted.
    """
    tokens = 0
    for message in request.messages:
        tokens += _BORDERS
        for part in message.parts:
            if type(part) is TextPart and part.text.isascii():  # most parts: no function is faster
                tokens += -(-len(part.text) // _TEXT_BYTES)
            else:
                tokens += _part(part)
    for tool in request.tools:
        tokens += _BORDERS + _text(tool.name) + _text(tool.description)
        tokens += _json(tool.parameters)
    if request.output is not None and request.output.schema is not None:
        tokens += _BORDERS + _json(request.output.schema)
    return tokens


def _text(text: str) -> int:
    return _rounded_up(_size(text), _TEXT_BYTES)


def _json(value: Json) -> int:
    try:
        return _rounded_up(len(msgspec.json.encode(value)), _JSON_BYTES)
    except (TypeError, ValueError, RecursionError):
        return 0  # it is not JSON, and the provider refuses it


def _medium(part: ImagePart | AudioPart | FilePart) -> int:
    if isinstance(part, ImagePart):
        return _IMAGE
    if part.data is None:
        return _AUDIO if isinstance(part, AudioPart) else _PAGE
    size = memoryview(part.data).nbytes
    if isinstance(part, AudioPart):
        return _rounded_up(size, _AUDIO_BYTES)
    if is_text_type(part.media_type):
        return _rounded_up(size, _TEXT_BYTES)
    return _PAGE * max(1, len(re.findall(_PAGE_OBJECT, part.data)))


def _part(part: Part) -> int:
    match part:
        case ToolCall():
            arguments = _rounded_up(_size(part.arguments_json), _JSON_BYTES)
            return _BORDERS + _text(part.name) + arguments
        case ToolResult():
            return _BORDERS + sum(map(_part, part.content))
        case ImagePart() | AudioPart() | FilePart():
            return _medium(part)
        case ProviderPart():
            return _json(part.signature.data)
        case _:
            return _text(part.text)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _rounded_up(size: int, divisor: int) -> int:
    return -(-size // divisor)
