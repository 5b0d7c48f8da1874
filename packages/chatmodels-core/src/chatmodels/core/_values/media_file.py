"""Reads regular files into memory, within a limit."""

import os
import stat

from chatmodels.core._errors.classes import InvalidRequestError


def read_file(path: str, max_bytes: int, /) -> bytes:
    """Read a regular file; a FIFO would wait for a writer, and a device might not end.

    Raises:
        InvalidRequestError: It cannot be read, is not a regular file, is empty, or is too large.
    """
    shown = shown_name(path)
    try:
        _check_file(os.stat(path), max_bytes, shown)  # first: opening a device can have effects
        with open(path, "rb", opener=_opened) as stream:
            # Again: another file may have replaced it.
            _check_file(os.fstat(stream.fileno()), max_bytes, shown)
            return stream.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidRequestError(
            f"cannot read {shown}: {reason}; pass an existing file, an https URL, or bytes"
        ) from error


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows does not have it


def _check_file(status: os.stat_result, max_bytes: int, shown: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "not a file")
        raise InvalidRequestError(
            f"cannot read {shown}: it is {kind}; pass a regular file, an https URL, or bytes"
        )
    if not status.st_size:  # such as the files in /proc, which do not report a size
        raise InvalidRequestError(f"{shown} is empty; pass one with content")
    check_size(status.st_size, max_bytes, shown)


_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def check_size(size: int, max_bytes: int, what: str, /) -> None:
    """Check the size of media.

    Raises:
        InvalidRequestError: They exceed the limit; the message refers to them as `what`.
    """
    if size > max_bytes:
        raise InvalidRequestError(
            f"{what} has {size:,} bytes, more than the limit of {max_bytes:,}; make it smaller, "
            "pass a URL, or raise max_bytes"
        )


def shown_name(name: str, /) -> str:
    """Return a name for a message, shortened if it is long."""
    text = repr(name)  # base64 without "data:" looks like a very long path
    return text if len(text) <= 200 else f"{text[:197]}..."
