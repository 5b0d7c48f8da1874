"""Converts the result of an MCP tool to a tool result of chatmodels."""

from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING, assert_never
from urllib.parse import unquote, urlsplit

import msgspec

from chatmodels.core import AudioPart, FilePart, ImagePart, TextPart, ToolResult
from chatmodels.core.extending import ResultPart

if TYPE_CHECKING:
    from mcp.types import BlobResourceContents, CallToolResult, ContentBlock, ResourceLink

_NOTHING = "the tool reported an error without a description"


def result_of(result: "CallToolResult", /) -> ToolResult:
    """Convert a result; its id and its name are those of the call, added by the caller.

    Structured content repeats the other content, so that it is used only if there is no other.
    """
    content = tuple(map(_part, result.content))
    if not content and result.structured_content is not None:
        content = (TextPart(msgspec.json.encode(result.structured_content).decode()),)
    is_error = result.is_error
    if is_error and not content:
        content = (TextPart(_NOTHING),)
    return ToolResult("", content, is_error=is_error, lenient=True)


def _part(block: "ContentBlock") -> ResultPart:
    match block.type:
        case "text":
            return TextPart(block.text)
        case "image":
            return _medium(block.data, block.mime_type, "an image")
        case "audio":
            return _medium(block.data, block.mime_type, "audio")
        case "resource_link":
            return TextPart(_link(block))
        case "resource":
            resource = block.resource
            # Not by `isinstance`, because the classes are imported for type checkers only.
            text: str | None = getattr(resource, "text", None)
            return TextPart(text) if text is not None else _blob(resource)  # pyright: ignore[reportArgumentType]
        case _:
            assert_never(block)


def _blob(resource: "BlobResourceContents") -> ResultPart:
    return _medium(resource.blob, resource.mime_type or "", "a resource", str(resource.uri))


def _medium(base64: str, media_type: str, kind: str, uri: str = "") -> ResultPart:
    """Return a part for media that models can accept, else a line that describes them."""
    try:
        data = b64decode(base64, validate=True)
    except (Base64Error, ValueError):
        return _line(kind, media_type, uri, "its Base64 is invalid")
    if not data:
        return _line(kind, media_type, uri, "it is empty")
    match media_type.partition(";")[0].strip().lower().partition("/"):
        case "image", _, _:
            return ImagePart(data=data, media_type=media_type)
        case "audio", _, _:
            return AudioPart(data=data, media_type=media_type)
        case "application", _, "pdf":
            return FilePart(data=data, media_type=media_type, name=_file_name(uri))
        case "text", _, _:
            return FilePart(data=data, media_type=media_type, name=_file_name(uri))
        case _:
            return _line(kind, media_type, uri, f"{len(data):,} bytes")


def _line(kind: str, media_type: str, uri: str, reason: str) -> TextPart:
    of_type = f" of type {media_type}" if media_type else ""
    at = f" at {uri}" if uri else ""
    return TextPart(f"[{kind}{of_type}{at} is omitted: {reason}]")


def _link(link: "ResourceLink") -> str:
    lines = [f"{link.title or link.name}: {link.uri}"]
    if link.mime_type:
        lines.append(f"type: {link.mime_type}")
    if link.description:
        lines.append(link.description)
    return "\n".join(lines)


def _file_name(uri: str) -> str | None:
    return unquote(urlsplit(uri).path).rpartition("/")[2] or None
