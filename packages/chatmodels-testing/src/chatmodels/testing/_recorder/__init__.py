"""The recorder of HTTP exchanges; it requires `chatmodels-http`, which every HTTP provider has."""

from importlib import import_module

try:
    import_module("chatmodels.http")
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the recorder requires chatmodels-http; try: pip install 'chatmodels-testing[record]'",
        name=error.name,
    ) from error
