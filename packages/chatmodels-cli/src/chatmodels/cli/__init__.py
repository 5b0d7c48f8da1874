"""The `chatmodels` command: ask, chat with, compare, check and measure chat models in a terminal.

Nothing but click is imported before a command is known, so that help and completion are fast.
"""

from chatmodels.cli._main import main

__all__ = ["main"]
