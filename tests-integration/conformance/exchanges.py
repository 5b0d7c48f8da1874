"""Finds recorded exchanges: those of this repository, and those of other folders."""

import copy
import os
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from chatmodels.testing import Recording, recordings
from chatmodels.testing._recordings import recording_files

Json = Any

CHECKOUT = Path(__file__).parents[2]
OURS = CHECKOUT / "tests-integration" / "exchanges"
"""The exchanges of this repository, a folder per wire format."""

VARIABLE = "CHATMODELS_RECORDED"
"""The environment variable that names further folders, separated as in `PATH`."""


class Entry(msgspec.Struct, frozen=True):
    """A file in a folder of exchanges.

    Attributes:
        path: The file.
        provider: The vendor or server that sent the response.
        api: The wire format.
    """

    path: Path
    provider: str
    api: str

    def read(self) -> Recording:
        """Read the exchange."""
        (found,) = recordings(self.path)
        return found


@cache
def entries(folder: Path) -> tuple[Entry, ...]:
    """List the exchanges in a folder and its subfolders, by path.

    Raises:
        ValueError: A file is not a recorded exchange.
    """
    found: list[Entry] = []
    for path in recording_files(folder):
        (exchange,) = recordings(path)
        found.append(Entry(path, exchange.provider, exchange.api))
    return tuple(found)


@cache
def ours() -> tuple[Entry, ...]:
    """List the exchanges of this repository."""
    return entries(OURS)


def folders(named: str | None = None) -> tuple[Path, ...]:
    """List the folders that the environment names.

    Raises:
        NotADirectoryError: One of them is not a folder.
    """
    named = os.environ.get(VARIABLE, "") if named is None else named
    found = tuple(Path(name) for name in named.split(os.pathsep) if name)
    for folder in found:
        if not folder.is_dir():
            raise NotADirectoryError(f"{VARIABLE} names {folder}, which is not a folder")
    return found


def body_of(exchange: Recording) -> Json:
    """Return a copy of the body of the request; None if there is none."""
    return None if exchange.request is None else copy.deepcopy(exchange.request.body)


def url_of(exchange: Recording) -> str:
    """Return the address of the request; empty if it is not known."""
    return "" if exchange.request is None else exchange.request.url


def pieces(content: bytes, size: int) -> list[bytes]:
    """Cut a body into pieces of so many bytes."""
    return [content[start : start + size] for start in range(0, len(content), size)]
