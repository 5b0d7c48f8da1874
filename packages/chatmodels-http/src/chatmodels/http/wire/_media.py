"""Bytes as texts."""

import base64
import codecs

from chatmodels.core import AudioPart, FilePart, ImagePart

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def base64_text(data: bytes) -> str:
    """Write bytes in base64."""
    return base64.b64encode(data).decode()


def data_url(data: bytes, media_type: str | None) -> str:
    """Write bytes as an address that holds them (RFC 2397)."""
    return f"data:{media_type or 'application/octet-stream'};base64,{base64_text(data)}"


def text_of(part: ImagePart | AudioPart | FilePart) -> str | None:
    """Return the text of a document; None if its bytes are not text in its charset.

    The charset is that of the media type, as in "text/plain; charset=latin-1". Without one it is
    UTF-8, or UTF-16 with a byte order mark.
    """
    data = part.data or b""
    marked = (charset for mark, charset in _MARKS.items() if data.startswith(mark))
    try:
        return data.decode(_charset(part.media_type or "") or next(marked, "utf-8"))
    except (UnicodeDecodeError, LookupError):
        return None


def _charset(media_type: str) -> str | None:
    for parameter in media_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \"'") or None
    return None
