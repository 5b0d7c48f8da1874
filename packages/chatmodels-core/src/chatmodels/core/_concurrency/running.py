"""Finds the async library that runs the current task."""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatmodels.core._concurrency.interface import AsyncLibrary


def running_library() -> "AsyncLibrary":
    """Return the library that runs the current task."""
    if (trio := running_trio()) is not None:
        from chatmodels.core._concurrency.on_trio import TrioLibrary

        return TrioLibrary(trio)
    from chatmodels.core._concurrency.on_asyncio import ASYNCIO

    return ASYNCIO


def running_trio() -> Any:
    """Return the module trio if it runs the current task, also as a guest of another event loop."""
    trio: Any = sys.modules.get("trio")
    return trio if trio is not None and trio.lowlevel.in_trio_task() else None
