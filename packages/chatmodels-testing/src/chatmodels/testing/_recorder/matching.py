"""Compares requests with recorded ones: method, path, query and body."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._recordings import RecordedRequest
from chatmodels.testing._replay import canonical

_NOISE = "(noise)"


class Matching:
    """The rules by which a request equals a recorded one.

    The order of keys and of parameters never matters, and neither do nulls, `"stream": false`,
    stream options, the host and the headers.

    Args:
        ignore: Places that do not matter, such as "body.metadata.run" or "query.api-version"; "*"
            is any key or position.
        noise: Regular expressions of texts that do not matter, such as dates, within any text.

    Raises:
        ValueError: A place is not below "method", "path", "query" or "body".
        re.error: A pattern is not a regular expression.
    """

    def __init__(
        self, ignore: Iterable[str] = (), noise: Iterable[str | re.Pattern[str]] = ()
    ) -> None:
        self._ignore = [place.split(".") for place in ignore]
        self._noise = [re.compile(each) for each in noise]
        for place in self._ignore:
            if place[0] not in {"method", "path", "query", "body"}:
                raise ValueError(
                    f"{'.'.join(place)!r} is not a place in a request; it begins with "
                    '"method", "path", "query" or "body", as in "body.metadata.run"'
                )

    def view(self, request: RecordedRequest, /) -> dict[str, Any]:
        """Return the parts of a request that matter."""
        split = urlsplit(request.url)
        seen = {
            "method": request.method.upper(),
            "path": split.path,
            "query": parse_qs(split.query, keep_blank_values=True),
            "body": canonical(request.body),
        }
        quiet: dict[str, Any] = self._quiet(seen)
        for place in self._ignore:
            _remove(quiet, place)
        return quiet

    def _quiet(self, value: Any) -> Any:
        if isinstance(value, str):
            for pattern in self._noise:
                value = pattern.sub(_NOISE, value)
            return value
        if is_array(value):
            return [self._quiet(item) for item in value]
        if is_object(value):
            return {name: self._quiet(item) for name, item in value.items()}
        return value


def _remove(value: Any, place: list[str]) -> None:
    name, rest = place[0], place[1:]
    if is_object(value):
        for key in list(value) if name == "*" else [name] if name in value else []:
            if rest:
                _remove(value[key], rest)
            else:
                del value[key]
    elif is_array(value):
        chosen = [position for position in range(len(value)) if name in ("*", str(position))]
        for position in chosen:
            if rest:
                _remove(value[position], rest)
            else:
                value[position] = None


def differences(recorded: Any, sent: Any, /, place: str = "") -> Iterator[str]:
    """Describe where a request differs from a recorded one, place by place."""
    if is_object(recorded) and is_object(sent):
        for name in sorted(recorded.keys() | sent.keys()):
            below = f"{place}.{name}" if place else name
            if name not in sent:
                yield f"{below}: {_short(recorded[name])} was recorded, and is not sent"
            elif name not in recorded:
                yield f"{below}: {_short(sent[name])} is sent, and was not recorded"
            else:
                yield from differences(recorded[name], sent[name], below)
    elif is_array(recorded) and is_array(sent):
        for position, (one, other) in enumerate(zip(recorded, sent, strict=False)):
            yield from differences(one, other, f"{place}[{position}]")
        if len(recorded) != len(sent):
            yield f"{place}: {len(recorded)} items were recorded, and {len(sent)} are sent"
    elif recorded != sent:
        yield f"{place}: {_around(recorded, sent)} was recorded, {_around(sent, recorded)} is sent"


def _around(value: Any, other: Any) -> str:
    """Show a text around the first character that differs."""
    if not isinstance(value, str) or not isinstance(other, str) or len(value) <= _SHOWN:
        return _short(value)
    pairs = zip(value, other, strict=False)
    same = next(
        (position for position, (one, two) in enumerate(pairs) if one != two),
        min(len(value), len(other)),
    )
    start = max(same - _SHOWN // 4, 0)
    shown = value[start : start + _SHOWN]
    return f"{'...' if start else ''}{shown!r}{'...' if start + _SHOWN < len(value) else ''}"


_SHOWN = 120  # characters of a value in a message


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
