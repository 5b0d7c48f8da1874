"""Recorded exchanges with real providers, as files, and the answers that they give again.

The format is one JSON file for each exchange: `provider`, `api`, `source`, `request` (`method`,
`url`, `headers`, `body`; may be null) and `response` (`status`, `headers`, and one of `body` for
JSON, `body_text` and `body_base64`). Other fields are kept, but mean nothing here.
"""

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from chatmodels.testing._answer import Answer
from chatmodels.testing._json import is_array, is_object


class RecordedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a client sent; `body` is parsed JSON."""

    method: str = "POST"
    url: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    body: Any = None


class RecordedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider answered: parsed JSON, or a text, or bytes in base64."""

    status: int = 200
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    body: Any = msgspec.UNSET
    body_text: str | None = None
    body_base64: str | None = None


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded exchange.

    Attributes:
        provider: Who answered.
        api: The wire format.
        source: Where it was published, under which licence.
        tags: What it shows.
        request: What was asked; None where only the answer was published.
        response: The answer.
        expected: A neutral reading of the answer, where there is one.
    """

    provider: str
    api: str
    response: RecordedResponse
    request: RecordedRequest | None = None
    source: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    tags: tuple[str, ...] = ()
    expected: dict[str, Any] | None = None

    @property
    def content(self) -> bytes:
        """The body of the answer: exactly what was recorded, or the JSON written anew."""
        response = self.response
        if response.body_text is not None:
            return response.body_text.encode()
        if response.body_base64 is not None:
            return base64.b64decode(response.body_base64)
        return b"" if response.body is msgspec.UNSET else msgspec.json.encode(response.body)

    @property
    def wire_format(self) -> str:
        """The wire format: of some, recordings name whole answers and streams apart."""
        return self.api.replace("stream_", "").removesuffix("_stream")

    @property
    def streamed(self) -> bool:
        """Whether the answer came in pieces."""
        return "stream" in self.tags or "text/event-stream" in self.response.headers.get(
            "content-type", ""
        )

    def answer(self) -> Answer:
        """Give the answer again, an event of a stream a piece."""
        content = self.content
        headers = {
            name: value
            for name, value in self.response.headers.items()
            if name.lower() not in {"content-length", "transfer-encoding", "content-encoding"}
        }
        headers.setdefault(
            "content-type", "text/event-stream" if self.streamed else "application/json"
        )
        return Answer(
            status=self.response.status,
            headers=headers,
            body=tuple(_events(content)) if self.streamed else (content,),
            streamed=self.streamed,
        )


def recordings(source: str | Path, /) -> Iterator[Recording]:
    """Read recorded exchanges.

    Args:
        source: A file, or a folder, whose files are read in the order of their paths.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is not a recorded exchange.
    """
    path = Path(source)
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    for file in files:
        try:
            yield msgspec.json.decode(file.read_bytes(), type=Recording)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if path.is_dir() and file.name == "MANIFEST.json":
                continue
            raise ValueError(f"{file} is not a recorded exchange: {error}") from error


class Replay:
    """Chooses which recorded exchange answers a request; used by one thread.

    Args:
        exchanges: The recordings, in order.
    """

    def __init__(self, exchanges: Iterable[Recording]) -> None:
        self._all = tuple(exchanges)
        self._asked = [
            None if known.request is None else canonical(known.request.body) for known in self._all
        ]
        self._position = 0

    def __len__(self) -> int:
        return len(self._all)

    def choose(self, body: Any, api: str, streamed: bool, /) -> Recording | None:
        """Choose the recording whose request says the same, else the next in order.

        Of several that say the same the next in order is taken. The order begins again at its
        end. Where no request says the same, recordings of the same kind (streamed or whole) go
        before others.

        Args:
            body: The request's body, as parsed JSON.
            api: The wire format.
            streamed: Whether the answer is wanted in pieces.
        """
        count = len(self._all)
        order = [(self._position + step) % count for step in range(count)]
        fitting = [place for place in order if self._all[place].wire_format == api]
        asked = canonical(body)
        same = [place for place in fitting if self._asked[place] == asked]
        alike = [place for place in fitting if self._all[place].streamed == streamed]
        for candidates in (same, alike, fitting):
            if candidates:
                self._position = candidates[0] + 1
                return self._all[candidates[0]]
        return None


def canonical(body: Any, /) -> Any:
    """Bring the ways in which clients write one request into one form.

    Nulls, an explicit `stream: false`, the options of streams, a single text part instead of a
    text, and the order of keys make no difference.
    """
    if is_array(body):
        if len(body) == 1 and is_object(body[0]) and body[0].keys() == {"type", "text"}:
            return body[0]["text"]
        return [canonical(item) for item in body]
    if is_object(body):
        return {
            name: canonical(value)
            for name, value in body.items()
            if value is not None and name != "stream_options" and (name, value) != ("stream", False)
        }
    return body


def _events(content: bytes) -> Iterator[bytes]:
    """Cut a stream after its blank lines, or after each line if it has none; not a byte is lost."""
    blank = b"\r\n\r\n" if b"\r\n\r\n" in content else b"\n\n" if b"\n\n" in content else b"\n"
    *events, rest = content.split(blank)
    yield from (event + blank for event in events)
    if rest:
        yield rest
