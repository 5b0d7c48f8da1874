"""Undoes content codings, which are not asked for, but which some servers apply all the same."""

import zlib
from collections.abc import Callable

from chatmodels.http._engine import TransferError


def decoder(coding: str | None, /) -> Callable[[bytes], bytes] | None:
    """Give what undoes a content coding piece by piece; None if there is nothing to undo.

    Args:
        coding: The value of the header `content-encoding`.

    Raises:
        TransferError: The coding is not gzip or deflate.
    """
    name = "" if coding is None else coding.strip().lower()
    if name in {"", "identity"}:
        return None
    if name not in {"gzip", "x-gzip", "deflate"}:
        raise TransferError("broken", f"the body is coded with {name!r}, which was not asked for")
    # 32 more than the largest window: find out by the header whether it is gzip or zlib
    decompress = zlib.decompressobj(zlib.MAX_WBITS + 32).decompress

    def decoded(piece: bytes) -> bytes:
        try:
            return decompress(piece)
        except zlib.error as error:
            raise TransferError("broken", f"the body is not the {name} that it says") from error

    return decoded
