"""Retries and other policies around the calls of chatmodels."""

__all__: list[str] = []
