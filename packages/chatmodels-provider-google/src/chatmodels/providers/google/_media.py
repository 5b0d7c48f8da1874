"""Translates images, sound, documents and videos into parts ("Blob", "FileData")."""

from chatmodels.core import ImagePart
from chatmodels.http.wire import Json, Medium, base64_text, misplaced

_RESOLUTIONS = {
    "low": "MEDIA_RESOLUTION_LOW",
    "high": "MEDIA_RESOLUTION_HIGH",
    "original": "MEDIA_RESOLUTION_ULTRA_HIGH",
}
"""`detail` of images for models that let one choose it ("Media resolution")."""

_FILES = "https://generativelanguage.googleapis.com/v1beta/"
_IN_RESULTS = ("image/", "application/pdf", "text/plain")


def encode_media(
    part: Medium, where: str, problems: list[str], *, modern: bool = False
) -> list[Json]:
    """Translate one medium to one part, or to none and a problem.

    Args:
        part: The medium.
        where: Where it stands, for the problem.
        problems: A problem is added here.
        modern: Whether the model lets one choose the resolution of images.
    """
    if part.data is not None:
        kind = part.media_type or "application/octet-stream"
        encoded = {"inlineData": {"mimeType": kind, "data": base64_text(part.data)}}
    elif place := part.url or part.file_id:
        encoded = {"fileData": {"fileUri": _FILES + place if place[:6] == "files/" else place}}
        kind = part.media_type or _guessed(place)
        if kind is not None:
            encoded["fileData"]["mimeType"] = kind
    else:
        problems.append(misplaced(part, f"{where} without data, url or file_id"))
        return []
    if modern and isinstance(part, ImagePart) and part.detail in _RESOLUTIONS:
        return [{**encoded, "mediaResolution": {"level": _RESOLUTIONS[part.detail]}}]
    return [encoded]


def takes(medium: Medium) -> bool:
    """Tell whether a medium can be expressed."""
    return medium.data is not None or bool(medium.url or medium.file_id)


def fits_result(medium: Medium) -> bool:
    """Tell whether a medium may be in the result of a tool ("Multimodal function responses")."""
    return medium.data is not None and (medium.media_type or "").startswith(_IN_RESULTS)


def _guessed(place: str) -> str | None:
    import mimetypes

    return mimetypes.guess_type(place.partition("?")[0])[0]
