"""Decodes media that are text files."""

import codecs

from chatmodels.core._values.parts import AudioPart, FilePart, ImagePart

Medium = ImagePart | AudioPart | FilePart

_TEXTS = ("text/", "application/json", "application/xml", "application/yaml")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def is_text_type(media_type: str | None, /) -> bool:
    """Report whether files of a media type are text files."""
    return media_type is not None and media_type.strip().lower().startswith(_TEXTS)


def text_of(part: Medium, /) -> str | None:
    """Return the text of a document; None if its bytes are not text in its charset.

    The charset is that of the media type, as in "text/plain; charset=latin-1". Without one it is
    UTF-8, or UTF-16 with a byte order mark.
    """
    data = bytes(part.data or b"")  # can be another kind of buffer
    marked = (charset for mark, charset in _MARKS.items() if data.startswith(mark))
    try:
        return data.decode(_charset(part.media_type or "") or next(marked, "utf-8"))
    except (ValueError, LookupError):  # not text, or an unknown charset
        return None


def _charset(media_type: str) -> str | None:
    for parameter in media_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \"'") or None
    return None
