"""The prompt of a row: a template with columns, a function, or a column of its own."""

from collections.abc import Callable, Mapping, Sequence
from mimetypes import guess_type
from string import Formatter
from typing import Any

from msgspec.structs import replace

from chatmodels.bulk._rows import Row
from chatmodels.core import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    InvalidRequestError,
    Message,
    Prompt,
    TextPart,
    audio,
    file,
    image,
)
from chatmodels.core.extending import as_messages
from chatmodels.core.interop import messages_from_openai

PromptSource = str | Sequence[Message] | Callable[[Mapping[str, Any]], Prompt | ChatRequest]
"""The prompt of each row: a template, messages whose texts are templates, or a function.

A template has the names of columns in braces. A function receives the columns of a row.
"""

BuildPrompt = Callable[[Row], Prompt | ChatRequest]
"""Builds the prompt of a row, or raises `InvalidRequestError`."""


def prompt_builder(prompt: PromptSource | None, /) -> BuildPrompt:
    """Return the function that builds the prompt of a row.

    Raises:
        InvalidRequestError: The template is malformed.
    """
    if prompt is None:
        return _with_attachments(_own_prompt)
    if isinstance(prompt, str):
        return _with_attachments(_template(prompt))
    if isinstance(prompt, Sequence):
        return _with_attachments(_templates(as_messages(prompt)))  # pyright: ignore[reportUnknownArgumentType] - of untyped callers
    return lambda row: _called(prompt, row)


def named_columns(prompt: PromptSource | None, /) -> frozenset[str] | None:
    """Return the columns that a template names; None for a function, which can use any.

    Raises:
        InvalidRequestError: The template is malformed.
    """
    if isinstance(prompt, str):
        return frozenset(name for _, name, _, _ in _parts(prompt) if name is not None)
    if prompt is None or callable(prompt):
        return None
    texts = [
        part.text
        for each in as_messages(prompt)
        for part in each.parts
        if isinstance(part, TextPart)
    ]
    return frozenset(name for text in texts for _, name, _, _ in _parts(text) if name is not None)


def _called(
    function: Callable[[Mapping[str, Any]], Prompt | ChatRequest], row: Row
) -> Prompt | ChatRequest:
    try:
        return function(row.columns)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequestError(
            f"the prompt of row {row.id!r} failed: {type(error).__name__}: {error}; the row has "
            f"{_listed(row)}"
        ) from error


def _own_prompt(row: Row) -> Prompt:
    columns = row.columns
    if (messages := columns.get("messages")) is not None:
        return messages_from_openai(messages)
    if (prompt := columns.get("prompt")) is None:
        raise InvalidRequestError(
            f'row {row.id!r} has no column "prompt" and no column "messages", but '
            f'{_listed(row)}; pass prompt="... {{column}} ..."'
        )
    return prompt


_Parts = list[tuple[str, str | None, str | None, str | None]]


def _parts(template: str) -> _Parts:
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise InvalidRequestError(
            f"the prompt {template!r} is malformed: {error}; write {{{{ for a brace"
        ) from error
    for _, name, spec, conversion in parts:
        # Names only: attributes and indices of values are no business of a template.
        if name is not None and (spec or conversion or not name or set(name) & set(".[]")):
            raise InvalidRequestError(
                f"the prompt {template!r} has a field that is no column; write the name of a "
                "column alone in braces, or pass a function"
            )
    return parts


def _template(template: str) -> Callable[[Row], str]:
    parts = _parts(template)

    def build(row: Row) -> str:
        texts: list[str] = []
        for text, name, _, _ in parts:
            texts.append(text)
            if name is None:
                continue
            if name not in row.columns:
                raise InvalidRequestError(
                    f"row {row.id!r} has no column {name!r}, but {_listed(row)}"
                )
            value = row.columns[name]
            texts.append("" if value is None else str(value))
        return "".join(texts)

    return build


def _templates(messages: Sequence[Message]) -> Callable[[Row], Sequence[Message]]:
    fillings = [
        [_template(part.text) if isinstance(part, TextPart) else None for part in each.parts]
        for each in messages
    ]

    def build(row: Row) -> Sequence[Message]:
        filled: list[Message] = []
        for each, texts in zip(messages, fillings, strict=True):
            parts = zip(each.parts, texts, strict=True)
            new = (part if text is None else TextPart(text(row)) for part, text in parts)
            filled.append(replace(each, parts=tuple(new)))
        return filled

    return build


def _with_attachments(build: Callable[[Row], Prompt]) -> BuildPrompt:
    def built(row: Row) -> Prompt:
        prompt = build(row)
        attachments = row.columns.get("attachments")
        if not attachments:
            return prompt
        *before, last = as_messages(prompt)
        if last.role != "user":
            raise InvalidRequestError(
                f'row {row.id!r} has "attachments", but its last message is not from the user; put '
                "the files into the messages"
            )
        sources = [attachments] if isinstance(attachments, str) else attachments
        if not isinstance(sources, Sequence) or not all(isinstance(one, str) for one in sources):  # pyright: ignore[reportUnknownVariableType]
            raise InvalidRequestError(
                f'"attachments" of row {row.id!r} must be a path or a URL, or a list of them'
            )
        files = map(_attachment, sources)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return [*before, replace(last, parts=(*last.parts, *files))]

    return built


def _attachment(source: str) -> ImagePart | AudioPart | FilePart:
    family = (guess_type(source)[0] or "").partition("/")[0]
    return {"image": image, "audio": audio}.get(family, file)(source)


def _listed(row: Row) -> str:
    return "the columns " + (", ".join(map(repr, row.columns)) or "(none)")
