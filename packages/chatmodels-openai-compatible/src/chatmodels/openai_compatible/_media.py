"""Translates images, audio and files into the vendor's JSON."""

from collections.abc import Collection

from chatmodels.core import AudioPart, FilePart, ImagePart
from chatmodels.core.extending import AcceptedMedia
from chatmodels.http.wire import Json, Medium, base64_text, data_url
from chatmodels.openai_compatible._dialect import Dialect, Input

_ENCODINGS = {
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "audio/mpeg": "mp3",
}
_VIDEO = ("video/",)

ASSISTANT_AUDIO = (AcceptedMedia(kind="audio", sources=("file_id",)),)
"""The media of the assistant's messages: audio that the vendor generated, by its id."""


def accepted_media(dialect: Dialect, inputs: Collection[Input]) -> tuple[AcceptedMedia, ...]:
    """Return the media that a dialect accepts as some inputs.

    Args:
        dialect: The dialect.
        inputs: The inputs.
    """
    formats = dialect.audio_formats
    audio = [*(f"audio/{each}" for each in sorted(formats))]
    audio += [kind for kind, format_ in _ENCODINGS.items() if format_ in formats]
    images, files = dialect.image_types, dialect.file_types
    rules = {
        "image": AcceptedMedia(kind="image", types=images),
        "image_url": AcceptedMedia(kind="image", sources=("url",)),
        "audio": AcceptedMedia(kind="audio", types=tuple(audio)),
        "audio_url": AcceptedMedia(kind="audio", sources=("url",)),
        "file": AcceptedMedia(kind="file", types=files, without=_VIDEO),
        "file_url": AcceptedMedia(kind="file", sources=("url",), without=_VIDEO),
        "file_id": AcceptedMedia(kind="file", sources=("file_id",), without=_VIDEO),
        "video_url": AcceptedMedia(kind="file", sources=("data", "url"), types=_VIDEO),
    }
    return tuple(rule for name, rule in rules.items() if name in inputs)


def encode_media(part: Medium) -> dict[str, Json]:
    """Translate a medium to a part."""
    if isinstance(part, ImagePart):
        image: dict[str, Json] = {"url": _url(part)}
        if part.detail is not None:
            image["detail"] = part.detail
        return {"type": "image_url", "image_url": image}
    if isinstance(part, AudioPart):
        data = part.url if part.data is None else base64_text(part.data)
        return {"type": "input_audio", "input_audio": {"data": data, "format": _encoding(part)}}
    if part.media_type is not None and part.media_type.startswith(_VIDEO):
        return {"type": "video_url", "video_url": {"url": _url(part)}}
    if part.data is None and part.url is None:
        return {"type": "file", "file": {"file_id": part.file_id}}
    return {"type": "file", "file": {"filename": file_name(part), "file_data": _url(part)}}


def _url(part: Medium) -> str | None:
    return part.url if part.data is None else data_url(part.data, part.media_type)


def file_name(part: FilePart) -> str:
    """Return the name of a file, which requires the right suffix ("File inputs", OpenAI)."""
    if part.name:
        return part.name
    # Imported here, since most files have a name.
    import mimetypes

    kind = (part.media_type or "application/pdf").partition(";")[0].strip()
    return f"file{mimetypes.guess_extension(kind) or '.' + kind.rpartition('/')[2]}"


def _encoding(part: AudioPart) -> str:
    media_type = (part.media_type or "audio/unknown").partition(";")[0].strip()
    return _ENCODINGS.get(media_type, media_type.removeprefix("audio/"))
