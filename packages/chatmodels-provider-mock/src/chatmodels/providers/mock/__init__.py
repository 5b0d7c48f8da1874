"""A provider for chatmodels that answers from a script, in process and without network."""

__all__: list[str] = []
