"""The recorder of HTTP exchanges; it requires `chatmodels-http`, which every HTTP provider has."""

try:
    import chatmodels.http  # noqa: F401 # pyright: ignore[reportUnusedImport] - to report its absence
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the recorder requires chatmodels-http; try: pip install 'chatmodels-testing[record]'",
        name=error.name,
    ) from error
