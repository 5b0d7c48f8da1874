"""Splits bytes that arrive in chunks at a separator, in linear time and bounded memory."""

from chatmodels.core import ResponseInvalidError

MAX_FRAME_BYTES = 32 * 1024 * 1024
"""The largest size of one frame: several times the largest generated image in one event."""


class Splitter:
    """Collects bytes and returns the blocks that a separator has completed.

    The blocks do not depend on the chunks of the bytes. A block that is too long raises an error
    after the blocks before it have been returned.
    """

    __slots__ = ("_buffer", "_error", "_limit", "_overlap", "_separator", "_unit")

    def __init__(self, separator: bytes, unit: str, limit: int) -> None:
        self._separator = separator
        self._overlap = len(separator) - 1
        self._unit = unit
        self._limit = limit
        self._buffer = bytearray()
        self._error: ResponseInvalidError | None = None

    def feed(self, data: bytes, /) -> list[bytes]:
        """Accept bytes and return the blocks that they complete, without their separators.

        Raises:
            ResponseInvalidError: A block exceeds the limit.
        """
        if self._error is not None:
            raise self._error
        buffer = self._buffer
        if buffer:
            # Only new bytes can contain a separator: searching the whole buffer would be quadratic.
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
        """Return the bytes after the last separator.

        Raises:
            ResponseInvalidError: A block exceeds the limit.
        """
        if self._error is not None:
            raise self._error
        rest = bytes(self._buffer)
        self._buffer.clear()
        if len(rest) > self._limit:
            raise self._too_long()
        return rest

    def _bounded(self, blocks: list[bytes]) -> list[bytes]:
        for count, block in enumerate(blocks):
            if len(block) > self._limit:
                self._error = self._too_long()
                del blocks[count:]
                break
        else:
            if len(self._buffer) > self._limit + self._overlap:
                self._error = self._too_long()
        if self._error is not None and not blocks:
            raise self._error
        return blocks

    def _too_long(self) -> ResponseInvalidError:
        return ResponseInvalidError(
            f"the stream has {self._unit} of more than {self._limit} bytes; "
            "check that base_url is the address of this API"
        )
