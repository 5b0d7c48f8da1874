"""Recorded exchanges as files, in the format that `docs/reference/recordings.md` describes."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import msgspec

from chatmodels.testing._former import warn_former
from chatmodels.testing._protocols import event_stream
from chatmodels.testing._simulated_response import Ending, SimulatedResponse

STREAM_TYPES = frozenset(
    {"text/event-stream", "application/x-ndjson", "application/stream+json"}
    | {event_stream.CONTENT_TYPE}
)
"""The media types of streamed responses."""

_TYPES = {
    "sse": "text/event-stream",
    "ndjson": "application/x-ndjson",
    "html": "text/html",
    "txt": "text/plain",
}


class RecordedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The request of a client; `body` is parsed JSON."""

    method: str = "POST"
    url: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    body: Any = None


class RecordedFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One message of an AWS event stream.

    Attributes:
        type: The type of the event or of the exception.
        payload: Parsed JSON, or the exact text of a payload that is not JSON.
        exception: Whether the message is an exception.
    """

    type: str
    payload: Any
    exception: bool = False

    def encode(self) -> bytes:
        """Encode the message with its headers and checksums."""
        payload = (
            self.payload.encode()
            if isinstance(self.payload, str)
            else msgspec.json.encode(self.payload)
        )
        kind = "exception" if self.exception else "event"
        headers = {f":{kind}-type": self.type, ":content-type": "application/json"}
        return event_stream.message(payload, headers | {":message-type": kind})


class RecordedTiming(msgspec.Struct, frozen=True, kw_only=True):
    """The arrival of a response.

    Attributes:
        head: The seconds from the request to the head of the response.
        chunks: The chunks of the body: the number of bytes, and the seconds since the chunk before.
            If the numbers do not add up to the size of the body, as after scrubbing, the chunks are
            in proportion to them.
    """

    head: float = 0.0
    chunks: tuple[tuple[int, float], ...] = ()

    def cut(self, content: bytes) -> tuple[bytes, ...]:
        """Cut a body into its chunks."""
        total = sum(size for size, _ in self.chunks)
        if not total:
            return (content, *(b"" for _ in self.chunks[1:]))
        ends = [
            reached * len(content) // total
            for reached in accumulate(size for size, _ in self.chunks)
        ]
        return tuple(content[start:end] for start, end in pairwise([0, *ends]))


class RecordedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The response of a provider, with at most one form of its body.

    Attributes:
        status: The HTTP status; 0 if no response arrived.
        headers: The headers; a missing content type is derived from the form of the body.
        body: Parsed JSON.
        body_text: The exact text.
        body_base64: The exact bytes, base64 in the file.
        body_file: The name of a file in the same folder with the exact bytes. `recordings`
            reads it into `body_base64`.
        body_frames: The messages of an AWS event stream.
        timing: The arrival of the response; None if it is unknown.
        failure: The reason for which the exchange ended before its response was complete: "left" if
            the client did not read it to its end, or the `kind` of a `TransferError` of
            `chatmodels.http`, such as "timeout"; empty if it was complete.
    """

    status: int = 200
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    body: Any = msgspec.UNSET
    body_text: str | None = None
    body_base64: bytes | None = None
    body_file: str | None = None
    body_frames: tuple[RecordedFrame, ...] | None = None
    timing: RecordedTiming | None = None
    failure: str = ""

    def __post_init__(self) -> None:
        if (self.body is not msgspec.UNSET) + sum(
            form is not None for form in (self.body_text, self._bytes, self.body_frames)
        ) > 1:
            raise ValueError("a response must have exactly one body")

    @property
    def _bytes(self) -> object:
        return self.body_base64 if self.body_file is None else self.body_file

    @property
    def content(self) -> bytes:
        """The body: the exact bytes, or the encoded JSON."""
        if self.body_text is not None:
            return self.body_text.encode()
        if self.body_frames is not None:
            return b"".join(frame.encode() for frame in self.body_frames)
        if self.body_base64 is not None:
            return self.body_base64
        return b"" if self.body is msgspec.UNSET else msgspec.json.encode(self.body)

    @property
    def content_type(self) -> str:
        """The media type of the header, or one derived from the form of the body."""
        for name, value in self.headers.items():
            if name.lower() == "content-type":
                return value.partition(";")[0].strip().lower()
        if self.body_frames is not None:
            return event_stream.CONTENT_TYPE
        if self.body_text is not None:
            return "text/event-stream"
        suffix = (self.body_file or "").rpartition(".")[2]
        return _TYPES.get(suffix, "application/json")


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange: a request and its response.

    Attributes:
        provider: The vendor or server that sent the response.
        api: The wire format.
        response: The response.
        request: The request; None if it is unknown.
        expected: The expected neutral response; None if there is none.
        tags: Features of the exchange, such as "stream" and "tool_call".
        source: The origin of an exchange that was published elsewhere.
        trap: The unusual point of the exchange, in one sentence.
        seen: The vendors or servers with this behaviour, with versions or dates.
        reading: The correct interpretation, in one sentence.
        name: The folder and the file, such as "openai.chat/usage-in-every-chunk".
    """

    provider: str
    api: str
    response: RecordedResponse
    request: RecordedRequest | None = None
    expected: dict[str, Any] | None = None
    tags: tuple[str, ...] = ()
    source: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    trap: str = ""
    seen: str = ""
    reading: str = ""
    name: str = ""

    @property
    def content(self) -> bytes:
        """The body of the response: the exact bytes, or the encoded JSON."""
        return self.response.content

    @property
    def wire_format(self) -> str:
        """The wire format, without the distinction between whole and streamed in some names."""
        return self.api.replace("stream_", "").removesuffix("_stream")

    @property
    def streamed(self) -> bool:
        """True if the response belongs to a streamed call."""
        return "stream" in self.tags or self.response.content_type in STREAM_TYPES

    def simulated_response(self) -> SimulatedResponse:
        """Return the response for the simulator; each event of a stream is a chunk.

        After a recorded failure, the connection is closed, or stalls for a timeout.
        """
        content = self.content
        headers = {
            name: value
            for name, value in self.response.headers.items()
            if name.lower() not in {"content-length", "transfer-encoding", "content-encoding"}
        }
        if not any(name.lower() == "content-type" for name in headers):
            headers["content-type"] = self.response.content_type
        response = SimulatedResponse(
            status=self.response.status or 500,  # which is not sent
            headers=headers,
            body=self.chunks if self.streamed else (content,),
            streamed=self.streamed,
        )
        failure = self.response.failure
        if failure in ("", "left"):
            return response
        ending: Ending = "stall" if "timeout" in failure else "close"
        cut_after = 1.0 if self.response.status else 0
        return msgspec.structs.replace(response, cut_after=cut_after, ending=ending)

    def answer(self) -> SimulatedResponse:
        """Return the response: the former name of `simulated_response`, until 0.3."""
        warn_former("Recording.answer", "Recording.simulated_response")
        return self.simulated_response()

    @property
    def chunks(self) -> tuple[bytes, ...]:
        """The body of the response, cut into the events of a stream."""
        frames = self.response.body_frames
        if frames is not None:
            return tuple(frame.encode() for frame in frames)
        return tuple(_events(self.content))


def recordings(source: str | Path, /) -> Iterator[Recording]:
    """Read recorded exchanges.

    Args:
        source: A file, or a folder, whose files are read in the order of their paths, except
            `MANIFEST.json` and `*.body.json`.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is not a recorded exchange.
    """
    for file in recording_files(source):
        try:
            recording = msgspec.json.decode(file.read_bytes(), type=Recording)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{file} is not a recorded exchange: {error}") from error
        yield _completed(recording, file)


def recording_files(source: str | Path, /) -> Sequence[Path]:
    """List the recorded exchanges of a folder by path; for a file, return only the file."""
    path = Path(source)
    if not path.is_dir():
        return [path]
    return [
        file
        for file in sorted(path.rglob("*.json"))
        if file.name != "MANIFEST.json" and not file.name.endswith(".body.json")
    ]


def _completed(recording: Recording, file: Path) -> Recording:
    """Add the name of the exchange and the bytes of its body file."""
    response = recording.response
    body_file = response.body_file
    if body_file is not None:
        if Path(body_file).name != body_file:
            raise ValueError(f"{file}: body_file must be the name of a file in the same folder")
        content = (file.parent / body_file).read_bytes()
        response = msgspec.structs.replace(response, body_base64=content)
    return msgspec.structs.replace(
        recording, name=f"{file.parent.name}/{file.stem}", response=response
    )


def _events(content: bytes) -> Iterator[bytes]:
    """Split a stream after blank lines, or after each line if there are none; keep all bytes."""
    blank = b"\r\n\r\n" if b"\r\n\r\n" in content else b"\n\n" if b"\n\n" in content else b"\n"
    *events, rest = content.split(blank)
    yield from (event + blank for event in events)
    if rest:
        yield rest
