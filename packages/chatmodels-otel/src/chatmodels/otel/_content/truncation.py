"""Content made short enough to be kept in memory until it is exported."""

from collections.abc import Sequence
from typing import Any

from chatmodels.core.extending import Json

_STRUCTURE = frozenset(
    {
        "type",
        "generic_type",
        "role",
        "id",
        "name",
        "modality",
        "mime_type",
        "file_id",
        "finish_reason",
    }
)
"""Fields without which an object fits no schema; they are short unless somebody is playing."""

_MAX_STRUCTURE = 256
_MAX_FIELDS = 8  # more than an object of the schemas has
_FITS = -(2**63)
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
        if isinstance(value, int) and not _FITS <= value < -_FITS:
            return self._text(str(value))  # no exporter takes it as a number
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return self._object(value)  # pyright: ignore[reportUnknownArgumentType] # plain JSON
        if isinstance(value, list | tuple):
            return self._items(value)  # pyright: ignore[reportUnknownArgumentType] # plain JSON
        # A redaction hook may return anything; what it is may be said, what is in it may not.
        return f"<{type(value).__qualname__}>"

    def _items(self, items: Sequence[Any], least: int = 0) -> list[Json]:
        kept: list[Json] = []
        for item in items:
            if self._left <= 0 and len(kept) >= least:
                break
            kept.append(self.shortened(item))
        return kept

    def _object(self, value: dict[Any, Any]) -> Json:
        # Objects of the schemas have one of these; what a tool is given may have any fields.
        least = _MAX_FIELDS if "type" in value or "role" in value else 0
        kept: dict[str, Json] = {}
        for name, item in value.items():
            if self._left <= 0 and len(kept) >= least:
                break
            if name in _STRUCTURE and isinstance(item, str):
                kept[name] = item[:_MAX_STRUCTURE]
                self._left -= len(kept[name])
            elif name == "parts" and isinstance(item, list):
                kept[name] = self._items(item, least=1)  # pyright: ignore[reportUnknownArgumentType] # plain JSON
            else:
                self._left -= len(word := str(name)[:_MAX_STRUCTURE])
                kept[word] = self.shortened(item)
        return kept

    def _text(self, text: str) -> str:
        allowed = max(0, min(self._each, self._left))
        if len(text) <= allowed:
            self._left -= len(text)
            return text
        self._left -= allowed
        return f"{text[:allowed]}... [{len(text) - allowed} more characters]"
