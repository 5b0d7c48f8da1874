"""The JSON Schema of a Python type, with what its author says about it, and nothing beside."""

import itertools
import re
from collections.abc import Callable, Iterator

import msgspec

from chatmodels.core._schema.annotations import Anatomy, TypeForm, described, hints, named
from chatmodels.core._schema.docstrings import documentation
from chatmodels.core._schema.foreign import Foreign
from chatmodels.core._values.parts import Json

Schema = dict[str, Json]

_REF = "#/$defs/"
_NOISE = frozenset({"title", "discriminator"})
_MAPPINGS = frozenset({"properties", "patternProperties", "$defs"})
_SEQUENCES = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLES = frozenset({"items", "additionalProperties", "not", "contains", "propertyNames"})
_JSON_TYPES: dict[object, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def json_schema(annotation: TypeForm, /) -> Schema:
    """Describe the JSON that a type is read from.

    The top level stands by itself, never as a reference; classes inside are in `$defs`.
    Descriptions come from `Annotated[..., "text"]`, `msgspec.Meta` and the docstrings of
    classes, their "Attributes" section included.

    Raises:
        TypeError: The type, or one inside it, has no JSON form.
    """
    anatomy = Anatomy(annotation)
    foreign: list[Foreign] = []

    def refer(cls: type) -> Schema:
        if not isinstance(cls, Foreign):
            raise TypeError(f"{named(cls)} is not a type that can be read from JSON")
        if cls not in foreign:
            foreign.append(cls)
        return {"$ref": f"{_REF}{foreign.index(cls)}"}  # for now: no class is called "0"

    (root, *records), definitions = msgspec.json.schema_components(
        (annotation, *anatomy.records), schema_hook=refer, ref_template=_REF + "{name}"
    )
    for record, reference in zip(anatomy.records, records, strict=True):
        _document(record, definitions[reference["$ref"].removeprefix(_REF)])
    root, definitions = _tidied(root, definitions, anatomy.choices)
    own = list(definitions)
    adopted = {str(i): _adopted(cls, definitions, anatomy.choices) for i, cls in enumerate(foreign)}
    definitions |= {name: _replaced(definitions[name], adopted) for name in own}
    return _whole(_replaced(root, adopted), definitions)


def resolved(schema: Schema, root: Schema, /) -> Schema:
    """Follow a reference to what it stands for; keywords beside it take precedence."""
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**root["$defs"][schema["$ref"].removeprefix(_REF)], **beside}
    return schema


def admits_null(schema: Schema, root: Schema, /) -> bool:
    """Tell whether null fits a schema."""
    schema = resolved(schema, root)
    if "enum" in schema:
        return None in schema["enum"]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return any(admits_null(branch, root) for branch in schema[keyword])
    types = schema.get("type", "null" if "const" not in schema else ())
    return "null" in ([types] if isinstance(types, str) else types)


def mapped(schema: Schema, change: Callable[[Schema], Json], /) -> Schema:
    """Copy a schema with every schema directly inside it changed."""
    copy: Schema = {}
    for keyword, value in schema.items():
        if keyword in _MAPPINGS:
            copy[keyword] = {name: change(inner) for name, inner in value.items()}
        elif keyword in _SEQUENCES:
            copy[keyword] = [change(inner) for inner in value]
        elif keyword in _SINGLES and not isinstance(value, bool):
            copy[keyword] = change(value)
        else:
            copy[keyword] = value
    return copy


def with_description(schema: Schema, description: str | None, /) -> Schema:
    """Put a description first, unless there is none to put."""
    return (
        {"description": description, **_without(schema, "description")} if description else schema
    )


