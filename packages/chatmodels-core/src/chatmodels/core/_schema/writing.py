"""Small changes of schemas."""

from collections.abc import Sequence

import msgspec

from chatmodels.core._schema.keywords import Schema, is_map
from chatmodels.core._values.parts import Json

_JSON_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)

_CONSTRAINTS = frozenset({"type", "enum", "anyOf", "oneOf", "allOf", "$ref"})
"""Keywords of enforced schemas that can exclude null."""


def joined_items(tuple_: Sequence[Json], more: Json) -> Json:
    """Write a tuple as an array whose items can have any of its types."""
    types: list[Json] = []
    for type_ in [*tuple_, more]:
        bare = without(type_, "default") if is_map(type_) else type_
        if bare is not False and bare not in types:
            types.append(bare)
    return types[0] if len(types) == 1 else {"anyOf": types}


def joined_branches(flat: Schema, branches: Sequence[Schema], *, every: bool) -> Schema:
    """Join the properties of branches.

    A property is required if any branch requires it and every branch applies (`every`), or if all
    branches require it.
    """
    properties: Schema = dict(flat.get("properties", {}))
    for branch in branches:
        for name, inner in branch.get("properties", {}).items():
            current: Json = properties.setdefault(name, inner)
            if current != inner:
                join = "allOf" if every else "anyOf"
                alternatives: list[Json] = (
                    current[join] if is_map(current) and set(current) == {join} else [current]
                )
                if inner not in alternatives:
                    properties[name] = {join: [*alternatives, inner]}
    required_by_branch: list[set[str]] = [set(branch.get("required", ())) for branch in branches]
    added = (
        set[str].union(*required_by_branch) if every else set[str].intersection(*required_by_branch)
    )
    required: list[str] = list(flat.get("required", ()))
    required += sorted(added.difference(required))
    joined = {**flat, "properties": properties}
    if required:
        joined["required"] = required
    return joined


def nullable(schema: Schema) -> Schema:
    """Accept null too."""
    inner = without(schema, "description")
    types = types_of(inner)
    constraints = inner.keys() & _CONSTRAINTS
    if constraints == {"anyOf"}:
        inner = {**inner, "anyOf": [*inner["anyOf"], {"type": "null"}]}
    elif constraints == {"type"} and types.isdisjoint({"object", "array"}):
        current: Json = inner["type"]
        inner = {**inner, "type": [*([current] if isinstance(current, str) else current), "null"]}
    else:
        inner = {"anyOf": [inner, {"type": "null"}]}
    description: str = schema.get("description", "")
    return {"description": description, **inner} if description else inner


def noted(schema: Schema, notes: Sequence[str]) -> Schema:
    """Add notes to the description."""
    if not notes:
        return schema
    description = f"{schema.get('description', '')} ({', '.join(notes)})".strip()
    return {"description": description, **without(schema, "description")}


def types_of(schema: Schema) -> set[str]:
    """List the JSON types in a schema's `type`."""
    types: Json = schema.get("type", ())
    return {types} if isinstance(types, str) else set(types)


def is_object(schema: Schema) -> bool:
    """Report whether a schema is that of an object."""
    return "object" in types_of(schema)


def type_of(value: object) -> str:
    """Return the JSON type of a value."""
    return next((name for type_, name in _JSON_TYPES if isinstance(value, type_)), "null")


def text_of(value: Json) -> str:
    """Write a value as JSON."""
    return msgspec.json.encode(value).decode()


def unescaped(step: str) -> str:
    """Decode one step of a JSON pointer in a URL."""
    # Imported here because few schemas have such names.
    if "%" in step:
        from urllib.parse import unquote

        step = unquote(step)
    return step.replace("~1", "/").replace("~0", "~")


def without(schema: Schema, *keywords: str) -> Schema:
    """Copy a schema without some keywords."""
    return {key: value for key, value in schema.items() if key not in keywords}
