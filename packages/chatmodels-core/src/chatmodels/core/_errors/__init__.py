"""Errors: their classes, the rules for their codes, and pickling."""

from typing import TYPE_CHECKING

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:  # pickles of 0.1.0 refer to the classes here
        from importlib import import_module

        return getattr(import_module("chatmodels.core._errors.classes"), name)
