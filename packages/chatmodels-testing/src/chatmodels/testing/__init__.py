"""A simulator of provider APIs, a contract suite and a pytest plugin for chatmodels."""

__all__: list[str] = []
