"""Former modules that pickles of 0.1.0 refer to, and the modules that replace them."""

import sys
from importlib import import_module
from types import ModuleType

_REPLACEMENTS = {
    "chatmodels.core._portable": "chatmodels.core._errors.pickling",
    "chatmodels.core._registry.secret": "chatmodels.core._values.secret",
    "chatmodels.http._caller": "chatmodels.http._former_pickles",
    "chatmodels.providers.azure._responses": "chatmodels.http._former_pickles",
    "chatmodels.providers.mistral._request": "chatmodels.http._former_pickles",
}


class _Former(ModuleType):
    """A placeholder for a module that has moved, which is imported on first use."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # names that tools look up on every module
            raise AttributeError(name)
        return getattr(import_module(_REPLACEMENTS[self.__name__]), name)


def register_former_modules() -> None:
    """Register the modules under their former names, for unpickling."""
    for name in _REPLACEMENTS:
        sys.modules[name] = _Former(name)
