"""Encoder of images and documents as content blocks."""

from chatmodels.core import FilePart
from chatmodels.core.extending import AcceptedMedia
from chatmodels.http.wire import Json, Medium, base64_text, text_of

_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_TEXTS = ("text/", "application/json", "application/xml", "application/yaml")
_UNSUPPORTED = ("audio/", "video/")

ACCEPTED = (
    AcceptedMedia(kind="image", types=_IMAGES),
    AcceptedMedia(kind="image", sources=("url", "file_id"), without=_UNSUPPORTED),
    AcceptedMedia(kind="file", types=(*_IMAGES, "application/pdf")),
    AcceptedMedia(kind="file", types=_TEXTS, as_text=True),
    AcceptedMedia(kind="file", sources=("url", "file_id"), without=_UNSUPPORTED),
)
"""The media of user messages and tool results ("Vision", "PDF support", "Files API")."""


def encode_media(part: Medium) -> Json:
    """Encode a media part as a content block.

    Text files of every type are sent as plain-text documents. The API has no image `detail`.
    """
    kind = part.media_type or ""
    is_image = part.type == "image" or kind.startswith("image/")
    block: dict[str, Json] = {
        "type": "image" if is_image else "document",
        "source": _source(part, kind),
    }
    if not is_image and isinstance(part, FilePart) and part.name:
        block["title"] = part.name
    return block


def _source(part: Medium, kind: str) -> Json:
    if part.data is not None:
        if kind.startswith(_TEXTS):
            return {"type": "text", "media_type": "text/plain", "data": text_of(part)}
        return {"type": "base64", "media_type": kind, "data": base64_text(part.data)}
    if part.url is not None:
        return {"type": "url", "url": part.url}
    return {"type": "file", "file_id": part.file_id}
