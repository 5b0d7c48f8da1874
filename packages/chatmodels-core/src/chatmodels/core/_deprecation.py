"""Warnings about names that will be removed in 0.3."""

import sys
from warnings import warn


def deprecated(old: str, remedy: str, /) -> None:
    """Warn the first caller outside chatmodels that a name will be removed in 0.3."""
    level = 2
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        # `warn` does not count the frames of an import.
        level += not frame.f_globals["__name__"].startswith("importlib.")
        frame = frame.f_back
    warn(
        f"{old} is deprecated and will be removed in 0.3; {remedy}",
        DeprecationWarning,
        stacklevel=level,
    )


def _is_ours(module: str) -> bool:
    return module.startswith(("chatmodels.", "importlib."))
