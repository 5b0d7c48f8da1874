"""Images, sound and files from a path, a URL or bytes, with their media type found out."""

import os
from typing import Literal, NamedTuple

from chatmodels.core._errors import InvalidRequestError
from chatmodels.core._values.parts import AudioPart, FilePart, ImagePart

Source = str | os.PathLike[str] | bytes
"""A path, an `http(s):` or `data:` URL, or the bytes themselves."""

MAX_BYTES = 50 * 1024 * 1024
"""How large media may be unless a call says otherwise: no vendor takes more in a request."""


def image(
    source: Source,
    /,
    *,
    media_type: str | None = None,
    detail: Literal["auto", "low", "high", "original"] | None = None,
    max_bytes: int = MAX_BYTES,
) -> ImagePart:
    """Put an image into a message.

    Args:
        source: A path, a URL (`https:`, `http:` or `data:`), or the encoded bytes. Files are read
            at once, web addresses are left to the vendor.
        media_type: As in `"image/png"`; found out from the bytes if left out.
        detail: How closely the model should look, where the vendor lets one choose.
        max_bytes: Refuse larger images.

    Raises:
        InvalidRequestError: The file cannot be read or is empty, the image is too large, or its
            type is unknown.
    """
    media = _load(source, media_type, "image", max_bytes)
    return ImagePart(data=media.data, url=media.url, media_type=media.media_type, detail=detail)


def audio(
    source: Source, /, *, media_type: str | None = None, max_bytes: int = MAX_BYTES
) -> AudioPart:
    """Put sound into a message; arguments and errors as those of `image`."""
    media = _load(source, media_type, "audio", max_bytes)
    return AudioPart(data=media.data, url=media.url, media_type=media.media_type)


def file(
    source: Source,
    /,
    *,
    media_type: str | None = None,
    name: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> FilePart:
    """Put a document or any other file into a message; arguments and errors as those of `image`.

    Args:
        source: As for `image`.
        media_type: As for `image`, but by the file's name first: many kinds of text look alike.
            UTF-8 that nothing else is known of is `"text/plain"`.
        name: What the model is told the file is called; by default the name of the path.
        max_bytes: As for `image`.
    """
    media = _load(source, media_type, None, max_bytes)
    return FilePart(
        data=media.data, url=media.url, media_type=media.media_type, name=name or media.name
    )


class _Media(NamedTuple):
    data: bytes | None
    url: str | None
    media_type: str | None
    name: str | None


def _load(source: Source, media_type: str | None, family: str | None, max_bytes: int) -> _Media:
    if isinstance(source, bytes):
        return _from_bytes(source, media_type, family, max_bytes, None)
    if isinstance(source, str):
        scheme = source[:8].lower()
        if scheme.startswith(("https://", "http://")):
            return _Media(None, source, media_type, None)
        if scheme.startswith("data:"):
            return _from_data_url(source, media_type, family, max_bytes)
    elif not isinstance(source, os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        raise InvalidRequestError(
            f"{family or 'file'}() takes a path, a URL or bytes, not {type(source).__name__}"
        )
    path = os.fspath(source)
    try:
        size = os.path.getsize(path)
        _check_size(size, max_bytes, _shown(path))
        with open(path, "rb") as stream:
            data = stream.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: no path has a NUL in it
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidRequestError(
            f"cannot read {_shown(path)}: {reason}; pass an existing file, an https URL, or bytes"
        ) from error
    return _from_bytes(data, media_type, family, max_bytes, os.path.basename(path))


def _from_bytes(
    data: bytes, media_type: str | None, family: str | None, max_bytes: int, name: str | None
) -> _Media:
    what = _shown(name) if name else f"the {family or 'file'}"
    if not data:
        raise InvalidRequestError(f"{what} is empty; pass one with content")
    _check_size(len(data), max_bytes, what)
    found = media_type
    if found is None and family is None:
        found = _guessed(name)
    found = found or _sniffed(data) or _guessed(name)
    if found is None and family is None and _is_text(data):
        found = "text/plain"
    if found is None or (family is not None and not found.startswith(f"{family}/")):
        raise InvalidRequestError(
            f"{what} is not {'of a known type' if found is None else f'{family} but {found}'}; "
            f'if it is, pass media_type="{family or "application"}/..."'
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
    # RFC 2397: what declares no type is plain text. Some leave it out before an image, though.
    found = media_type or declared or _sniffed(data) or "text/plain"
    return _from_bytes(data, found, family, max_bytes, None)


def _check_size(size: int, max_bytes: int, what: str) -> None:
    if size > max_bytes:
        raise InvalidRequestError(
            f"{what} has {size:,} bytes, more than the limit of {max_bytes:,}; make it smaller, "
            "pass a URL, or raise max_bytes"
        )


# First bytes, as listed at https://en.wikipedia.org/wiki/List_of_file_signatures.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (4, b"ftypM4A", "audio/mp4"),
    (0, b"%PDF-", "application/pdf"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
)


def _sniffed(data: bytes) -> str | None:
    for offset, signature, media_type in _SIGNATURES:
        if data.startswith(signature, offset):
            return media_type
    # Two letters may begin any text; the four zeros further on do not occur in one.
    return "image/bmp" if data.startswith(b"BM") and data[6:10] == bytes(4) else None


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


def _guessed(name: str | None) -> str | None:
    if name is None:
        return None
    import mimetypes

    return mimetypes.guess_type(name)[0]


def _shown(name: str) -> str:
    text = repr(name)  # base64 without a data: before it looks like a path, a very long one
    return text if len(text) <= 200 else f"{text[:197]}..."
