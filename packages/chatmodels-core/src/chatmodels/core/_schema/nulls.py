"""Null as a value of optional properties: which schemas accept it, and where it means absence."""

from chatmodels.core._schema.keywords import Schema, is_list, is_map
from chatmodels.core._schema.malformed import malformed
from chatmodels.core._schema.pointers import target_of
from chatmodels.core._schema.writing import types_of
from chatmodels.core._values.parts import Json

_CHOICES = ("allOf", "anyOf", "oneOf")


def accepts_null(schema: Json, root: Schema, /, seen: frozenset[str] = frozenset()) -> bool:
    """Report whether a schema accepts null, which any of its keywords can exclude.

    Args:
        schema: The schema. One with `properties` is that of an object.
        root: The schema that its references point into.
        seen: The references that were followed to it.
    """
    if not is_map(schema):
        return schema is True
    if "null" not in types_of(schema) and not schema.keys().isdisjoint({"type", "properties"}):
        return False
    if None not in schema.get("enum", [schema.get("const")]):
        return False
    for keyword in _CHOICES:
        fits = all if keyword == "allOf" else any
        if keyword in schema and not fits(
            accepts_null(branch, root, seen) for branch in schema[keyword]
        ):
            return False
    ref: str | None = schema.get("$ref")
    return not ref or (ref not in seen and accepts_null(target_of(ref, root), root, seen | {ref}))


def without_nulls(arguments: Schema, schema: Schema, /) -> Schema:
    """Copy the arguments of a tool without nulls of optional properties that do not accept it.

    A model writes null for an argument that it does not use, above all if the tool is strict. The
    program that defined the schema refuses it. Properties that the schema does not list, and those
    of choices (`anyOf` and the like), stay as they are.

    Args:
        arguments: The arguments.
        schema: The schema of the tool; the arguments stay as they are if it is malformed.
    """
    if next(malformed(schema, ""), None) is not None:
        return arguments
    return _without_nulls(arguments, schema, schema)


def _without_nulls(value: Json, schema: Json, root: Schema) -> Json:
    schema = _resolved(schema, root)
    if not schema:
        return value
    if is_map(value):
        properties: Schema = schema.get("properties", {})
        required: list[str] = schema.get("required", [])
        return {
            name: _without_nulls(inner, properties.get(name), root)
            for name, inner in value.items()
            if inner is not None
            or name in required
            or name not in properties
            or accepts_null(properties[name], root)
        }
    if is_list(value):
        return [_without_nulls(item, schema.get("items"), root) for item in value]
    return value


def _resolved(schema: Json, root: Schema) -> Schema:
    seen: set[str] = set()
    while is_map(schema) and "$ref" in schema and schema["$ref"] not in seen:
        ref: str = schema["$ref"]
        seen.add(ref)
        schema = target_of(ref, root)
    return schema if is_map(schema) else {}
