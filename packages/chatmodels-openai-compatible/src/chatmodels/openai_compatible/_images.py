"""Reads generated images, which gateways send beside the text."""

import base64

from chatmodels.core import ImagePart
from chatmodels.http.wire import Json, is_object, objects, text_or_none, warn


def read_images(images: Json, warnings: list[str]) -> list[ImagePart]:
    """Read the `images` of a message or of a chunk ("Image Generation", OpenRouter).

    Args:
        images: A list of parts of type `image_url`, most with a data URL.
        warnings: The list to which a warning is added for each unreadable image.
    """
    parts: list[ImagePart] = []
    for item in objects(images):
        place = item.get("image_url")
        url = text_or_none(place.get("url") if is_object(place) else place)
        if url is None:
            warn("an image was omitted: it has no URL", warnings)
        elif not url.startswith("data:"):
            parts.append(ImagePart(url=url))
        else:
            head, _, encoded = url.removeprefix("data:").partition(",")
            kind = head.partition(";")[0] or "image/png"
            try:
                data = base64.b64decode(encoded, validate=True)
            except ValueError as error:
                warn(f"an image was omitted as unreadable: {error}", warnings)
            else:
                parts.append(ImagePart(data=data, media_type=kind))
    return parts
