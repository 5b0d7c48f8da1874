"""Cuts bytes that come in any pieces at a separator, in linear time and bounded memory."""

from chatmodels.core import ResponseInvalidError

MAX_FRAME_BYTES = 32 * 1024 * 1024
"""How long one frame may be: several times the largest generated image in one event."""


class Splitter:
    """Collects bytes and gives the blocks that a separator has completed.

    The same blocks come out whatever pieces the bytes came in. A block too long is refused, but
    only after the blocks before it have been given.
    """

    __slots__ = ("_buffer", "_limit", "_overlap", "_refusal", "_separator", "_unit")

    def __init__(self, separator: bytes, unit: str, limit: int) -> None:
        self._separator = separator
        self._overlap = len(separator) - 1
        self._unit = unit
        self._limit = limit
        self._buffer = bytearray()
        self._refusal: ResponseInvalidError | None = None

    def feed(self, data: bytes, /) -> list[bytes]:
        """Take bytes in and give the blocks that they complete, without their separators.

        Raises:
            ResponseInvalidError: A block exceeds the limit.
        """
        if self._refusal is not None:
            raise self._refusal
        buffer = self._buffer
        if buffer:
            # Only what is new can hold a separator: searching all of it again would be quadratic.
            seam = max(len(buffer) - self._overlap, 0)
            buffer += data
            if buffer.find(self._separator, seam) < 0:
                if len(buffer) > self._limit + self._overlap:
                    raise self._too_long()
                return []
            data = bytes(buffer)
            buffer.clear()
        blocks = data.split(self._separator)
        buffer += blocks.pop()
        if len(data) > self._limit:
            return self._bounded(blocks)
        return blocks

    def close(self) -> bytes:
        """Give what no separator has completed.

        Raises:
            ResponseInvalidError: A block exceeds the limit.
        """
        if self._refusal is not None:
            raise self._refusal
        rest = bytes(self._buffer)
        self._buffer.clear()
        if len(rest) > self._limit:
            raise self._too_long()
        return rest

    def _bounded(self, blocks: list[bytes]) -> list[bytes]:
        for count, block in enumerate(blocks):
            if len(block) > self._limit:
                self._refusal = self._too_long()
                del blocks[count:]
                break
        else:
            if len(self._buffer) > self._limit + self._overlap:
                self._refusal = self._too_long()
        if self._refusal is not None and not blocks:
            raise self._refusal
        return blocks

    def _too_long(self) -> ResponseInvalidError:
        return ResponseInvalidError(
            f"the stream has {self._unit} of more than {self._limit} bytes; "
            "the address may not be that of this API"
        )
