"""Images, audio and files from a path, a URL or bytes."""

import os
from typing import Literal, NamedTuple, TypeGuard

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values.media_file import check_size, read_file, shown_name
from chatmodels.core._values.media_type import guessed, is_text, sniffed
from chatmodels.core._values.parts import AudioPart, FilePart, ImagePart

Source = str | os.PathLike[str] | bytes
"""A path, an `http(s):` or `data:` URL, or the bytes themselves."""

MAX_BYTES = 50 * 1024 * 1024
"""The default size limit of media: no vendor accepts more in a request."""


def image(
    source: Source | None = None,
    /,
    *,
    url: str | None = None,
    data: bytes | None = None,
    path: str | os.PathLike[str] | None = None,
    media_type: str | None = None,
    detail: Literal["auto", "low", "high", "original"] | None = None,
    max_bytes: int = MAX_BYTES,
) -> ImagePart:
    """Create an image part.

    Pass exactly one of `source`, `url`, `data` and `path`. A `str` as `source` that is not a URL is
    the path of a file, which is read and sent to the provider. For untrusted input use `url`, which
    never reads a file.

    Args:
        source: A path, a URL (`https:`, `http:` or `data:`), or the encoded bytes.
        url: Only a URL. The vendor fetches web URLs.
        data: Only the encoded bytes.
        path: Only the path of a regular file. The file is read at once.
        media_type: The media type, such as `"image/png"`; detected from the bytes by default.
        detail: The level of detail, if the vendor supports a choice.
        max_bytes: The maximum size in bytes.

    Raises:
        InvalidRequestError: The file cannot be read, is not a regular file or is empty, the image
            is too large, its type is unknown, or there is not exactly one source.
    """
    media = _load("image", source, url, data, path, media_type, max_bytes)
    return ImagePart(data=media.data, url=media.url, media_type=media.media_type, detail=detail)


def audio(
    source: Source | None = None,
    /,
    *,
    url: str | None = None,
    data: bytes | None = None,
    path: str | os.PathLike[str] | None = None,
    media_type: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> AudioPart:
    """Create an audio part; arguments and errors as those of `image`."""
    media = _load("audio", source, url, data, path, media_type, max_bytes)
    return AudioPart(data=media.data, url=media.url, media_type=media.media_type)


def file(
    source: Source | None = None,
    /,
    *,
    url: str | None = None,
    data: bytes | None = None,
    path: str | os.PathLike[str] | None = None,
    media_type: str | None = None,
    name: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> FilePart:
    """Create a part with a document or any other file; errors as those of `image`.

    Args:
        source: As for `image`.
        url: As for `image`.
        data: As for `image`.
        path: As for `image`.
        media_type: As for `image`, but detected from the file's name first: many text formats
            have no signature. Other UTF-8 is `"text/plain"`.
        name: The file's name for the model; by default the name in the path.
        max_bytes: As for `image`.
    """
    media = _load(None, source, url, data, path, media_type, max_bytes)
    return FilePart(
        data=media.data, url=media.url, media_type=media.media_type, name=name or media.name
    )


class _Media(NamedTuple):
    data: bytes | None
    url: str | None
    media_type: str | None
    name: str | None


def _load(
    family: str | None,
    source: object,
    url: object,
    data: object,
    path: object,
    media_type: str | None,
    max_bytes: int,
) -> _Media:
    function = f"{family or 'file'}()"
    sources = {"a source": source, "url": url, "data": data, "path": path}
    names = [name for name, value in sources.items() if value is not None]
    if len(names) != 1:
        found = " and ".join(names) or "none"
        raise InvalidRequestError(
            f"{function} accepts one of a source, url=..., data=... and path=..., not {found}"
        )
    if source is not None:
        if isinstance(source, bytes):
            data = source
        elif isinstance(source, str) and source[:8].lower().startswith(_SCHEMES):
            url = source
        else:
            path = source
    if data is not None:
        if not isinstance(data, bytes):
            raise InvalidRequestError(
                f"{function} accepts data=... as bytes, not {type(data).__name__}"
            )
        return _from_bytes(data, media_type, family, max_bytes, None)
    if url is not None:
        return _from_url(url, media_type, family, max_bytes, function)
    if not _is_path(path):
        expected = "a path, a URL or bytes" if source is not None else "path=... as str or PathLike"
        raise InvalidRequestError(f"{function} accepts {expected}, not {type(path).__name__}")
    name = os.fsdecode(path)
    content = read_file(name, max_bytes)
    return _from_bytes(content, media_type, family, max_bytes, os.path.basename(name))


def _is_path(path: object) -> TypeGuard[str | os.PathLike[str]]:
    return isinstance(path, str | os.PathLike)


_SCHEMES = ("https://", "http://", "data:")


def _from_url(
    url: object, media_type: str | None, family: str | None, max_bytes: int, function: str
) -> _Media:
    if not isinstance(url, str):
        raise InvalidRequestError(f"{function} accepts url=... as str, not {type(url).__name__}")
    scheme = url[:8].lower()
    if not scheme.startswith(_SCHEMES):
        raise InvalidRequestError(
            f"{shown_name(url)} is not an https:, http: or data: URL; "
            "pass the path of a file as path=..."
        )
    if scheme.startswith("data:"):
        return _from_data_url(url, media_type, family, max_bytes)
    return _Media(None, url, media_type, None)


def _from_bytes(
    data: bytes, media_type: str | None, family: str | None, max_bytes: int, name: str | None
) -> _Media:
    what = shown_name(name) if name else f"the {family or 'file'}"
    if not data:
        raise InvalidRequestError(f"{what} is empty; pass one with content")
    check_size(len(data), max_bytes, what)
    found = media_type
    if found is None and family is None:
        found = guessed(name)
    found = found or sniffed(data) or guessed(name)
    if found is None and family is None and is_text(data):
        found = "text/plain"
    if found is None or (family is not None and not found.startswith(f"{family}/")):
        fact = "has no known media type" if found is None else f"is {found}, not {family}"
        raise InvalidRequestError(
            f'{what} {fact}; if you know its type, pass media_type="{family or "application"}/..."'
        )
    return _Media(data, None, found, name)


def _from_data_url(url: str, media_type: str | None, family: str | None, max_bytes: int) -> _Media:
    import base64
    from urllib.parse import unquote_to_bytes

    head, comma, payload = url[5:].partition(",")
    declared, *parameters = head.lower().split(";")
    if not comma:
        raise InvalidRequestError(
            "a data: URL has a comma before its data, and this one has none; pass it whole"
        )
    try:
        data = unquote_to_bytes(payload)
        if "base64" in parameters:
            data = base64.b64decode(data, validate=True)
    except ValueError as error:
        raise InvalidRequestError(
            f"the data: URL cannot be decoded ({error}); pass the bytes themselves"
        ) from error
    # RFC 2397: the default type is plain text. Some omit the type of an image, though.
    found = media_type or declared or sniffed(data) or "text/plain"
    return _from_bytes(data, found, family, max_bytes, None)
