"""Media types, detected from bytes and from the names of files."""

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


def sniffed(data: bytes, /) -> str | None:
    """Detect the media type from the first bytes; None if unknown."""
    for offset, signature, media_type in _SIGNATURES:
        if data.startswith(signature, offset):
            return media_type
    # Any text can begin with two letters, but it does not contain the four zeros further on.
    return "image/bmp" if data.startswith(b"BM") and data[6:10] == bytes(4) else None


def is_text(data: bytes, /) -> bool:
    """Report whether bytes are UTF-8 text."""
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


def guessed(name: str | None, /) -> str | None:
    """Detect the media type from the extension of a file name; None if unknown."""
    if name is None:
        return None
    import mimetypes

    return mimetypes.guess_type(name)[0]
