"""A folder of recorded exchanges: which of them answers a request, and the files of new ones."""

import re
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from chatmodels.testing._recorder.matching import Matching
from chatmodels.testing._recorder.missing import missing_message
from chatmodels.testing._recorder.writing import write_recording
from chatmodels.testing._recordings import RecordedRequest, Recording, recordings

_NUMBERED = re.compile(r"(\d+)\.json")


class Cassette:
    """The exchanges of one folder, without those of its subfolders; threads can share it.

    Args:
        folder: The folder, which does not have to exist.
        matching: The rules for equal requests.
        repeat: Whether the last exchange with a request is replayed again and again.
        name: The folder in messages; None for its path.

    Raises:
        ValueError: A file is not a recorded exchange.
    """

    def __init__(
        self,
        folder: Path,
        matching: Matching,
        *,
        repeat: bool = False,
        name: Path | None = None,
    ) -> None:
        self._name = name or folder
        self._matching = matching
        self._repeat = repeat
        self._lock = Lock()
        self._paths = exchange_files(folder)
        self._all = [each for path in self._paths for each in recordings(path)]
        self._views = [
            None if each.request is None else matching.view(each.request) for each in self._all
        ]
        self._used = [False] * len(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def take(self, request: RecordedRequest, provider: str, /) -> Recording | None:
        """Return the next exchange with an equal request, and mark it as used.

        Exchanges of the same provider take precedence.
        """
        view = self._matching.view(request)
        with self._lock:
            equal = [number for number, each in enumerate(self._views) if each == view]
            unused = [number for number in equal if not self._used[number]]
            if not unused and self._repeat:
                unused = equal[-1:]
            own = [number for number in unused if self._all[number].provider == provider]
            for number in own or unused:
                self._used[number] = True
                return self._all[number]
        return None

    @property
    def unused(self) -> tuple[str, ...]:
        """The names of the files that were not replayed."""
        with self._lock:
            pairs = zip(self._paths, self._used, strict=True)
            return tuple(path.name for path, used in pairs if not used)

    def describe_missing(self, request: RecordedRequest, /) -> str:
        """Describe a request that has no exchange, and the nearest one that has."""
        with self._lock:
            known: list[tuple[str, dict[str, Any], bool]] = [
                (path.name, view, used)
                for path, view, used in zip(self._paths, self._views, self._used, strict=True)
                if view is not None
            ]
        return missing_message(self._name, self._matching.view(request), known)


def exchange_files(folder: Path, /) -> Sequence[Path]:
    """List the exchanges of a folder, without those of its subfolders."""
    return [path for path in sorted(folder.glob("*.json")) if not path.match("*.body.json")]


def write_exchanges(folder: Path, exchanges: Sequence[Recording], /, *, keep: bool) -> None:
    """Write exchanges as numbered files.

    Args:
        folder: The folder.
        exchanges: The exchanges, in order.
        keep: Whether to add them to those of the folder, which are removed otherwise.
    """
    former = exchange_files(folder)
    first = 1
    if keep:
        numbers = [int(found[1]) for each in former if (found := _NUMBERED.fullmatch(each.name))]
        first = max(numbers, default=0) + 1
    else:
        for path in former:
            for exchange in recordings(path):
                if exchange.response.body_file is not None:
                    (folder / exchange.response.body_file).unlink(missing_ok=True)
            path.unlink()
    for number, exchange in enumerate(exchanges, first):
        write_recording(exchange, folder / f"{number:03}.json")
