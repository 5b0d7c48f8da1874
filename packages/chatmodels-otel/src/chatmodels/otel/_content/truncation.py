"""Truncates content that stays in memory until it is exported."""

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
"""Fields that the schemas require; they are short in all regular data."""

_MAX_STRUCTURE = 256
_MAX_FIELDS = 8  # more than an object of the schemas has
_FITS = -(2**63)
_EACH = 16  # the least number of characters for an item, so that many empty ones are bounded


class Budget:
    """The number of characters that all attributes of a call can have together.

    Args:
        each: The largest number of characters of each text.
        total: The largest number of characters of all texts.
    """

    __slots__ = ("_each", "_left")

    def __init__(self, each: int, total: int) -> None:
        self._each = each
        self._left = total

    def newest(self, messages: list[Json]) -> list[Json]:
        """Shorten messages, and leave out the oldest ones beyond the budget."""
        newest: list[Json] = []
        for message in reversed(messages):
            if self._left <= 0:
                break
            newest.append(self.shorten(message))
        newest.reverse()
        return newest

    def shorten(self, value: Json) -> Json:
        """Return JSON of the same structure with shortened texts."""
        self._left -= _EACH
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int) and not _FITS <= value < -_FITS:
            return self._text(str(value))  # no exporter accepts such a number
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return self._object(value)  # pyright: ignore[reportUnknownArgumentType] # plain JSON
        if isinstance(value, list | tuple):
            return self._items(value)  # pyright: ignore[reportUnknownArgumentType] # plain JSON
        # A redaction hook can return anything; its type may be recorded, but not its content.
        return f"<{type(value).__qualname__}>"

    def _items(self, items: Sequence[Any], least: int = 0) -> list[Json]:
        shortened: list[Json] = []
        for item in items:
            if self._left <= 0 and len(shortened) >= least:
                break
            shortened.append(self.shorten(item))
        return shortened

    def _object(self, value: dict[Any, Any]) -> Json:
        # Objects of the schemas have one of these; arguments of tools can have any fields.
        least = _MAX_FIELDS if "type" in value or "role" in value else 0
        shortened: dict[str, Json] = {}
        for name, item in value.items():
            if self._left <= 0 and len(shortened) >= least:
                break
            if name in _STRUCTURE and isinstance(item, str):
                shortened[name] = item[:_MAX_STRUCTURE]
                self._left -= len(shortened[name])
            elif name == "parts" and isinstance(item, list):
                shortened[name] = self._items(item, least=1)  # pyright: ignore[reportUnknownArgumentType] # plain JSON
            else:
                self._left -= len(word := str(name)[:_MAX_STRUCTURE])
                shortened[word] = self.shorten(item)
        return shortened

    def _text(self, text: str) -> str:
        allowed = max(0, min(self._each, self._left))
        if len(text) <= allowed:
            self._left -= len(text)
            return text
        self._left -= allowed
        return f"{text[:allowed]}... [{len(text) - allowed} more characters]"
