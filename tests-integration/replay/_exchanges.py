"""Recorded exchanges: where they are, and what they hold."""

import base64
import copy
import json
import os
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage
from coverage.exceptions import CoverageWarning

Json = Any

CHECKOUT = Path(__file__).parents[2]
PIECES = (1, 7, 4096)
"""In how many bytes at a time an answer arrives."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Exchange:
    """One request and its response, as they were recorded.

    Attributes:
        name: Folder and file, as in "openai/rig--chat--0".
        provider: Who answered, as in "groq".
        api: The wire format, as in "openai.chat".
        tags: What the exchange shows, as in "stream", "tool_call".
        request: `method`, `url`, `headers` and `body`; None where it was not published.
        response: `status`, `headers`, and one of `body`, `body_text`, `body_base64`.
        expected: What the vendor's own SDK reads in the response; None where it reads nothing.
    """

    name: str
    provider: str
    api: str
    tags: frozenset[str]
    request: Json
    response: Json
    expected: Json

    def __repr__(self) -> str:
        return self.name

    @property
    def body(self) -> Json:
        """The body of the request: a copy, yours to change; None where there is none."""
        return copy.deepcopy((self.request or {}).get("body"))

    @property
    def content(self) -> bytes:
        """The body of the response."""
        match self.response:
            case {"body_text": text}:
                return text.encode()
            case {"body_base64": data}:
                return base64.b64decode(data)
            case {"body": body}:
                return json.dumps(body).encode()
            case _:
                raise AssertionError(f"{self.name} has no response")

    def pieces(self, size: int) -> list[bytes]:
        """Cut the body of the response."""
        data = self.content
        return [data[start : start + size] for start in range(0, len(data), size)]


def is_streamed(exchange: Exchange) -> bool:
    """Tell whether a response answers a call that streams; so do errors before the stream."""
    return "stream" in exchange.tags or "body" not in exchange.response


def everything() -> Path | None:
    """Find the folder with all recordings.

    It is named by the environment variable `CHATMODELS_RECORDED`, or lies as `*/recorded` beside
    the checkout.
    """
    named = os.environ.get("CHATMODELS_RECORDED")
    places = [Path(named)] if named else CHECKOUT.parent.glob("*/recorded")
    return next((place for place in places if (place / "MANIFEST.json").is_file()), None)


def needs_everything(folder: Path | None) -> pytest.MarkDecorator:
    """Mark what can be tested only where all recordings are."""
    return pytest.mark.skipif(
        folder is None, reason="no recordings; set CHATMODELS_RECORDED to their folder"
    )


def exchanges(
    folder: Path,
    api: str | Collection[str],
    providers: Collection[str] = (),
    share: slice = slice(None),
) -> Iterator[Exchange]:
    """Read the exchanges over an API, or several, in the order of their names.

    Args:
        folder: All recordings, or the choice that a package has of its own.
        api: The wire formats.
        providers: Who answered; anybody if empty.
        share: Which of the exchanges.
    """
    apis = {api} if isinstance(api, str) else api
    paths = [
        path
        for path, (found, provider) in _index(folder).items()
        if found in apis and (not providers or provider in providers)
    ]
    return map(read_exchange, paths[share])


def read_exchange(path: Path) -> Exchange:
    """Read one file."""
    recorded = json.loads(path.read_bytes())
    return Exchange(
        name=f"{path.parent.name}/{path.stem}",
        provider=recorded["provider"],
        api=recorded["api"],
        tags=frozenset(recorded["tags"]),
        request=recorded["request"],
        response=recorded["response"],
        expected=recorded.get("expected"),
    )


@cache
def _index(folder: Path) -> dict[Path, tuple[str, str]]:
    found = {}
    for path in sorted(folder.glob("*/*.json")):
        exchange = read_exchange(path)
        found[path] = (exchange.api, exchange.provider)
    return found


@contextmanager
def uncounted() -> Iterator[None]:
    """Measure no coverage: where much is read it would add nothing, and take minutes."""
    measured = Coverage.current()
    if measured is not None:
        measured.stop()
    try:
        yield
    finally:
        if measured is not None:
            with warnings.catch_warnings():
                # it repeats what it said when it was first started
                warnings.simplefilter("ignore", CoverageWarning)
                measured.start()
