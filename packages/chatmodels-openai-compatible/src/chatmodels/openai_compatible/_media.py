"""Translates images, sound and files into the vendor's JSON."""

import base64

from chatmodels.core import AudioPart, FilePart, ImagePart
from chatmodels.openai_compatible._dialect import Dialect
from chatmodels.openai_compatible._wire import Json

_AUDIO_FORMATS = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}


def encode_media(
    part: ImagePart | AudioPart | FilePart, dialect: Dialect, problems: list[str]
) -> list[dict[str, Json]]:
    """Translate a part of a user message; what cannot be expressed is added to the problems."""
    if isinstance(part, ImagePart):
        return _image(part, dialect, problems)
    if isinstance(part, AudioPart):
        return _audio(part, dialect, problems)
    return _file(part, dialect, problems)


def _image(part: ImagePart, dialect: Dialect, problems: list[str]) -> list[dict[str, Json]]:
    if part.data is not None and "image" in dialect.inputs:
        url = _data_url(part.data, part.media_type or "image/png")
    elif part.url is not None and "image_url" in dialect.inputs:
        url = part.url
    else:
        problems.append(_refusal("an image", part))
        return []
    image = {"url": url} if part.detail is None else {"url": url, "detail": part.detail}
    return [{"type": "image_url", "image_url": image}]


def _audio(part: AudioPart, dialect: Dialect, problems: list[str]) -> list[dict[str, Json]]:
    if part.data is None or "audio" not in dialect.inputs:
        problems.append(_refusal("sound", part))
        return []
    media_type = part.media_type or ""
    encoding = _AUDIO_FORMATS.get(media_type, media_type.removeprefix("audio/"))
    if encoding not in dialect.audio_formats:
        problems.append(
            f"sound as {media_type or 'an unknown type'} (possible: "
            f"{', '.join(sorted(dialect.audio_formats))})"
        )
        return []
    data = base64.b64encode(part.data).decode()
    return [{"type": "input_audio", "input_audio": {"data": data, "format": encoding}}]


def _file(part: FilePart, dialect: Dialect, problems: list[str]) -> list[dict[str, Json]]:
    media_type = part.media_type or ""
    if media_type.startswith("video/"):
        url = part.url if part.data is None else _data_url(part.data, media_type)
        if url is not None and "video_url" in dialect.inputs:
            return [{"type": "video_url", "video_url": {"url": url}}]
    elif part.data is not None and "file" in dialect.inputs:
        media_type = media_type or "application/pdf"
        # The name is required with the data, and its ending must fit.
        name = part.name or f"file.{media_type.rpartition('/')[2]}"
        data = _data_url(part.data, media_type)
        return [{"type": "file", "file": {"filename": name, "file_data": data}}]
    elif part.file_id is not None and "file_id" in dialect.inputs:
        return [{"type": "file", "file": {"file_id": part.file_id}}]
    elif part.url is not None and "file_url" in dialect.inputs:
        named = {} if part.name is None else {"filename": part.name}
        return [{"type": "file", "file": {**named, "file_data": part.url}}]
    problems.append(_refusal("a video" if media_type.startswith("video/") else "a file", part))
    return []


def _data_url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _refusal(what: str, part: ImagePart | AudioPart | FilePart) -> str:
    if part.data is not None:
        return what
    return f"{what} by {'URL' if part.url is not None else 'file id'}"
