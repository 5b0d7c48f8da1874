"""Media from paths, URLs and bytes, with the type found out and the size bounded."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    AudioDelta,
    AudioPart,
    ChatResponse,
    FilePart,
    ImagePart,
    InvalidRequestError,
    audio,
    file,
    image,
    user,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
BMP = b"BM\x46\x00\x00\x00" + bytes(8)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(PNG, "image/png", id="png"),
        pytest.param(b"\xff\xd8\xff\xe0", "image/jpeg", id="jpeg"),
        pytest.param(b"GIF89a", "image/gif", id="gif"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", id="webp"),
        pytest.param(b"\x00\x00\x00\x18ftypheic", "image/heic", id="heic"),
        pytest.param(b"\x00\x00\x00\x18ftypavif", "image/avif", id="avif"),
        pytest.param(b"II*\x00", "image/tiff", id="tiff"),
        pytest.param(BMP, "image/bmp", id="bmp"),
    ],
)
def test_the_type_of_an_image_is_found_in_its_bytes(data: bytes, media_type: str) -> None:
    assert image(data) == ImagePart(data=data, media_type=media_type)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav", id="wav"),
        pytest.param(b"ID3\x04", "audio/mpeg", id="mp3"),
        pytest.param(b"\xff\xfb\x90", "audio/mpeg", id="mp3-without-tags"),
        pytest.param(b"fLaC", "audio/flac", id="flac"),
        pytest.param(b"OggS", "audio/ogg", id="ogg"),
        pytest.param(b"\x00\x00\x00\x18ftypM4A ", "audio/mp4", id="m4a"),
    ],
)
def test_the_type_of_audio_is_detected_from_its_bytes(data: bytes, media_type: str) -> None:
    assert audio(data) == AudioPart(data=data, media_type=media_type)


@pytest.mark.parametrize("path_type", [str, Path], ids=["str", "path"])
def test_a_path_is_read_at_once(tmp_path: Path, path_type: Callable[[Path], Any]) -> None:
    path = tmp_path / "cat.jpg"  # the bytes take precedence over the name
    path.write_bytes(PNG)

    part = image(path_type(path), detail="low")
    path.unlink()

    assert part == ImagePart(data=PNG, media_type="image/png", detail="low")


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        pytest.param("report.pdf", b"%PDF-1.7", "application/pdf", id="pdf"),
        pytest.param("notes.txt", b"BMW is a maker of cars", "text/plain", id="text"),
        pytest.param("table.csv", b"a,b", "text/csv", id="csv"),
        pytest.param("unnamed", b"%PDF-1.7", "application/pdf", id="by-its-bytes"),
    ],
)
def test_a_file_keeps_its_name_and_gets_its_type(
    tmp_path: Path, name: str, content: bytes, media_type: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    assert file(path) == FilePart(data=content, media_type=media_type, name=name)
    assert file(path, name="other").name == "other"


@pytest.mark.parametrize("url", ["https://example.com/a.png", "HTTP://example.com/a.png"])
def test_a_web_url_is_fetched_by_the_vendor(url: str) -> None:
    assert image(url) == ImagePart(url=url)
    assert audio(url, media_type="audio/wav") == AudioPart(url=url, media_type="audio/wav")
    assert file(url, name="a.png") == FilePart(url=url, name="a.png")


ENCODED = base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(f"data:image/png;base64,{ENCODED}", image(PNG), id="base64"),
        pytest.param(f"DATA:image/PNG;BASE64,{ENCODED}", image(PNG), id="upper-case"),
        pytest.param(
            f"data:image/png;base64,{ENCODED.replace('=', '%3D')}", image(PNG), id="escaped"
        ),
        pytest.param(f"data:;base64,{ENCODED}", image(PNG), id="undeclared"),
        pytest.param(
            "data:image/svg+xml,%3Csvg/%3E",
            ImagePart(data=b"<svg/>", media_type="image/svg+xml"),
            id="percent",
        ),
    ],
)
def test_a_data_url_is_decoded(url: str, expected: ImagePart) -> None:
    assert image(url) == expected


def test_a_data_url_without_a_type_is_plain_text() -> None:
    assert file("data:,Hi%21") == FilePart(data=b"Hi!", media_type="text/plain")


def test_an_explicit_media_type_is_not_checked() -> None:
    assert file(b"a: 1", media_type="application/yaml").media_type == "application/yaml"
    assert image(b"<svg/>", media_type="image/svg+xml").media_type == "image/svg+xml"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda: image(b""), "the image is empty; pass", id="empty"),
        pytest.param(
            lambda: image(b"text"), "the image has no known media type; if you know", id="unknown"
        ),
        pytest.param(lambda: file(b"a\0"), 'pass media_type="application/..."', id="unknown-file"),
        pytest.param(lambda: file(b"a\xff"), "the file has no known media type", id="no-text"),
        pytest.param(lambda: image(b"%PDF-1"), "is application/pdf, not image", id="other"),
        pytest.param(lambda: audio(PNG), 'pass media_type="audio/..."', id="image-as-audio"),
        pytest.param(lambda: image(3), "image() accepts a path, a URL or bytes, not int", id="int"),
        pytest.param(lambda: file(None), "file() accepts one of a source, url=...", id="none"),
        pytest.param(lambda: image(), "data=... and path=..., not none", id="nothing"),
        pytest.param(
            lambda: audio(PNG, url="https://host/a"), "not a source and url", id="several"
        ),
        pytest.param(lambda: image(url="cat.png"), "'cat.png' is not an https:", id="path-as-url"),
        pytest.param(lambda: image(url="file:///a"), "pass the path of a file", id="file-url"),
        pytest.param(lambda: image(url=b"a"), "url=... as str, not bytes", id="bytes-as-url"),
        pytest.param(lambda: file(data="a"), "data=... as bytes, not str", id="text-as-data"),
        pytest.param(lambda: file(path=b"a"), "path=... as str or PathLike, not", id="bytes-path"),
        pytest.param(
            lambda: file(path="https://host/a"), "cannot read 'https://host/a'", id="url-as-path"
        ),
        pytest.param(lambda: image("missing.png"), "cannot read 'missing.png': ", id="path"),
        pytest.param(lambda: image("a\0b"), r"cannot read 'a\x00b': ", id="nul"),
        pytest.param(lambda: image(os.curdir), "cannot read '.': it is a directory;", id="folder"),
        pytest.param(lambda: file(os.devnull), "it is a device; pass a regular", id="device"),
        pytest.param(lambda: image("data:image/png;base64"), "comma before its data", id="comma"),
        pytest.param(lambda: image("data:image/png;base64,%%%"), "cannot be decoded", id="base64"),
        pytest.param(lambda: image("data:image/png;base64,é"), "cannot be decoded", id="ascii"),
        pytest.param(lambda: image("data:,\ud800"), "cannot be decoded", id="surrogate"),
    ],
)
def test_other_values_than_media_are_refused_with_a_remedy(make: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make()

    assert words in caught.value.message


def test_a_source_of_one_kind_has_a_form_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)

    assert image(path=path) == image(path=str(path)) == image(data=PNG) == image(PNG)
    assert image(url=f"data:image/png;base64,{ENCODED}") == image(PNG)
    assert image(url="HTTPS://host/cat.png") == ImagePart(url="HTTPS://host/cat.png")
    assert audio(url="http://host/a").url == file(url="http://host/a").url == "http://host/a"
    assert file(path=path).name == "cat.png"


def test_a_url_never_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)

    for make in (image, audio, file):
        with pytest.raises(InvalidRequestError, match="is not an https:, http: or data: URL"):
            make(url=str(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
@pytest.mark.parametrize("make", [image, audio, file], ids=["image", "audio", "file"])
def test_a_fifo_is_refused_and_not_waited_for(make: Any, tmp_path: Path) -> None:
    path = tmp_path / "pipe.png"
    os.mkfifo(path)

    with pytest.raises(InvalidRequestError, match="it is a FIFO; pass a regular file"):
        make(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_a_fifo_that_replaces_a_file_does_not_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pipe = tmp_path / "cat.png", tmp_path / "pipe.png"
    path.write_bytes(PNG)
    os.mkfifo(pipe)
    before = path.stat()
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", lambda _: before)
        with pytest.raises(InvalidRequestError, match="it is a FIFO"):
            image(pipe)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.touch()

    with pytest.raises(InvalidRequestError, match="is empty; pass one"):
        image(path)


def test_a_file_that_grew_above_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, small = tmp_path / "cat.png", tmp_path / "small.png"
    path.write_bytes(PNG)
    small.write_bytes(PNG[:8])
    before = small.stat()
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", lambda _: before)
        patched.setattr(os, "fstat", lambda _: before)
        with pytest.raises(InvalidRequestError, match="more than the limit of 15"):
            image(path, max_bytes=15)


def test_bare_base64_is_not_repeated_in_the_error() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        image("A" * 100_000)

    assert len(caught.value.message) < 400


@pytest.mark.parametrize("make", [image, audio, file], ids=["image", "audio", "file"])
def test_media_above_the_limit_are_refused(make: Any, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(PNG)

    for source in (path, PNG, f"data:image/png;base64,{ENCODED}"):
        with pytest.raises(InvalidRequestError, match="has 16 bytes, more than the limit of 15;"):
            make(source, max_bytes=15)


def test_media_at_the_limit_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)

    assert image(path, max_bytes=16) == image(PNG, max_bytes=16)


def test_the_repr_of_a_value_does_not_contain_a_whole_image() -> None:
    shown = repr(user("Look:", image(PNG + bytes(1_000_000))))

    assert shown == (
        "Message(role='user', parts=(TextPart(text='Look:'), "
        f"ImagePart(data=<{len(PNG) + 1_000_000:,} bytes>, media_type='image/png')))"
    )
    assert repr(AudioDelta(b"abc")) == "AudioDelta(data=b'abc')"


def test_the_repr_of_a_response_shows_the_size_of_its_payload() -> None:
    response = ChatResponse(message=user("Hi"), payload=msgspec.Raw(b"[" + b" " * 998 + b"]"))

    assert repr(response).endswith(", payload=<1,000 bytes>)")


def test_a_text_file_of_unknown_type_is_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "LICENSE"
    path.write_text("Permission is hereby granted, \u2026", "utf-8")

    assert file(path).media_type == "text/plain"
    assert file(b"a,b").media_type == "text/plain"
