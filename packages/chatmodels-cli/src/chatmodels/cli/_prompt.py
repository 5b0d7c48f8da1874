"""The prompt of a command line: texts, standard input and attached files."""

import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

import click

from chatmodels.core import AudioPart, FilePart, ImagePart, Message, file, system, user

STDIN = "-"


def read_messages(
    texts: Sequence[str], attachments: Sequence[str], instructions: str | None, /
) -> list[Message]:
    """Return the messages that a command line describes.

    Args:
        texts: The texts of the prompt; `-`, or no text, stands for standard input.
        attachments: Paths and URLs.
        instructions: The system prompt, or `@` and the path of a file with it.

    Raises:
        UsageError: There is no prompt, or a file cannot be read.
        InvalidRequestError: An attachment cannot be read or has no known type.
    """
    prompt = read_text(texts)
    parts = [attached(source) for source in attachments]
    opening = [] if instructions is None else [system(read_instructions(instructions))]
    return [*opening, user(prompt, *parts)]


def read_text(texts: Sequence[str], /) -> str:
    """Join the texts of a prompt, with standard input in the place of `-`.

    Raises:
        UsageError: There is no prompt.
    """
    if not texts and sys.stdin.isatty():
        raise click.UsageError("there is no prompt; pass it as an argument, or pipe it")
    joined = "\n\n".join(_stdin() if text == STDIN else text for text in texts or (STDIN,))
    if not joined.strip():
        raise click.UsageError("the prompt is empty; pass a text, or pipe one")
    return joined


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode().rstrip("\n")
    except UnicodeDecodeError as error:
        raise click.UsageError(
            f"standard input is not UTF-8 ({error.reason} at byte {error.start}); pass files of "
            "other types with --attach"
        ) from None


def read_instructions(text: str, name: str = "system prompt", /) -> str:
    """Return a system prompt, or another text, read from a file if it begins with `@`.

    Raises:
        UsageError: The file cannot be read.
    """
    if not text.startswith("@"):
        return text
    try:
        with open(text[1:], encoding="utf-8-sig") as source:
            return source.read()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"the {name} {text[1:]} cannot be read: {error}") from None


def attached(source: str, /) -> ImagePart | AudioPart | FilePart:
    """Return the part for an attached file: an image, audio, or any other file.

    Args:
        source: A path, or a URL that the vendor fetches. The type of a URL is that of its name.

    Raises:
        InvalidRequestError: The file cannot be read, is empty, or is of an unknown type.
    """
    if source.lower().startswith(("https://", "http://")):
        from mimetypes import guess_type

        name = os.path.basename(urlsplit(source).path) or None
        media_type = guess_type(name or "")[0]
        part = FilePart(url=source, media_type=media_type, name=name)
    else:
        part = file(source)
    family = (part.media_type or "").partition("/")[0]
    if family == "image":
        return ImagePart(data=part.data, url=part.url, media_type=part.media_type)
    if family == "audio":
        return AudioPart(data=part.data, url=part.url, media_type=part.media_type)
    return part
