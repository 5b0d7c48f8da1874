"""Translates images and files into the vendor's JSON ("Images and vision", "File inputs")."""

from chatmodels.core import FilePart, ImagePart
from chatmodels.core.extending import AcceptedMedia
from chatmodels.http.wire import Json, Medium, data_url
from chatmodels.openai_compatible._media import file_name
from chatmodels.openai_compatible.responses._dialect import ResponsesDialect

_NEVER = ("video/", "audio/")


def accepted_media(dialect: ResponsesDialect) -> tuple[AcceptedMedia, ...]:
    """Return the media that a dialect accepts in user messages and tool results."""
    types, never = dialect.image_types, (*_NEVER, *dialect.refused_files)
    rules = {
        "image": AcceptedMedia(kind="image", types=types),
        "image_url": AcceptedMedia(kind="image", sources=("url",)),
        "image_id": AcceptedMedia(kind="image", sources=("file_id",)),
        "file": AcceptedMedia(kind="file", types=dialect.file_types, without=never),
        "file_url": AcceptedMedia(kind="file", sources=("url",), without=_NEVER),
        "file_id": AcceptedMedia(kind="file", sources=("file_id",), without=_NEVER),
    }
    return tuple(rule for name, rule in rules.items() if name in dialect.inputs)


def encode_media(part: Medium) -> Json:
    """Translate a medium to a part."""
    if isinstance(part, FilePart):
        return _file(part)
    image: dict[str, Json] = {"type": "input_image"}
    if part.data is not None:
        image["image_url"] = data_url(part.data, part.media_type)
    elif part.url is not None:
        image["image_url"] = part.url
    else:
        image["file_id"] = part.file_id
    if isinstance(part, ImagePart) and part.detail is not None:
        image["detail"] = part.detail
    return image


def _file(part: FilePart) -> Json:
    if part.data is not None:
        url = data_url(part.data, part.media_type)
        return {"type": "input_file", "filename": file_name(part), "file_data": url}
    if part.url is not None:
        return {"type": "input_file", "file_url": part.url}
    return {"type": "input_file", "file_id": part.file_id}
