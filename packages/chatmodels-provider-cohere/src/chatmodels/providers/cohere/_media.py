"""Encoder of images, and of files as documents."""

import msgspec

from chatmodels.core import FilePart, ImagePart
from chatmodels.core.extending import AcceptedMedia
from chatmodels.http.wire import NOT_JSON, Json, data_url, is_object, text_of

_DETAILS = {"original": "high"}
_JSON = "application/json"

DOCUMENTS = (
    AcceptedMedia(
        kind="file",
        types=("text/", _JSON, "application/xml", "application/yaml"),
        as_text=True,
    ),
)
"""Text files, which are sent as documents ("Documents and citations")."""

IMAGES = (
    AcceptedMedia(kind="image", types=("image/jpeg", "image/png", "image/gif", "image/webp")),
    AcceptedMedia(kind="image", sources=("url",)),
)
"""The images that vision models accept ("Image Inputs")."""


def encode_image(part: ImagePart) -> Json:
    """Encode an image as a content block."""
    url = part.url if part.data is None else data_url(part.data, part.media_type)
    image = {"url": url}
    if part.detail is not None:
        image["detail"] = _DETAILS.get(part.detail, part.detail)
    return {"type": "image_url", "image_url": image}


def encode_document(part: FilePart) -> Json:
    """Encode a file as a document that the model can cite.

    A JSON object becomes the fields of the document, other text its `text`. The id is the name.
    """
    text = text_of(part)
    fields: Json = {"text": text}
    if (part.media_type or "").startswith(_JSON):  # a charset can follow
        try:
            parsed = msgspec.json.decode(text or "")
        except NOT_JSON:
            parsed = None
        fields = parsed if is_object(parsed) else fields
    return {"id": part.name, "data": fields} if part.name else {"data": fields}
