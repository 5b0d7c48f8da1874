"""Encoder and decoder of images, audio, video and documents ("ContentBlock", API reference)."""

import base64
import re
from collections.abc import Mapping

from chatmodels.core import AudioPart, FilePart, ImagePart
from chatmodels.core.extending import AcceptedMedia, MediaKind
from chatmodels.http.wire import Json, Medium, base64_text, is_object, text_or_none


def _formats(kinds: str) -> dict[str, str]:
    """Parse a table of media types and formats; the default format is the subtype."""
    pairs = [kind.partition("=") for kind in kinds.split()]
    return {kind: format_ or kind.partition("/")[2] for kind, _, format_ in pairs}


_IMAGES = _formats("image/png image/jpeg image/gif image/webp")
_AUDIO = _formats(
    "audio/mp3 audio/opus audio/wav audio/aac audio/flac audio/ogg audio/m4a audio/webm audio/mp4 "
    "audio/mpeg=mp3 audio/x-wav=wav audio/wave=wav"
)
_VIDEOS = _formats(
    "video/mp4 video/webm video/mpeg video/quicktime=mov video/x-matroska=mkv video/x-flv=flv "
    "video/x-ms-wmv=wmv video/3gpp=three_gp"
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_DOCUMENTS = _formats(
    "application/pdf application/msword=doc application/vnd.ms-excel=xls "
    f"{_OFFICE}wordprocessingml.document=docx {_OFFICE}spreadsheetml.sheet=xlsx "
    "text/csv text/html text/markdown=md "
    "application/json=txt application/xml=txt application/yaml=txt"
)
_KINDS = {"image": _IMAGES, "audio": _AUDIO, "video": _VIDEOS, "document": _DOCUMENTS}
_TYPE_PREFIXES = {"document": "application"}
_INVALID_IN_NAMES = r"[^a-zA-Z0-9()\[\]-]+"


def encode_media(part: Medium, names: "DocumentNames") -> Json:
    """Encode a media part as a content block."""
    kind, format_ = _format(part)
    source: Json = {"s3Location": {"uri": part.url}}
    if part.data is not None:
        source = {"bytes": base64_text(part.data)}
    block: dict[str, Json] = {"format": format_, "source": source}
    if kind == "document":
        block["name"] = names.add(part.name if isinstance(part, FilePart) else None)
    return {kind: block}


def decode_media(block: Mapping[str, Json]) -> Medium | None:
    """Decode a media block of a response; return None for other blocks."""
    for kind, medium in block.items():
        source = medium.get("source") if kind in _KINDS and is_object(medium) else None
        if is_object(source):
            data, url = _data(source.get("bytes")), _uri(source.get("s3Location"))
            if data or url:
                return _medium(kind, medium, data, url)
    return None


def _data(encoded: Json) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else None
    except ValueError:
        return None


def _uri(location: Json) -> str | None:
    return text_or_none(location.get("uri")) if is_object(location) else None


def _medium(kind: str, medium: dict[str, Json], data: bytes | None, url: str | None) -> Medium:
    name = text_or_none(medium.get("format")) or ""
    types = (media_type for media_type, format_ in _KINDS[kind].items() if format_ == name)
    text = "text/plain" if name == "txt" else None
    media_type = text or next(types, f"{_TYPE_PREFIXES.get(kind, kind)}/{name or 'octet-stream'}")
    if kind == "image":
        return ImagePart(data=data, url=url, media_type=media_type)
    if kind == "audio":
        return AudioPart(data=data, url=url, media_type=media_type)
    name = text_or_none(medium.get("name"))
    return FilePart(data=data, url=url, media_type=media_type, name=name)


class DocumentNames:
    """Valid and unique names for the documents of one conversation.

    The API accepts letters, digits, hyphens, brackets and single spaces, and warns that a model
    can read names as instructions ("DocumentBlock").
    """

    def __init__(self) -> None:
        self._used: set[str] = set()

    def add(self, file_name: str | None) -> str:
        """Derive a name from that of a file, without its suffix; the default is "Document"."""
        stem = (file_name or "").rpartition("/")[2]
        stem = stem.rpartition(".")[0] or stem
        valid = re.sub(_INVALID_IN_NAMES, " ", stem).strip()[:190] or "Document"
        name, number = valid, 1
        while name in self._used:
            number += 1
            name = f"{valid} {number}"
        self._used.add(name)
        return name


def _format(part: Medium) -> tuple[str, str | None]:
    """Return the block kind of a media part and its format, or None if no format matches."""
    media_type = (part.media_type or "").partition(";")[0].strip().lower()
    suffix = (part.url or "").rpartition(".")[2].lower()
    if isinstance(part, ImagePart):
        kind = "image"
    elif isinstance(part, AudioPart):
        kind = "audio"
    else:
        prefix = media_type.partition("/")[0] if media_type else _kind_of(suffix)
        kind = prefix if prefix in _KINDS else "document"
    formats = _KINDS[kind]
    if not media_type:
        return kind, _SUFFIXES.get(suffix, suffix if suffix in formats.values() else None)
    text = "txt" if kind == "document" and media_type.startswith("text/") else None
    return kind, formats.get(media_type, text)


def _kind_of(suffix: str) -> str:
    format_ = _SUFFIXES.get(suffix, suffix)
    # Some suffixes, such as "mp4", are used for audio and video: such a file is a video.
    kinds = reversed(_KINDS.items())
    return next((kind for kind, formats in kinds if format_ in formats.values()), "document")


_SUFFIXES = {"jpg": "jpeg", "3gp": "three_gp", "mpg": "mpeg", "markdown": "md", "htm": "html"}


def _accepted(kind: MediaKind, *tables: dict[str, str]) -> tuple[AcceptedMedia, ...]:
    """Return the rules for parts whose formats are in the tables: bytes, or objects in S3."""
    types = [media_type for table in tables for media_type in table]
    types += ["text/"] if _DOCUMENTS in tables else []
    formats = {format_ for table in tables for format_ in table.values()}
    suffixes = [f".{format_}" for format_ in formats]
    suffixes += [f".{suffix}" for suffix, format_ in _SUFFIXES.items() if format_ in formats]
    return (
        AcceptedMedia(kind=kind, types=tuple(types)),
        AcceptedMedia(
            kind=kind, sources=("url",), types=(*types, *sorted(suffixes)), url_prefix="s3://"
        ),
    )


_IMAGE_PARTS = _accepted("image", _IMAGES)

USER_MEDIA = (
    *_IMAGE_PARTS,
    *_accepted("audio", _AUDIO),
    *_accepted("file", _IMAGES, _AUDIO, _VIDEOS, _DOCUMENTS),
)
"""The media of user messages."""

RESULT_MEDIA = (*_IMAGE_PARTS, *_accepted("file", _IMAGES, _VIDEOS, _DOCUMENTS))
"""The media of tool results, which exclude audio ("ToolResultContentBlock")."""
