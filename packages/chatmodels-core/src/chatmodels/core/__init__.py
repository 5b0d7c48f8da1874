"""One typed surface for chat models of many vendors: protocols, messages, tools, registry, errors."""

__all__: list[str] = []
