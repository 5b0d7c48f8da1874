"""The modules that pickles of 0.1.0 name, and the modules that have their contents now."""

import sys
from importlib import import_module
from types import ModuleType

_NOW = {
    "chatmodels.core._portable": "chatmodels.core._errors.pickling",
    "chatmodels.core._registry.secret": "chatmodels.core._values.secret",
    "chatmodels.http._caller": "chatmodels.http._former_pickles",
    "chatmodels.providers.azure._responses": "chatmodels.http._former_pickles",
    "chatmodels.providers.mistral._request": "chatmodels.http._former_pickles",
}


class _Former(ModuleType):
    """Stands for a module that has moved, without importing it before it is used."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # what tools ask every module for
            raise AttributeError(name)
        return getattr(import_module(_NOW[self.__name__]), name)


def remember_former_modules() -> None:
    """Have unpickling find the modules under their former names."""
    for name in _NOW:
        sys.modules[name] = _Former(name)
