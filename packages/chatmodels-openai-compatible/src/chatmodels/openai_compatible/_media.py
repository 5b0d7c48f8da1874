"""Translates images, sound and files into the vendor's JSON."""

from chatmodels.core import AudioPart, FilePart, ImagePart
from chatmodels.http.wire import Json, Medium, base64_text, data_url
from chatmodels.openai_compatible._dialect import Dialect, Input

_ENCODINGS = {
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "audio/mpeg": "mp3",
}


def encode_media(
    part: Medium,
    where: str,
    dialect: Dialect,
    inputs: frozenset[Input],
    problems: list[str],
) -> list[dict[str, Json]]:
    """Translate one medium to one part, or to none and a problem.

    Args:
        part: The medium.
        where: What it is part of, in words.
        dialect: The dialect to speak.
        inputs: What it allows there.
        problems: What cannot be expressed is added here.
    """
    if isinstance(part, ImagePart):
        encoded = _image(part, inputs)
    elif isinstance(part, FilePart):
        encoded = _file(part, inputs)
    else:
        encoded = _audio(part, dialect, inputs)
    if encoded is None:
        problems.append(f"{described(part)} in {where}")
        return []
    return [encoded]


def takes(medium: Medium, dialect: Dialect, inputs: frozenset[Input]) -> bool:
    """Tell whether a medium can be expressed."""
    problems: list[str] = []
    encode_media(medium, "", dialect, inputs, problems)
    return not problems


def _image(part: ImagePart, inputs: frozenset[Input]) -> dict[str, Json] | None:
    if part.data is not None and "image" in inputs:
        url = data_url(part.data, part.media_type)
    elif part.url is not None and "image_url" in inputs:
        url = part.url
    else:
        return None
    image = {"url": url} if part.detail is None else {"url": url, "detail": part.detail}
    return {"type": "image_url", "image_url": image}


def _audio(part: AudioPart, dialect: Dialect, inputs: frozenset[Input]) -> dict[str, Json] | None:
    encoding = _encoding(part)
    if part.data is not None and "audio" in inputs and encoding in dialect.audio_formats:
        data = base64_text(part.data)
    elif part.url is not None and "audio_url" in inputs:
        data = part.url
    else:
        return None
    return {"type": "input_audio", "input_audio": {"data": data, "format": encoding}}


def _file(part: FilePart, inputs: frozenset[Input]) -> dict[str, Json] | None:
    url = part.url if part.data is None else data_url(part.data, part.media_type)
    if _is_video(part):
        if url is None or "video_url" not in inputs:
            return None
        return {"type": "video_url", "video_url": {"url": url}}
    if part.file_id is not None and "file_id" in inputs:
        return {"type": "file", "file": {"file_id": part.file_id}}
    if url is None or ("file" if part.data is not None else "file_url") not in inputs:
        return None
    return {"type": "file", "file": {"filename": named(part), "file_data": url}}


def named(part: FilePart) -> str:
    """Name a file: a name is required, and its ending must fit ("File inputs", OpenAI)."""
    if part.name:
        return part.name
    # Imported here, since most files have a name.
    import mimetypes

    kind = (part.media_type or "application/pdf").partition(";")[0].strip()
    return f"file{mimetypes.guess_extension(kind) or '.' + kind.rpartition('/')[2]}"


def described(part: ImagePart | AudioPart | FilePart) -> str:
    """Say what a medium is, for problems."""
    if isinstance(part, ImagePart):
        what = "an image"
    elif isinstance(part, AudioPart):
        what = f"sound as {_encoding(part)}" if part.data is not None else "sound"
    else:
        what = "a video" if _is_video(part) else "a file"
    if part.data is not None:
        return what
    return f"{what} by {'URL' if part.url is not None else 'file id'}"


def _encoding(part: AudioPart) -> str:
    media_type = part.media_type or "audio/unknown"
    return _ENCODINGS.get(media_type, media_type.removeprefix("audio/"))


def _is_video(part: FilePart) -> bool:
    return part.media_type is not None and part.media_type.startswith("video/")
