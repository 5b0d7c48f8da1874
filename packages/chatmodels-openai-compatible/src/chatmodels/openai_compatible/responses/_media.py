"""Translates images and files into the vendor's JSON ("Images and vision", "File inputs")."""

from chatmodels.core import FilePart, ImagePart
from chatmodels.http.wire import Json, Medium, data_url
from chatmodels.openai_compatible._media import described, named
from chatmodels.openai_compatible.responses._dialect import ResponsesDialect


def encode_media(
    part: Medium,
    where: str,
    dialect: ResponsesDialect,
    problems: list[str],
) -> list[Json]:
    """Translate one medium to one part, or to none and a problem.

    Args:
        part: The medium.
        where: What it is part of, in words.
        dialect: The dialect to speak.
        problems: What cannot be expressed is added here.
    """
    encoded = None
    if isinstance(part, ImagePart):
        encoded = _image(part, dialect)
    elif isinstance(part, FilePart):
        encoded = _file(part, dialect)
    elif part.transcript:  # sound is not understood, but what is said in it
        encoded = {"type": "input_text", "text": part.transcript}
    if encoded is None:
        problems.append(f"{described(part)} in {where}")
        return []
    return [encoded]


def takes(medium: Medium, dialect: ResponsesDialect) -> bool:
    """Tell whether a medium can be expressed."""
    problems: list[str] = []
    encode_media(medium, "", dialect, problems)
    return not problems


def _image(part: ImagePart, dialect: ResponsesDialect) -> Json:
    image: dict[str, Json] = {"type": "input_image"}
    if part.data is not None and "image" in dialect.inputs:
        image["image_url"] = data_url(part.data, part.media_type)
    elif part.url is not None and "image_url" in dialect.inputs:
        image["image_url"] = part.url
    elif part.file_id is not None and "image_id" in dialect.inputs:
        image["file_id"] = part.file_id
    else:
        return None
    if part.detail is not None:
        image["detail"] = part.detail
    return image


def _file(part: FilePart, dialect: ResponsesDialect) -> Json:
    if (part.media_type or "").startswith(("video/", "audio/")):
        return None
    if part.data is not None and "file" in dialect.inputs:
        url = data_url(part.data, part.media_type)
        return {"type": "input_file", "filename": named(part), "file_data": url}
    if part.url is not None and "file_url" in dialect.inputs:
        return {"type": "input_file", "file_url": part.url}
    if part.file_id is not None and "file_id" in dialect.inputs:
        return {"type": "input_file", "file_id": part.file_id}
    return None