def _document(record: TypeForm, schema: Schema) -> None:
    """Add what the author of a class says about it and about its fields."""
    cls: TypeForm = getattr(record, "__origin__", record)
    doc: str | None = cls.__dict__.get("__doc__")
    if doc and doc.startswith(f"{cls.__name__}("):  # written by the machine, not by the author
        doc = None
    said = documentation(doc)
    schema.pop("description", None)
    if said.description:
        schema["description"] = said.description
    fields = hints(cls)
    plain, encoded = (getattr(cls, f"__struct_{kind}fields__", ()) for kind in ("", "encode_"))
    names: dict[str, str] = dict(zip(plain, encoded, strict=True))
    inside: dict[str, Schema] | None = schema.get("properties")
    if inside is None:  # a NamedTuple is an array
        inside = dict(zip(fields, schema["prefixItems"], strict=True))
    for name, hint in fields.items():
        field = inside.get(names.get(name, name))
        text = described(hint) or said.arguments.get(name)
        if field is not None and text:
            field["description"] = text


def _tidied(
    root: Schema, definitions: dict[str, Schema], choices: dict[frozenset[object], list[object]]
) -> tuple[Schema, dict[str, Schema]]:
    """Drop noise, put enumerations where they are used, and their values in the author's order."""

    def tidy(schema: Schema) -> Schema:
        if len(schema.get("allOf", ())) == 1:  # so pydantic wraps references before 2.9
            schema = {**schema["allOf"][0], **_without(schema, "allOf")}
        target = definitions.get(schema.get("$ref", "").removeprefix(_REF))
        if target and "enum" in target:
            schema = {**target, **_without(schema, "$ref")}
        schema = _without(mapped(schema, tidy), *_NOISE)
        if "enum" in schema:
            listed: list[object] = schema["enum"]
            values = choices.get(frozenset(listed), listed)
            types = list(dict.fromkeys(_JSON_TYPES[type(value)] for value in values))
            schema |= {"enum": values, "type": types[0] if len(types) == 1 else types}
        return schema

    kept = {name: tidy(inner) for name, inner in definitions.items() if "enum" not in inner}
    return tidy(root), kept


def _adopted(
    cls: Foreign,
    definitions: dict[str, Schema],
    choices: dict[frozenset[object], list[object]],
) -> Schema:
    """Add a pydantic model and what is inside it to the definitions; give what refers to it."""
    own = re.sub(r"\W+", "_", str(getattr(cls, "__name__", "model")))
    numbers = itertools.count(2)
    prefix = ""
    while True:
        schema = cls.model_json_schema(ref_template=f"{_REF}{prefix}{{model}}")
        inside: dict[str, Schema] = {prefix + k: v for k, v in schema.pop("$defs", {}).items()}
        root, added = _tidied(schema, inside, choices)
        if "properties" in root:
            added[prefix + own] = root
            root = {"$ref": f"{_REF}{prefix}{own}"}
        if all(definitions.get(name, inner) == inner for name, inner in added.items()):
            definitions.update(added)
            return root
        prefix = f"{own}{next(numbers)}_"  # another class has one of the names


def _replaced(schema: Schema, adopted: dict[str, Schema]) -> Schema:
    schema = mapped(schema, lambda inner: _replaced(inner, adopted))
    target = adopted.get(schema.get("$ref", "").removeprefix(_REF))
    return schema if target is None else {**target, **_without(schema, "$ref")}


def _whole(root: Schema, definitions: dict[str, Schema]) -> Schema:
    """Put the definitions that are used beside a root that stands by itself."""
    root = resolved(root, {"$defs": definitions})
    used: dict[str, Schema] = {}
    waiting = list(_references(root))
    while waiting:
        name = waiting.pop(0)
        if name not in used:
            used[name] = definitions[name]
            waiting.extend(_references(used[name]))
    return {**root, "$defs": used} if used else root


def _references(schema: Schema) -> Iterator[str]:
    found: list[str] = []

    def collect(inner: Schema) -> Schema:
        if "$ref" in inner:
            found.append(inner["$ref"].removeprefix(_REF))
        return mapped(inner, collect)

    collect(schema)
    yield from found


def _without(schema: Schema, *keywords: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keywords}
