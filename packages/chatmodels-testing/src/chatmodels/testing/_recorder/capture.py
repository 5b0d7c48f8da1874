"""One exchange as it happens: the request, and what has arrived of its response."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._json import is_object
from chatmodels.testing._protocols import PROTOCOLS
from chatmodels.testing._recorder.bodies import body_fields, is_stream, parsed_json
from chatmodels.testing._recordings import (
    RecordedRequest,
    RecordedResponse,
    RecordedTiming,
    Recording,
)

MAX_BYTES = 64 * 1024 * 1024
"""The largest size of a body that is recorded, which is the largest that chatmodels reads."""

FRAMING = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}
)
"""Headers about the connection or the coding of a body, which is recorded decoded."""


class Capture:
    """Collects an exchange; used by one thread or task at a time.

    Args:
        provider: The provider's registered name.
        request: The request.
        clock: Returns the time in seconds.
        limit: The largest number of bytes of the body that are kept.

    Attributes:
        is_truncated: Whether the body was longer.
    """

    def __init__(
        self,
        provider: str,
        request: RecordedRequest,
        clock: Callable[[], float],
        limit: int = MAX_BYTES,
    ) -> None:
        self._provider = provider
        self._request = request
        self._clock = clock
        self._limit = limit
        self._last = clock()
        self._status = 0
        self._headers: dict[str, str] = {}
        self._head_seconds = 0.0
        self._chunks: list[tuple[int, float]] = []
        self._content = bytearray()
        self._failure = "left"  # until the end is reached
        self.is_truncated = False

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Add the head of the response."""
        self._head_seconds = self._elapsed()
        self._status = status
        self._headers = {
            name.lower(): value for name, value in headers.items() if name.lower() not in FRAMING
        }
        self._headers.setdefault("content-type", "")  # or else it would follow from the body

    def add(self, chunk: bytes) -> None:
        """Add a chunk of the body."""
        left = self._limit - len(self._content)
        if len(chunk) > left:
            self.is_truncated = True
            chunk = chunk[:left]
        if chunk:
            self._content += chunk
            self._chunks.append((len(chunk), self._elapsed()))

    def end(self, failure: str = "") -> None:
        """Record the end: that of the body, or the kind of a `TransferError`."""
        self._failure = failure

    def recording(self) -> Recording:
        """Return the exchange so far."""
        body = self._request.body
        asks_for_stream = is_object(body) and body.get("stream") is True
        content_type = self._headers.get("content-type", "")
        # a whole body in one chunk needs no list of its chunks
        chunks = self._chunks if len(self._chunks) > 1 or is_stream(content_type) else ()
        response = RecordedResponse(
            status=self._status,
            headers=self._headers,
            timing=RecordedTiming(head=self._head_seconds, chunks=tuple(chunks)),
            failure="left" if self.is_truncated else self._failure,
            **body_fields(bytes(self._content), content_type),
        )
        return Recording(
            provider=self._provider,
            api=wire_format(self._request, self._provider),
            tags=("stream",) if asks_for_stream else (),
            request=self._request,
            response=response,
        )

    def _elapsed(self) -> float:
        before, self._last = self._last, self._clock()
        return round(max(self._last - before, 0.0), 3)


def recorded_request(
    method: str, url: str, headers: Mapping[str, str], body: bytes, /
) -> RecordedRequest:
    """Return a request in the form of recorded exchanges; a body that is not JSON is a text."""
    parsed = parsed_json(body) if body else None
    if parsed is msgspec.UNSET:
        parsed = body.decode("utf-8", "replace")
    return RecordedRequest(method=method, url=url, headers=dict(headers), body=parsed)


def wire_format(request: RecordedRequest, provider: str, /) -> str:
    """Return the name of the wire format of a chat request, or "http" for other requests."""
    split = urlsplit(request.url)
    target = f"{split.path}?{split.query}" if split.query else split.path
    received = ReceivedRequest(method=request.method, target=target, headers={})
    found = next((each.name for each in PROTOCOLS if each.generates(received)), "http")
    is_mistral = provider == "mistral" or split.netloc.endswith("mistral.ai")
    return "mistral.chat" if found == "openai.chat" and is_mistral else found
