"""Encoder of images, audio, documents and video as parts ("Blob", "FileData")."""

from chatmodels.core import ImagePart
from chatmodels.core.extending import AcceptedMedia
from chatmodels.http.wire import Json, Medium, base64_text

_RESOLUTIONS = {
    "low": "MEDIA_RESOLUTION_LOW",
    "high": "MEDIA_RESOLUTION_HIGH",
    "original": "MEDIA_RESOLUTION_ULTRA_HIGH",
}
"""Media resolutions by image `detail`, for models that support them ("Media resolution")."""

_FILES = "https://generativelanguage.googleapis.com/v1beta/"
_UNSUPPORTED = ("image/svg", "application/octet-stream")

USER_MEDIA = (
    AcceptedMedia(kind="image", sources=("data", "url", "file_id"), without=_UNSUPPORTED),
    AcceptedMedia(kind="audio", sources=("data", "url", "file_id"), without=_UNSUPPORTED),
    AcceptedMedia(kind="file", sources=("data", "url", "file_id"), without=_UNSUPPORTED),
)
"""The media of user messages ("Image understanding" and related pages)."""

GENERATED_MEDIA = (AcceptedMedia(kind="image"),)
"""The media in messages of a model that generates images."""

RESULT_MEDIA = (
    AcceptedMedia(kind="image", types=("image/",), without=_UNSUPPORTED),
    AcceptedMedia(
        kind="file", types=("image/", "application/pdf", "text/plain"), without=_UNSUPPORTED
    ),
)
"""The media of tool results ("Multimodal function responses")."""


def encode_media(part: Medium, *, modern: bool = False) -> Json:
    """Encode a media part.

    Args:
        part: The media part.
        modern: Whether the model supports image resolutions.
    """
    encoded: dict[str, Json]
    if part.data is not None:
        kind = part.media_type or "application/octet-stream"
        encoded = {"inlineData": {"mimeType": kind, "data": base64_text(part.data)}}
    else:
        uri = part.url or part.file_id or ""
        encoded = {"fileData": {"fileUri": _FILES + uri if uri[:6] == "files/" else uri}}
        kind = part.media_type or _guess_type(uri)
        if kind is not None:
            encoded["fileData"]["mimeType"] = kind
    if modern and isinstance(part, ImagePart) and part.detail in _RESOLUTIONS:
        encoded["mediaResolution"] = {"level": _RESOLUTIONS[part.detail]}
    return encoded


def _guess_type(uri: str) -> str | None:
    import mimetypes

    return mimetypes.guess_type(uri.partition("?")[0])[0]
