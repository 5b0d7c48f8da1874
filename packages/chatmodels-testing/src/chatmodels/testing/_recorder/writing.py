"""Writes recorded exchanges as files that make readable differences."""

import json
import os
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._recordings import RecordedResponse, Recording

_SUFFIXES = {
    "text/event-stream": "sse",
    "application/x-ndjson": "ndjson",
    "application/stream+json": "ndjson",
    "text/html": "html",
    "text/plain": "txt",
}
"""The suffixes of files beside the exchange, by the media type of a text with several lines."""


def write_recording(exchange: Recording, path: Path, /) -> None:
    """Write an exchange, and the text of a stream or a page into a file of its own beside it.

    Objects of the request and headers are sorted by their keys; the body of the response has the
    order in which it was sent, since the arguments of tools are a part of it.

    Raises:
        OSError: A file cannot be written.
    """
    response, beside = _response(exchange.response, path)
    document: dict[str, Any] = {
        "provider": exchange.provider,
        "api": exchange.api,
        "tags": list(exchange.tags),
        "request": _request(exchange),
        "response": response,
        "expected": exchange.expected,
        "source": exchange.source,
        "trap": exchange.trap,
        "seen": exchange.seen,
        "reading": exchange.reading,
    }
    given = {
        name: value
        for name, value in document.items()
        if name in ("provider", "api") or value not in (None, "", [], {})
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    for name, content in beside.items():
        _replace(path.parent / name, content)
    _replace(path, f"{_text(given)}\n".encode())


def _request(exchange: Recording) -> dict[str, Any] | None:
    request = exchange.request
    if request is None:
        return None
    document: dict[str, Any] = {"method": request.method, "url": request.url}
    if request.headers:
        document["headers"] = _sorted(request.headers)
    if request.body is not None:
        document["body"] = _sorted(request.body)
    return document


def _response(response: RecordedResponse, path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    document: dict[str, Any] = {"status": response.status, "headers": _sorted(response.headers)}
    if response.failure:
        document["failure"] = response.failure
    if response.timing is not None:
        document["timing"] = msgspec.to_builtins(response.timing)
    suffix = _SUFFIXES.get(response.content_type)
    if response.body_text is not None and suffix is not None:
        document["body_file"] = f"{path.stem}.{suffix}"
        return document, {f"{path.stem}.{suffix}": response.body_text.encode()}
    if response.body_text is not None:
        document["body_text"] = response.body_text
    elif response.body_frames is not None:
        document["body_frames"] = msgspec.to_builtins(response.body_frames)
    elif response.body_base64 is not None:
        document["body_base64"] = b64encode(response.body_base64).decode()
    elif response.body is not msgspec.UNSET:
        document["body"] = response.body
    return document, {}


def _replace(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def _sorted(value: Any) -> Any:
    if is_object(value):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if is_array(value):
        return [_sorted(item) for item in value]
    return value


def _text(value: Any, indent: str = "") -> str:
    """Encode JSON with one value in each line, but numbers of a list in one."""
    inner = f"{indent}  "
    if is_object(value) and value:
        named = (f"{_encoded(name)}: {_text(item, inner)}" for name, item in value.items())
        return _block("{", named, "}", indent)
    if isinstance(value, list | tuple) and value:
        items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType] - of JSON
        if all(isinstance(item, int | float) for item in items):
            return _encoded(items)
        return _block("[", (_text(each, inner) for each in items), "]", indent)
    return _encoded(value)


def _block(opening: str, lines: Iterable[str], closing: str, indent: str) -> str:
    inner = f"\n{indent}  "
    return f"{opening}{inner}{f',{inner}'.join(lines)}\n{indent}{closing}"


def _encoded(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
