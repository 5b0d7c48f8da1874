"""Schemas that a vendor with enforced schemas refuses."""

from collections.abc import Iterator
from typing import Any

from chatmodels.testing._json import is_array, is_object

Path = tuple[str, ...]


def subschemas(schema: object, path: Path = (), /) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a schema and those in it, with their paths."""
    if not is_object(schema):
        return
    yield path, schema
    for keyword in ("properties", "$defs", "definitions"):
        inner = schema.get(keyword)
        for name, value in inner.items() if is_object(inner) else ():
            yield from subschemas(value, (*path, keyword, name))
    for keyword in ("anyOf", "allOf", "oneOf", "prefixItems"):
        inner = schema.get(keyword)
        for number, value in enumerate(inner if is_array(inner) else ()):
            yield from subschemas(value, (*path, keyword, str(number)))
    yield from subschemas(schema.get("items"), (*path, "items"))


def is_open(schema: dict[str, Any], /) -> bool:
    """Check for an object that permits other properties than its own."""
    return schema.get("type") == "object" and schema.get("additionalProperties") is not False


def optional(schema: dict[str, Any], /) -> list[str]:
    """Return the properties of an object that are not required."""
    properties = schema.get("properties")
    required = schema.get("required", ())
    return [name for name in properties if name not in required] if is_object(properties) else []


def is_recursive(schema: dict[str, Any], /) -> bool:
    """Check whether a definition refers to itself, also through others."""
    references = {"#": _references({**schema, "$defs": None, "definitions": None})}
    for keyword in ("$defs", "definitions"):
        inner = schema.get(keyword)
        for name, value in inner.items() if is_object(inner) else ():
            references[f"#/{keyword}/{name}"] = _references(value)
    return any(_reaches(name, name, references, set()) for name in references)


def _references(schema: object) -> set[str]:
    return {str(inner["$ref"]) for _, inner in subschemas(schema) if "$ref" in inner}


def _reaches(start: str, goal: str, references: dict[str, set[str]], seen: set[str]) -> bool:
    for name in references.get(start, ()):
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            if _reaches(name, goal, references, seen):
                return True
    return False
