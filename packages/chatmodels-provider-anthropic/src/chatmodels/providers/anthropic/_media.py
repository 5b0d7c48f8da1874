"""Translates images and documents into blocks."""

from chatmodels.core import AudioPart, FilePart, ImagePart
from chatmodels.http.wire import Json, Medium, base64_text, misplaced, text_of

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_TEXTS = ("text/", "application/json", "application/xml", "application/yaml")
_PDF = "application/pdf"


def encode_media(
    part: ImagePart | AudioPart | FilePart, where: str, problems: list[str]
) -> list[Json]:
    """Translate one medium to one block, or to none and a problem.

    A text file is a document of plain text, whatever its type; `detail` of images is the vendor's
    to choose.
    """
    kind = part.media_type or ""
    if isinstance(part, AudioPart) or kind.startswith(("audio/", "video/")):
        problems.append(f"{'a video' if kind.startswith('video/') else 'sound'} in {where}")
        return []
    is_image = isinstance(part, ImagePart) or kind.startswith("image/")
    source = _source(part, is_image=is_image)
    if source is None:
        problems.append(misplaced(part, where))
        return []
    block: dict[str, Json] = {"type": "image" if is_image else "document", "source": source}
    if not is_image and isinstance(part, FilePart) and part.name:
        block["title"] = part.name
    return [block]


def takes(medium: Medium) -> bool:
    """Tell whether a medium can be expressed."""
    problems: list[str] = []
    encode_media(medium, "", problems)
    return not problems


def _source(part: ImagePart | FilePart, *, is_image: bool) -> Json:
    kind = part.media_type or ""
    if part.data is not None:
        if not is_image and kind.startswith(_TEXTS):
            text = text_of(part)
            return text and {"type": "text", "media_type": "text/plain", "data": text}
        if kind not in _IMAGES and kind != _PDF:
            return None
        data = base64_text(part.data)
        return {"type": "base64", "media_type": kind, "data": data}
    if part.url is not None:
        return {"type": "url", "url": part.url}
    return None if part.file_id is None else {"type": "file", "file_id": part.file_id}
