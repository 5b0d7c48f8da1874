"""Small changes of schemas."""

from collections.abc import Sequence

import msgspec

from chatmodels.core._schema.keywords import Schema, is_map
from chatmodels.core._values.parts import Json

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)

_LIMITS = frozenset({"type", "enum", "anyOf", "oneOf", "allOf", "$ref"})
"""The keywords of enforced schemas that can exclude null."""


def joined_items(tuple_: Sequence[Json], more: Json) -> Json:
    """Write a tuple as an array: any of its types may be at any place."""
    kinds: list[Json] = []
    for kind in [*tuple_, more]:
        bare = without(kind, "default") if is_map(kind) else kind
        if bare is not False and bare not in kinds:
            kinds.append(bare)
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def joined_branches(flat: Schema, branches: Sequence[Schema], *, every: bool) -> Schema:
    """Join the properties of branches; all are required of which every branch has to say so."""
    properties: Schema = dict(flat.get("properties", {}))
    for branch in branches:
        for name, inner in branch.get("properties", {}).items():
            known: Json = properties.setdefault(name, inner)
            if known != inner:
                join = "allOf" if every else "anyOf"
                before: list[Json] = (
                    known[join] if is_map(known) and set(known) == {join} else [known]
                )
                if inner not in before:
                    properties[name] = {join: [*before, inner]}
    wanted: list[set[str]] = [set(branch.get("required", ())) for branch in branches]
    more = set[str].union(*wanted) if every else set[str].intersection(*wanted)
    required: list[str] = list(flat.get("required", ()))
    required += sorted(more.difference(required))
    joined = {**flat, "properties": properties}
    if required:
        joined["required"] = required
    return joined


def nullable(schema: Schema) -> Schema:
    """Accept null too."""
    inner = without(schema, "description")
    types = types_of(inner)
    limits = inner.keys() & _LIMITS
    if limits == {"anyOf"}:
        inner = {**inner, "anyOf": [*inner["anyOf"], {"type": "null"}]}
    elif limits == {"type"} and types.isdisjoint({"object", "array"}):
        known: Json = inner["type"]
        inner = {**inner, "type": [*([known] if isinstance(known, str) else known), "null"]}
    else:
        inner = {"anyOf": [inner, {"type": "null"}]}
    said: str = schema.get("description", "")
    return {"description": said, **inner} if said else inner


def noted(schema: Schema, notes: Sequence[str]) -> Schema:
    """Add notes to the description."""
    if not notes:
        return schema
    said = f"{schema.get('description', '')} ({', '.join(notes)})".strip()
    return {"description": said, **without(schema, "description")}


def types_of(schema: Schema) -> set[str]:
    """List the types that a schema names."""
    types: Json = schema.get("type", ())
    return {types} if isinstance(types, str) else set(types)


def is_object(schema: Schema) -> bool:
    """Report whether a schema is that of an object."""
    return "object" in types_of(schema)


def type_of(value: object) -> str:
    """Return the JSON type of a value."""
    return next((word for kind, word in _KINDS if isinstance(value, kind)), "null")


def text_of(value: Json) -> str:
    """Write a value as JSON."""
    return msgspec.json.encode(value).decode()


def unescaped(step: str) -> str:
    """Decode one step of a JSON pointer in a URL."""
    # Imported here, since few schemas have such names.
    if "%" in step:
        from urllib.parse import unquote

        step = unquote(step)
    return step.replace("~1", "/").replace("~0", "~")


def without(schema: Schema, *keywords: str) -> Schema:
    """Copy a schema without some keywords."""
    return {key: value for key, value in schema.items() if key not in keywords}
