"""Values that fit a JSON Schema, always the same for the same schema."""

from typing import Any

from chatmodels.core.extending import Json
from chatmodels.testing._json import is_array, is_object

_FORMATS = {
    "date": "2026-01-31",
    "time": "12:30:00Z",
    "date-time": "2026-01-31T12:30:00Z",
    "duration": "P1D",
    "email": "ada@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
    "null": type(None),
}

Schema = dict[str, Any]

_Path = tuple[str, ...]
"""The references that led to a schema."""


def fitting(schema: Schema, /) -> Json:
    """Make a value that fits a schema.

    It is made of the first of alternatives, a default of the right type or an example, all
    properties, optional ones too, and one item for each array. A schema that refers to itself
    ends as soon as it may. Patterns of texts are not obeyed.

    Raises:
        ValueError: It refers to itself without an end, or to something that is not there.
    """
    return _value(schema, schema, "value", ())


def _value(schema: Json, root: Schema, name: str, path: _Path) -> Json:
    if not is_object(schema):  # `true`, or nothing said
        return name
    if "$ref" in schema:
        reference: str = schema["$ref"]
        if reference in path:
            raise ValueError("the schema refers to itself without an end")
        return _value(_referred(reference, root), root, name, (*path, reference))
    if "const" in schema:
        return schema["const"]
    if "default" in schema and _is_typed(schema["default"], schema.get("type")):
        return schema["default"]
    for keyword in ("enum", "examples"):
        if schema.get(keyword):
            return schema[keyword][0]
    for keyword in ("anyOf", "oneOf"):
        if schema.get(keyword):
            return _first(schema[keyword], root, name, path)
    if schema.get("allOf"):
        merged = {key: value for part in schema["allOf"] for key, value in part.items()}
        return _value(schema | {"allOf": None} | merged, root, name, path)
    return _typed(schema, root, name, path)


def _is_typed(value: Json, types: Json) -> bool:
    """Report whether a value has one of the types; foreign schemas have defaults that do not."""
    if types is None:
        return True
    known = [types] if isinstance(types, str) else types
    if isinstance(value, bool):
        return "boolean" in known
    return any(isinstance(value, _TYPES.get(kind, ())) for kind in known)


def _typed(schema: Schema, root: Schema, name: str, path: _Path) -> Json:
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kind: Json = kinds[0] if is_array(kinds) else kinds
    match kind:
        case "object":
            return _object(schema, root, path)
        case "array":
            return _array(schema, root, name, path)
        case "integer":
            return _number(schema, 1)
        case "number":
            return _number(schema, 1.5)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _string(schema, name)


def _object(schema: Schema, root: Schema, path: _Path) -> Json:
    required = schema.get("required", ())
    made: dict[str, Json] = {}
    for name, inner in schema.get("properties", {}).items():
        try:
            made[name] = _value(inner, root, name, path)
        except ValueError:
            if name in required:
                raise
    return made


def _array(schema: Schema, root: Schema, name: str, path: _Path) -> Json:
    made = [_value(inner, root, name, path) for inner in schema.get("prefixItems", ())]
    wanted = max(schema.get("minItems", 0), 0 if made else 1)
    wanted = min(wanted, schema.get("maxItems", wanted))
    try:
        while len(made) < wanted:
            made.append(_value(schema.get("items", True), root, name, path))
    except ValueError:
        if schema.get("minItems", 0):
            raise
    return made


def _number(schema: Schema, wish: float) -> float:
    low = schema.get("minimum")
    if "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + wish
    high = schema.get("maximum")
    if "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - wish
    if low is not None and wish < low:
        wish = low
    if high is not None and wish > high:
        wish = high
    step = schema.get("multipleOf")
    return -(-wish // step) * step if step else wish


def _string(schema: Schema, name: str) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    text = name.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]


def _first(choices: list[Json], root: Schema, name: str, path: _Path) -> Json:
    problem = ValueError("no alternative of the schema has an end")
    for choice in choices:
        try:
            return _value(choice, root, name, path)
        except ValueError as error:
            problem = error
    raise problem


def _referred(reference: str, root: Schema) -> Json:
    found: Json = root
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if not is_object(found) or name not in found:
            raise ValueError(f"the schema has nothing at {reference!r}")
        found = found[name]
    return found
