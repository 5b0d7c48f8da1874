"""Opaque state and encoded media in other formats, shared by all readers and writers."""

import base64
from collections.abc import Sequence
from typing import TypeGuard

from msgspec.structs import replace

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Json,
    Part,
    ProviderPart,
    ProviderState,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolResult,
)


def state_of(signature: ProviderState | None, known: str, /) -> dict[str, Json]:
    """Return opaque state that a format understands, as fields; empty for other formats."""
    if signature is None or signature.format != known or not _is_object(signature.data):
        return {}
    return signature.data


def _is_object(value: object) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict)


def scoped(parts: Sequence[Part], scope: str | None, /) -> tuple[Part, ...]:
    """Return parts of a model with the scope of their opaque state."""
    return tuple(
        replace(part, signature=replace(part.signature, scope=scope))
        if isinstance(part, _SIGNED) and part.signature is not None
        else part
        for part in parts
    )


_SIGNED = TextPart | ImagePart | ToolCall | ReasoningPart | ProviderPart


def parted(parts: Sequence[Part], known: str, /) -> tuple[list[Part], list[Part]]:
    """Return the results of tools, and the other parts; options stay after their part.

    Options are a `ProviderPart` without a `type`; with one it is a part of its own.
    """
    results: list[Part] = []
    others: list[Part] = []
    group = others
    for part in parts:
        if not isinstance(part, ProviderPart) or "type" in state_of(part.signature, known):
            group = results if isinstance(part, ToolResult) else others
        group.append(part)
    return results, others


def base64_of(data: bytes, /) -> str:
    """Encode bytes for JSON."""
    return base64.b64encode(data).decode()


def url_of(part: ImagePart | AudioPart | FilePart, /) -> str | None:
    """Return the address of a medium, or its bytes as a `data:` URL; None if it has neither."""
    if part.data is None:
        return part.url
    return f"data:{part.media_type or 'application/octet-stream'};base64,{base64_of(part.data)}"


def no_place(part: Part, place: str, what: str, /) -> InvalidRequestError:
    """Return the error for a part that a format has no place for."""
    return InvalidRequestError(
        f"{place} has a part of type {part.type!r} that {what} cannot express; remove it"
    )
