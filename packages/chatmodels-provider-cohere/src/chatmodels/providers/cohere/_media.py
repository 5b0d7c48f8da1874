"""Translates images, and files into documents."""

import msgspec

from chatmodels.core import FilePart, ImagePart
from chatmodels.http.wire import NOT_JSON, Json, Medium, data_url, is_object, text_of

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""By "Image Inputs"."""

_DETAILS = {"original": "high"}
_JSON = "application/json"
_TEXTS = ("text/", _JSON, "application/xml", "application/yaml")


def encode_image(part: ImagePart) -> Json:
    """Translate an image to a block; None if it cannot be expressed."""
    url = part.url
    if part.data is not None and part.media_type in _IMAGES:
        url = data_url(part.data, part.media_type)
    if url is None:
        return None
    image = {"url": url}
    if part.detail is not None:
        image["detail"] = _DETAILS.get(part.detail, part.detail)
    return {"type": "image_url", "image_url": image}


def encode_document(part: FilePart) -> Json:
    """Translate a file to a document that the model can cite; None if it cannot be expressed.

    A JSON object is the document's fields, any other text is its `text`; its id is the name.
    """
    kind = part.media_type or ""
    if part.data is None or not kind.startswith(_TEXTS):
        return None
    text = text_of(part)
    if text is None:
        return None
    fields: Json = {"text": text}
    if kind == _JSON:
        try:
            found = msgspec.json.decode(part.data)
        except NOT_JSON:
            found = None
        fields = found if is_object(found) else fields
    return {"id": part.name, "data": fields} if part.name else {"data": fields}


def takes_document(medium: Medium) -> bool:
    """Tell whether a medium can be expressed as a document."""
    return isinstance(medium, FilePart) and encode_document(medium) is not None


def takes(medium: Medium) -> bool:
    """Tell whether a medium can be expressed in what the user says."""
    if isinstance(medium, ImagePart):
        return encode_image(medium) is not None
    return takes_document(medium)
