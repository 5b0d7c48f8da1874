"""Content made short enough to be kept in memory until it is exported."""

from typing import Any

from chatmodels.core import Json

_STRUCTURE = frozenset({"type", "role", "id", "name", "modality", "mime_type", "file_id"})
"""Fields without which an object fits no schema; they are short unless somebody is playing."""

_MAX_STRUCTURE = 256
_EACH = 16  # characters that an item costs at least, so that many empty ones are bounded as well


class Budget:
    """How much may still be kept, for all attributes of a call together.

    Args:
        each: How much of each text is kept, in characters.
        total: How much of all of them.
    """

    __slots__ = ("_each", "_left")

    def __init__(self, each: int, total: int) -> None:
        self._each = each
        self._left = total

    def newest(self, messages: list[Json]) -> list[Json]:
        """Shorten messages and leave out those that do not fit at all, the oldest first."""
        kept: list[Json] = []
        for message in reversed(messages):
            if self._left <= 0:
                break
            kept.append(self.shortened(message))
        kept.reverse()
        return kept

    def shortened(self, value: Json) -> Json:
        """Give plain JSON of the same shape whose texts are short enough."""
        self._left -= _EACH
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return self._object(value)  # pyright: ignore[reportUnknownArgumentType] # plain JSON
        if isinstance(value, list | tuple):
            kept: list[Json] = []
            for item in value:  # pyright: ignore[reportUnknownVariableType] # plain JSON
                if self._left <= 0:
                    break
                kept.append(self.shortened(item))
            return kept
        # A redaction hook may return anything; what it is may be said, what is in it may not.
        return f"<{type(value).__qualname__}>"

    def _object(self, value: dict[Any, Any]) -> Json:
        kept: dict[str, Json] = {}
        for name, item in value.items():
            if name in _STRUCTURE and isinstance(item, str):
                kept[name] = item[:_MAX_STRUCTURE]
            elif name == "parts" and isinstance(item, list):
                kept[name] = [self.shortened(part) for part in item]  # pyright: ignore[reportUnknownVariableType] # plain JSON
            else:
                kept[str(name)] = self.shortened(item)
        return kept

    def _text(self, text: str) -> str:
        allowed = max(0, min(self._each, self._left))
        if len(text) <= allowed:
            self._left -= len(text)
            return text
        self._left -= allowed
        return f"{text[:allowed]}... [{len(text) - allowed} more characters]"
