"""Translates images, audio, documents and videos into parts ("Blob", "FileData")."""

from chatmodels.core import ImagePart
from chatmodels.core.extending import AcceptedMedia
from chatmodels.http.wire import Json, Medium, base64_text

_RESOLUTIONS = {
    "low": "MEDIA_RESOLUTION_LOW",
    "high": "MEDIA_RESOLUTION_HIGH",
    "original": "MEDIA_RESOLUTION_ULTRA_HIGH",
}
"""`detail` of images for models that let one choose it ("Media resolution")."""

_FILES = "https://generativelanguage.googleapis.com/v1beta/"
_NEVER = ("image/svg", "application/octet-stream")

USER_MEDIA = (
    AcceptedMedia(kind="image", sources=("data", "url", "file_id"), without=_NEVER),
    AcceptedMedia(kind="audio", sources=("data", "url", "file_id"), without=_NEVER),
    AcceptedMedia(kind="file", sources=("data", "url", "file_id"), without=_NEVER),
)
"""The media of messages of the user ("Image understanding" and the like)."""

DRAWN = (AcceptedMedia(kind="image"),)
"""The media of messages of a model that draws."""

RESULT_MEDIA = (
    AcceptedMedia(kind="image", types=("image/",), without=_NEVER),
    AcceptedMedia(kind="file", types=("image/", "application/pdf", "text/plain"), without=_NEVER),
)
"""The media of tool results ("Multimodal function responses")."""


def encode_media(part: Medium, *, modern: bool = False) -> Json:
    """Translate a medium to a part.

    Args:
        part: The medium.
        modern: Whether the resolution of images can be chosen for the model.
    """
    encoded: dict[str, Json]
    if part.data is not None:
        kind = part.media_type or "application/octet-stream"
        encoded = {"inlineData": {"mimeType": kind, "data": base64_text(part.data)}}
    else:
        place = part.url or part.file_id or ""
        encoded = {"fileData": {"fileUri": _FILES + place if place[:6] == "files/" else place}}
        kind = part.media_type or _guessed(place)
        if kind is not None:
            encoded["fileData"]["mimeType"] = kind
    if modern and isinstance(part, ImagePart) and part.detail in _RESOLUTIONS:
        encoded["mediaResolution"] = {"level": _RESOLUTIONS[part.detail]}
    return encoded


def _guessed(place: str) -> str | None:
    import mimetypes

    return mimetypes.guess_type(place.partition("?")[0])[0]
