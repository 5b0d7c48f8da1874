"""Deterministic values that conform to a JSON Schema."""

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
"""The references on the path to a schema."""


def example_value(schema: Schema, /) -> Json:
    """Return a value that conforms to a schema.

    The value uses the first alternative, a default of the correct type or an example, all
    properties including optional ones, and one item per array. Recursion ends as early as
    possible. Patterns of texts are ignored.

    Raises:
        ValueError: The schema has an infinite recursion, or a reference that does not exist.
    """
    return _value(schema, schema, "value", ())


def _value(schema: Json, root: Schema, name: str, path: _Path) -> Json:
    if not is_object(schema):  # `true`, or no schema
        return name
    if "$ref" in schema:
        reference: str = schema["$ref"]
        if reference in path:
            raise ValueError("the schema has an infinite recursion")
        return _value(_resolve(reference, root), root, name, (*path, reference))
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
    """Check whether a value has one of the types; some schemas have defaults of other types."""
    if types is None:
        return True
    names = [types] if isinstance(types, str) else types
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES.get(kind, ())) for kind in names)


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
    result: dict[str, Json] = {}
    for name, inner in schema.get("properties", {}).items():
        try:
            result[name] = _value(inner, root, name, path)
        except ValueError:
            if name in required:
                raise
    return result


def _array(schema: Schema, root: Schema, name: str, path: _Path) -> Json:
    result = [_value(inner, root, name, path) for inner in schema.get("prefixItems", ())]
    count = max(schema.get("minItems", 0), 0 if result else 1)
    count = min(count, schema.get("maxItems", count))
    try:
        while len(result) < count:
            result.append(_value(schema.get("items", True), root, name, path))
    except ValueError:
        if schema.get("minItems", 0):
            raise
    return result


def _number(schema: Schema, value: float) -> float:
    low = schema.get("minimum")
    if "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + value
    high = schema.get("maximum")
    if "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - value
    if low is not None and value < low:
        value = low
    if high is not None and value > high:
        value = high
    step = schema.get("multipleOf")
    return -(-value // step) * step if step else value


def _string(schema: Schema, name: str) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    text = name.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]


def _first(choices: list[Json], root: Schema, name: str, path: _Path) -> Json:
    problem = ValueError("all alternatives of the schema have an infinite recursion")
    for choice in choices:
        try:
            return _value(choice, root, name, path)
        except ValueError as error:
            problem = error
    raise problem


def _resolve(reference: str, root: Schema) -> Json:
    target: Json = root
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if not is_object(target) or name not in target:
            raise ValueError(f"the reference {reference!r} does not exist in the schema")
        target = target[name]
    return target
