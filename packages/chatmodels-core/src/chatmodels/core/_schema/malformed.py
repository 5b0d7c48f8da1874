"""Finds malformed places in schemas that users pass."""

from collections.abc import Iterator, Mapping

from chatmodels.core._schema.keywords import (
    DEFINITIONS,
    MAPPINGS,
    SEQUENCES,
    SINGLES,
    is_list,
    is_map,
)
from chatmodels.core._values.parts import Json

_STRINGS = frozenset({"type", "required"})
_SHAPES: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys((*MAPPINGS, *DEFINITIONS), dict),
    **dict.fromkeys((*SEQUENCES, "enum", "required"), list),
    **dict.fromkeys(("$ref", "format", "description"), str),
    "type": (str, list),
    "minItems": (int, float),
}


def malformed(schema: Json, path: str) -> Iterator[str]:
    """Find subschemas that are not schemas, and keywords with values of the wrong shape."""
    place = path or "the top level"
    if not is_map(schema):
        if not isinstance(schema, bool):
            yield f"{place} is not a schema"
        return
    value: Json
    for keyword, value in schema.items():
        shape = _SHAPES.get(keyword, object)
        if not isinstance(value, shape) or (keyword in _STRINGS and not _are_strings(value)):
            yield f"{place} has a malformed {keyword!r}"
        elif is_map(value) and (keyword in MAPPINGS or keyword in DEFINITIONS):
            for name, inner in value.items():
                yield from malformed(inner, f"{path}.{name}" if path else name)
        elif is_list(value) and (keyword in SEQUENCES or keyword == "items"):
            for inner in value:
                yield from malformed(inner, path)
        elif keyword in SINGLES:
            yield from malformed(value, f"{path}[]" if keyword == "items" else path)


def _are_strings(value: Json) -> bool:
    return isinstance(value, str) or all(isinstance(item, str) for item in value)
