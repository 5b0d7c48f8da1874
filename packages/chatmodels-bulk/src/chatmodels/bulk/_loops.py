"""Sync functions that run an event loop of their own."""

import asyncio
from contextlib import suppress

from chatmodels.core import ConfigurationError


def refuse_running_loop(name: str, instead: str, /) -> None:
    """Check that a sync function can run an event loop.

    Args:
        name: The name of the function.
        instead: The name of the async function.

    Raises:
        ConfigurationError: A loop runs already.
    """
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        raise ConfigurationError(
            f"{name}() cannot be called while an event loop runs, as in a notebook; use: await "
            f"{instead}(...)",
            op="bulk",
        )
