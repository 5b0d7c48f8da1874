"""Reads error bodies in the formats of vendors, gateways and proxies."""

import re
from contextlib import suppress
from typing import Any, TypeGuard

import msgspec

from chatmodels.core.extending import Json

EXCERPT_LENGTH = 500
"""The largest number of characters of a body in an error."""


class ErrorBody(msgspec.Struct, frozen=True):
    """The content of an error body.

    Attributes:
        message: The vendor's error message, on one line; empty if there is none.
        code: The vendor's code as text, as "invalid_api_key"; numbers are in `status`.
        type: The vendor's type, as "invalid_request_error".
        param: The field of the request that is at fault.
        status: The HTTP status in the body, if it contains one.
        page: Whether the body is a web page, and so not from the vendor's API.
    """

    message: str = ""
    code: str | None = None
    type: str | None = None
    param: str | None = None
    status: int | None = None
    page: bool = False


def excerpt(text: str | bytes, /) -> str:
    """Shorten a text for an error message, on one line."""
    text = text[: EXCERPT_LENGTH * 4]  # the rest can be long, and need not be decoded
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    if "***" in text:
        text = re.sub(_STARRED, "***", text)
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT_LENGTH else f"{line[: EXCERPT_LENGTH - 3]}..."


def read_error_body(body: bytes, /) -> ErrorBody:
    """Read an error body; it never raises.

    Supported formats are `{"error": "text"}`, `{"error": {...}}`, `{"detail": ...}`, flat
    `{"message": ...}`, `{"errors": [...]}`, `{"errors": [{"error": ...}]}`,
    `{"errorMessage": ...}`, a list of any of these, web pages and plain text. If a gateway passes
    on the error of another provider, as OpenRouter does in
    `{"error": {"metadata": {"raw": ..., "provider_name": ...}}}`, that error is returned.
    """
    try:
        parsed: Json = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_text(body)
    return read_error(parsed)


def read_error(parsed: Json, /) -> ErrorBody:
    """Read a parsed error, such as one in the middle of a stream; it never raises."""
    try:
        return _read(parsed)
    except RecursionError:  # nested too deeply to be useful
        return ErrorBody()


def _read(parsed: Json) -> ErrorBody:
    if _is_array(parsed):
        return _read(parsed[0]) if parsed else ErrorBody()
    if not _is_object(parsed):
        return ErrorBody(excerpt(_words(parsed)))
    inner: Json = parsed.get("error")
    listed: Json = parsed.get("errors")
    if not inner and _is_array(listed) and listed and _is_object(listed[0]):
        inner = listed[0].get("error")  # an envelope in each error of a list
    if _is_array(inner) and inner:
        inner = inner[0]
    if _is_object(inner):
        return _read_fields(inner, parsed)
    return _read_fields({"message": inner} if inner else parsed, parsed)


def _read_fields(inner: dict[str, Any], outer: dict[str, Any]) -> ErrorBody:
    levels = [inner, outer]
    # More specific than the error itself: {"errors": [{"code": ...}]}, Anthropic's
    # {"details": {"error_code": ...}} and Azure's {"innererror": {"code": ...}}.
    nested = [inner.get("errors"), inner.get("details"), inner.get("innererror")]
    within = [item[0] if _is_array(item) and item else item for item in nested]
    every = [*levels, *filter(_is_object, within)]
    cause = _cause(inner.get("metadata"))
    return ErrorBody(
        message=cause.message or excerpt(_message(inner)),
        # Google's "status", Amazon's "__type" and Cohere's "error_type" are codes as well
        code=_field(every, "code", "status", "__type", "errorCode", "error_code") or cause.code,
        type=_field(levels, "type", "error_type") or cause.type,
        param=_field(levels, "param") or cause.param,
        status=_status(inner) or _status(outer),
    )


