"""Media as text: base64 and data URLs."""

import base64
from collections.abc import Callable
from functools import cache
from importlib import import_module

from chatmodels.core import AudioPart, FilePart, ImagePart
from chatmodels.core.extending import text_of

__all__ = ["Medium", "base64_text", "data_url", "text_of"]

Medium = ImagePart | AudioPart | FilePart
"""A part with an image, audio or a file."""


def base64_text(data: bytes) -> str:
    """Encode bytes in base64, with pybase64 if it is installed."""
    return _encoder()(data)


def data_url(data: bytes, media_type: str | None) -> str:
    """Encode bytes as a data URL (RFC 2397)."""
    return f"data:{media_type or 'application/octet-stream'};base64,{base64_text(data)}"


@cache
def _encoder() -> Callable[[bytes], str]:
    """Return the fastest function; pybase64 uses the vector instructions of processors."""
    try:
        return import_module("pybase64").b64encode_as_string
    except ImportError:
        return lambda data: base64.b64encode(data).decode()
