"""Content decoding in bounded steps: gzip, deflate, and br and zstd if a library is installed.

Requests ask for `identity`, since compressed streams arrive late. Some servers compress anyway.
"""

import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from chatmodels.http._transport.engine import TransferError

STEP = 64 * 1024
"""Bytes that one step of decoding returns at most, give or take a block of zstandard."""


class Decoder(Protocol):
    """Decodes a body chunk by chunk."""

    def feed(self, chunk: bytes | None, /) -> bytes | None:
        """Accept a chunk of the body and return the first step of its decoded bytes.

        Call it only when `rest` has returned nothing. None is the end of the body, for both.

        Raises:
            TransferError: The body cannot be decoded, or it ends before its coding does.
        """
        ...

    def rest(self) -> bytes:
        """Return the next step of the decoded bytes; empty if more has to be fed.

        Raises:
            TransferError: The body cannot be decoded.
        """
        ...


def decoder(coding: str | None, /) -> Decoder | None:
    """Return the decoder for a content coding; None if there is nothing to decode.

    An unknown coding does not raise here, since the status of a response is useful without its
    body. The decoder raises when the body is read.

    Args:
        coding: The value of the header `content-encoding`.
    """
    name = "" if coding is None else coding.strip().lower()
    if name in {"", "identity"}:
        return None
    makers = _MAKERS.get(name)
    return _Unreadable(name) if makers is None else _Decoder(name, makers)


class Stage(Protocol):
    """A decompressor of one library, for one member or frame."""

    @property
    def eof(self) -> bool:
        """True if the member has ended."""
        ...

    @property
    def finished(self) -> bool:
        """True if the member has ended, and no other can follow."""
        ...

    @property
    def unused(self) -> bytes:
        """The bytes after the end of the member."""
        ...

    def decode(self, data: bytes, /) -> tuple[bytes, bytes | None]:
        """Return a step of output, and the remaining input; None if there is none."""
        ...


class _Decoder:
    __slots__ = ("_ended", "_make", "_name", "_pending", "_stage")

    def __init__(self, name: str, make: Callable[[bytes], Stage | None]) -> None:
        self._name = name
        self._make = make
        self._stage: Stage | None = None
        self._ended = False
        self._pending: bytes | None = None

    def feed(self, chunk: bytes | None, /) -> bytes | None:
        if chunk is None:
            if self._pending or (self._stage is not None and not self._stage.finished):
                raise TransferError("broken", f"the body ends within its coding, {self._name}")
            return None
        self._pending = chunk if self._pending is None else self._pending + chunk
        return self._step()

    def rest(self) -> bytes:
        return b"" if self._pending is None else self._step()

    def _step(self) -> bytes:
        try:
            while (data := self._pending) is not None:
                stage = self._stage
                if stage is None:
                    if self._ended:
                        # Another member can follow; gzip's padding is ignored.
                        data = data.lstrip(b"\0")
                    stage = self._stage = self._make(data) if data else None
                    if stage is None:  # too short to detect the format
                        self._pending = data or None
                        return b""
                decoded, self._pending = stage.decode(data)
                if stage.eof:
                    self._ended = True
                    self._stage = None
                    self._pending = stage.unused or None
                if decoded:
                    return decoded
        except TransferError:
            raise
        except Exception as error:  # each library has its own
            raise TransferError("broken", f"the body is not valid {self._name}") from error
        return b""


class _Unreadable:
    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def feed(self, chunk: bytes | None, /) -> bytes | None:
        if chunk is None:  # a body without a byte
            return None
        raise TransferError(
            "undecodable",
            f"the body has the content coding {self._name!r}, which is not supported and was not "
            "requested",
        )

    def rest(self) -> bytes:
        return b""


class _Zlib:
    __slots__ = ("_object",)
    finished = False

    def __init__(self, window: int) -> None:
        self._object = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused(self) -> bytes:
        return self._object.unused_data

    def decode(self, data: bytes, /) -> tuple[bytes, bytes | None]:
        decoded = self._object.decompress(data, STEP)
        # Output can be held back even if all input is used, as when it filled the step exactly.
        tail = self._object.unconsumed_tail
        return decoded, tail if tail or len(decoded) == STEP else None


def _gzip(data: bytes) -> Stage:
    return _Zlib(zlib.MAX_WBITS + 16)


def _deflate(data: bytes) -> Stage | None:
    # "deflate" means zlib's format, but many servers send raw deflate.
    if len(data) < 2:
        return None
    wrapped = data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
    return _Zlib(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


class _Brotli:
    __slots__ = ("_object",)
    unused = b""

    def __init__(self, library: Any) -> None:
        self._object = library.Decompressor()

    @property
    def eof(self) -> bool:
        return False  # a second stream cannot follow

    @property
    def finished(self) -> bool:
        return self._object.is_finished()

    def decode(self, data: bytes, /) -> tuple[bytes, bytes | None]:
        decoded: bytes = self._object.process(data, output_buffer_limit=STEP)
        # `can_accept_more_data` is true although output is held back.
        return decoded, b"" if decoded else None


def _brotli(data: bytes) -> Stage:
    for name in ("brotli", "brotlicffi"):
        library = _imported(name)
        if hasattr(getattr(library, "Decompressor", None), "can_accept_more_data"):
            return _Brotli(library)
    raise _missing("br", "'brotli>=1.2'")


class _Zstd:
    __slots__ = ("_object",)
    finished = False

    def __init__(self, library: Any) -> None:
        options = {library.DecompressionParameter.window_log_max: _WINDOW}
        self._object = library.ZstdDecompressor(options=options)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused(self) -> bytes:
        return self._object.unused_data if self._object.eof else b""

    def decode(self, data: bytes, /) -> tuple[bytes, bytes | None]:
        decoded: bytes = self._object.decompress(data, STEP)
        return decoded, None if self._object.eof or self._object.needs_input else b""


class _Zstandard:
    # This library cannot bound its output, but a block of 4 bytes contains at most 128 KiB.
    __slots__ = ("_object", "_tail")
    finished = False

    def __init__(self, library: Any) -> None:
        self._object = library.ZstdDecompressor(max_window_size=1 << _WINDOW).decompressobj()
        self._tail = b""

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused(self) -> bytes:
        return self._object.unused_data + self._tail

    def decode(self, data: bytes, /) -> tuple[bytes, bytes | None]:
        decoded: bytes = self._object.decompress(data[:_SLICE])
        self._tail = data[_SLICE:]
        return decoded, self._tail or None


def _zstd(data: bytes) -> Stage:
    for name in ("compression.zstd", "backports.zstd"):
        library = _imported(name)
        if library is not None:
            return _Zstd(library)
    library = _imported("zstandard")
    if library is not None:
        return _Zstandard(library)
    raise _missing("zstd", "backports.zstd")


_WINDOW = 23  # as RFC 9659 limits it for HTTP: 8 MiB
_SLICE = 64  # bytes, which decode to 2 MiB at most


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


def _missing(name: str, distribution: str) -> TransferError:
    return TransferError(
        "undecodable",
        f"the body has the content coding {name!r}, which was not requested and needs a library; "
        f"try: pip install {distribution}",
    )


_MAKERS: dict[str, Callable[[bytes], Stage | None]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