def _cause(metadata: Json) -> ErrorBody:
    """Read the error of the provider behind a gateway; an empty one if there is none."""
    raw = metadata.get("raw") if _is_object(metadata) else None
    if not raw or not _is_object(metadata):
        return ErrorBody()
    cause = read_error_body(raw.encode(errors="replace")) if isinstance(raw, str) else _read(raw)
    name = metadata.get("provider_name")
    if not cause.message or not isinstance(name, str):
        return cause
    return msgspec.structs.replace(cause, message=excerpt(f"{name}: {cause.message}"))


def _field(levels: list[dict[str, Any]], *names: str) -> str | None:
    for name in names:
        for level in levels:
            value = level.get(name)
            if isinstance(value, str) and value and not value.isdigit():
                return value
    return None


def _message(fields: dict[str, Any]) -> str:
    for name in _MESSAGES:
        if text := _words(fields.get(name)):
            return text
    return ""


def _words(value: Json) -> str:
    if isinstance(value, str):
        return value
    if _is_array(value):
        return "; ".join(text for item in value if (text := _words(item)))
    if _is_object(value):
        # FastAPI's validation errors: {"loc": ["body", "model"], "msg": "field required"}
        place = value.get("loc")
        prefix = ".".join(map(str, place)) + ": " if _is_array(place) and place else ""
        return prefix + (_message(value) or msgspec.json.encode(value).decode())
    return "" if value is None else str(value)


def _status(fields: dict[str, Any]) -> int | None:
    for name in ("code", "status", "status_code", "errorCode"):
        value = fields.get(name)
        number = int(value) if isinstance(value, str) and re.fullmatch(_STATUS, value) else value
        if type(number) is int and 400 <= number <= 599:
            return number
    return None


def _is_array(value: Json) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_object(value: Json) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _read_text(body: bytes) -> ErrorBody:
    text = body[:_PAGE_LENGTH].decode(errors="replace").lstrip("\ufeff \t\r\n")
    if not re.match(_PAGE, text):
        return ErrorBody(excerpt(text))
    from html import unescape

    words = page_text(text)
    with suppress(ValueError):  # a character reference with more digits than Python reads
        words = unescape(words)
    lines = [line.strip() for line in words.splitlines()]
    return ErrorBody(excerpt(next((line for line in lines if line), "")), page=True)


def page_text(page: str, /) -> str:
    """Return the title of a web page, or else its visible text with a line for each element.

    The page is read in one pass, so that the time is linear in its length for every content.
    """
    lower = page.translate(_LOWER)  # unlike `str.lower`, it keeps the length
    name_of = re.compile(_NAME).match
    words: list[str] = []
    place = 0
    while (start := page.find("<", place)) >= 0:
        words.append(page[place:start])
        tag = name_of(lower, start)
        name = tag[0] if tag else "<"
        end = page.find("-->" if name == "<!--" else ">", start)
        if end < 0:
            return "\n".join(words)
        place = end + (3 if name == "<!--" else 1)
        if name in {"<title", "<script", "<style"}:
            closing = lower.find(f"</{name[1:]}", place)
            if closing < 0:
                return "\n".join(words)
            if name == "<title" and (title := page[place:closing].strip()):
                return title
            place = closing
    return "\n".join([*words, page[place:]])


_MESSAGES = (
    *("message", "Message", "errorMessage", "detail", "errors", "msg", "error_description"),
    *("error_msg", "title"),
)
# Patterns are compiled on first use: most programs do not need them.
_STATUS = "[0-9]{3}"
_PAGE_LENGTH = 8192  # characters; a page's title is at its beginning
_PAGE = r"(?i)<(?:!doctype\s+html|html|head|body|title|h1|center)\b"
_NAME = r"<(?:!--|[a-z]+)"
_LOWER = dict(zip(range(ord("A"), ord("Z") + 1), range(ord("a"), ord("z") + 1), strict=True))

# Vendors repeat a rejected key with stars in its middle; its ends are masked as well.
_STARRED = r"[^\s\"'`]*\*{3,}(?:[^\s\"'`]*[^\s\"'`,;.])?"
