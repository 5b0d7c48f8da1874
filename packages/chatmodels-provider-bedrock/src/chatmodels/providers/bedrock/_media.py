"""Translates images, sound, videos and documents into blocks ("ContentBlock", API reference)."""

import base64
import re
from collections.abc import Mapping

from chatmodels.core import AudioPart, FilePart, ImagePart
from chatmodels.core.extending import AcceptedMedia, MediaKind
from chatmodels.http.wire import Json, Medium, base64_text, is_object, text_or_none


def _formats(kinds: str) -> dict[str, str]:
    """Read a table of media types and formats; where no format is told, it is the type's name."""
    pairs = [kind.partition("=") for kind in kinds.split()]
    return {kind: format_ or kind.partition("/")[2] for kind, _, format_ in pairs}


_IMAGES = _formats("image/png image/jpeg image/gif image/webp")
_SOUNDS = _formats(
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
_KINDS = {"image": _IMAGES, "audio": _SOUNDS, "video": _VIDEOS, "document": _DOCUMENTS}
_FAMILIES = {"document": "application"}
_NOT_IN_NAMES = r"[^a-zA-Z0-9()\[\]-]+"


def encode_media(part: Medium, names: "DocumentNames") -> Json:
    """Translate a medium to a block."""
    kind, format_ = _format(part)
    source: Json = {"s3Location": {"uri": part.url}}
    if part.data is not None:
        source = {"bytes": base64_text(part.data)}
    block: dict[str, Json] = {"format": format_, "source": source}
    if kind == "document":
        block["name"] = names.neutral(part.name if isinstance(part, FilePart) else None)
    return {kind: block}


def decode_media(block: Mapping[str, Json]) -> Medium | None:
    """Translate a block of a response that is a medium; None for all others."""
    for kind, medium in block.items():
        source = medium.get("source") if kind in _KINDS and is_object(medium) else None
        if is_object(source):
            data, url = _data(source.get("bytes")), _place(source.get("s3Location"))
            if data or url:
                return _medium(kind, medium, data, url)
    return None


def _data(encoded: Json) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else None
    except ValueError:
        return None


def _place(location: Json) -> str | None:
    return text_or_none(location.get("uri")) if is_object(location) else None


def _medium(kind: str, medium: dict[str, Json], data: bytes | None, url: str | None) -> Medium:
    word = text_or_none(medium.get("format")) or ""
    known = (media_type for media_type, format_ in _KINDS[kind].items() if format_ == word)
    text = "text/plain" if word == "txt" else None
    media_type = text or next(known, f"{_FAMILIES.get(kind, kind)}/{word or 'octet-stream'}")
    if kind == "image":
        return ImagePart(data=data, url=url, media_type=media_type)
    if kind == "audio":
        return AudioPart(data=data, url=url, media_type=media_type)
    name = text_or_none(medium.get("name"))
    return FilePart(data=data, url=url, media_type=media_type, name=name)


class DocumentNames:
    """Names for the documents of one conversation: plain, and each another.

    The API takes letters, digits, hyphens, brackets and single spaces, and warns of names that a
    model may take for instructions ("DocumentBlock").
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def neutral(self, given: str | None) -> str:
        """Make a name of that of a file, without its ending; "Document" if it has none."""
        stem = (given or "").rpartition("/")[2]
        stem = stem.rpartition(".")[0] or stem
        wanted = re.sub(_NOT_IN_NAMES, " ", stem).strip()[:190] or "Document"
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted} {number}"
        self._taken.add(name)
        return name


def _format(part: Medium) -> tuple[str, str | None]:
    """Tell which block a medium is, and in which of its formats, if it is in one."""
    told = (part.media_type or "").partition(";")[0].strip().lower()
    ending = (part.url or "").rpartition(".")[2].lower()
    if isinstance(part, ImagePart):
        kind = "image"
    elif isinstance(part, AudioPart):
        kind = "audio"
    else:
        known = told.partition("/")[0] if told else _kind_of(ending)
        kind = known if known in _KINDS else "document"
    formats = _KINDS[kind]
    if not told:
        return kind, _ENDINGS.get(ending, ending if ending in formats.values() else None)
    text = "txt" if kind == "document" and told.startswith("text/") else None
    return kind, formats.get(told, text)


def _kind_of(ending: str) -> str:
    word = _ENDINGS.get(ending, ending)
    # Some endings are of audio and of videos, as "mp4": a file is a video then.
    kinds = reversed(_KINDS.items())
    return next((kind for kind, formats in kinds if word in formats.values()), "document")


_ENDINGS = {"jpg": "jpeg", "3gp": "three_gp", "mpg": "mpeg", "markdown": "md", "htm": "html"}


def _accepted(kind: MediaKind, *tables: dict[str, str]) -> tuple[AcceptedMedia, ...]:
    """Return the rules of parts whose formats are in some tables: bytes, or objects in S3."""
    types = [media_type for table in tables for media_type in table]
    types += ["text/"] if _DOCUMENTS in tables else []
    words = {format_ for table in tables for format_ in table.values()}
    endings = [f".{word}" for word in words]
    endings += [f".{ending}" for ending, word in _ENDINGS.items() if word in words]
    return (
        AcceptedMedia(kind=kind, types=tuple(types)),
        AcceptedMedia(
            kind=kind, sources=("url",), types=(*types, *sorted(endings)), url_prefix="s3://"
        ),
    )


_IMAGE_PARTS = _accepted("image", _IMAGES)

USER_MEDIA = (
    *_IMAGE_PARTS,
    *_accepted("audio", _SOUNDS),
    *_accepted("file", _IMAGES, _SOUNDS, _VIDEOS, _DOCUMENTS),
)
"""The media of messages of the user."""

RESULT_MEDIA = (*_IMAGE_PARTS, *_accepted("file", _IMAGES, _VIDEOS, _DOCUMENTS))
"""The media of tool results ("ToolResultContentBlock"), which have no audio."""
