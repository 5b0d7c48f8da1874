"""Moves bytes for the providers of chatmodels that speak HTTP, sync and async."""

__all__: list[str] = []
