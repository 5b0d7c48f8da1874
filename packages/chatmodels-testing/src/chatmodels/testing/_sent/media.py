"""Media in requests: base64, data URLs and addresses."""

import base64
from typing import Any

from chatmodels.core import AudioPart, FilePart, ImagePart

Medium = ImagePart | AudioPart | FilePart


def decoded(text: Any) -> bytes:
    """Return the bytes of base64; empty if it is not valid."""
    try:
        return base64.b64decode(str(text), validate=True)
    except ValueError:
        return b""


def source(url: Any) -> dict[str, Any]:
    """Return the fields of a part with a URL or a data URL."""
    text = str(url)
    if not text.startswith("data:"):
        return {"url": text}
    head, _, data = text.removeprefix("data:").partition(",")
    return {"data": decoded(data), "media_type": head.partition(";")[0]}
