"""The parts of the pytest plugin that are imported when a fixture is used."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from chatmodels.testing._recorder.recorder import Recorder, RecordMode
from chatmodels.testing._recorder.scrubbing import Scrubber

_LONGEST = 80  # characters of a folder's name


def recorder_of(
    request: pytest.FixtureRequest, mode: RecordMode, scrubber: Scrubber, /
) -> Recorder:
    """Return the recorder of a test, as its marker and the command line specify.

    Raises:
        pytest.UsageError: The marker is invalid.
    """
    marker = request.node.get_closest_marker("recorded")
    arguments: dict[str, Any] = {} if marker is None else dict(marker.kwargs)
    folders = () if marker is None else marker.args
    arguments.pop("mode", None)  # the command line takes precedence
    arguments.setdefault("scrubber", scrubber)
    module = request.path.parent
    try:
        if len(folders) > 1:
            raise TypeError(f"it has {len(folders)} folders, and not one")
        folder = arguments.pop("folder", folders[0] if folders else None)
        place = module / folder if folder else module / _root(request) / _name(request)
        return Recorder(place, mode, **arguments)
    except (TypeError, ValueError, re.error) as error:
        raise pytest.UsageError(f"{request.node.nodeid}: @pytest.mark.recorded: {error}") from error


def _root(request: pytest.FixtureRequest) -> Path:
    return Path(request.config.getini("chatmodels_recordings")) / request.path.stem


def _name(request: pytest.FixtureRequest) -> str:
    """Return the name of the test for a folder; async backends share one."""
    name: str = request.node.name
    callspec = getattr(request.node, "callspec", None)
    if callspec is not None:
        ids = callspec.id.split("-")
        backend: Any = callspec.params.get("anyio_backend")
        if isinstance(backend, tuple):  # with its options
            backend = backend[0]  # pyright: ignore[reportUnknownVariableType]
        if backend in ids:
            ids.remove(backend)
        name = request.node.originalname + (f"[{'-'.join(ids)}]" if ids else "")
    test_class: Any = getattr(request.node, "cls", None)
    if test_class is not None:
        name = f"{test_class.__name__}.{name}"
    safe = re.sub(r"[^\w.\[\]-]", "_", name)
    if safe == name and len(name) <= _LONGEST:
        return name
    return f"{safe[:_LONGEST]}-{sha256(name.encode()).hexdigest()[:8]}"
