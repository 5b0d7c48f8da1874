"""Media as text: base64 and data URLs."""

import base64

from chatmodels.core import AudioPart, FilePart, ImagePart
from chatmodels.core.extending import text_of

__all__ = ["Medium", "base64_text", "data_url", "text_of"]

Medium = ImagePart | AudioPart | FilePart
"""A part with an image, audio or a file."""


def base64_text(data: bytes) -> str:
    """Encode bytes in base64."""
    return base64.b64encode(data).decode()


def data_url(data: bytes, media_type: str | None) -> str:
    """Encode bytes as a data URL (RFC 2397)."""
    return f"data:{media_type or 'application/octet-stream'};base64,{base64_text(data)}"
