"""The JSON Schema of the tables of policies, and of models that are made of others."""

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from chatmodels.core._registry.policy_types import PARTS, Factory, factory, installed_types
from chatmodels.core._registry.policy_types import parameters as parameters_of
from chatmodels.core._registry.policy_values import MODEL_TYPES, SCALARS, is_declarable
from chatmodels.core._schema.docstrings import documentation

Schema = dict[str, Any]

PART = "part"
"""The name of the definition of parts of policies."""

_NAMES = {
    "true or false": "boolean",
    "an integer": "integer",
    "a number": "number",
    "a string": "string",
}
_VARIABLE = {"type": "string", "description": "An environment variable with the value."}


def schema_of_entries(group: str, /, **more: Schema) -> list[Schema]:
    """Return the schemas of the installed types of a group, in the order of their names.

    Args:
        group: The entry point group.
        more: Keys that each table can have in addition.
    """
    return [
        _table(factory(name, group=group), more, name=name)
        for name in sorted(installed_types(group))
    ]


def parts() -> list[Schema]:
    """Return the schemas of the installed parts of policies."""
    return schema_of_entries(PARTS)


def _table(made: Factory, more: Mapping[str, Schema], *, name: str = "") -> Schema:
    described = documentation(made.__doc__)
    properties: dict[str, Schema] = {"type": {"const": name}} if name else {}
    needed: list[Schema] = [{"required": ["type"]}] if name else []
    for each in parameters_of(made):
        if not is_declarable(each.type):
            continue
        schema = _value(each.type)
        if each.kind == "variadic":
            schema = {"type": "array", "items": schema}
        text = " ".join(described.arguments.get(each.name, "").split())
        properties[each.name] = {"description": text, **schema} if text else schema
        ways: list[Schema] = [{"required": [each.name]}]
        if {"type": "string"} in (schema, *schema.get("anyOf", ())):
            properties[f"{each.name}_env"] = _VARIABLE
            ways.append({"required": [f"{each.name}_env"]})
        if each.required:
            needed.append(ways[0] if len(ways) == 1 else {"anyOf": ways})
    return {
        "description": described.description.partition("\n")[0],
        "type": "object",
        "properties": {**properties, **more},
        "additionalProperties": False,
        **({"allOf": needed} if needed else {}),
    }


def _value(type_: Any) -> Schema:
    """Return the schema of the values that `policy_values.Reader.value` accepts for a type."""
    if type_ is object or type_ is Any:
        return {}
    if type_ in SCALARS:
        return {"type": _NAMES[SCALARS[type_][1]]}
    if type_ in MODEL_TYPES:
        return {"type": "string"}
    origin, members = get_origin(type_), get_args(type_)
    if origin in (Union, UnionType):
        chosen = [each for each in members if each is not NoneType and is_declarable(each)]
        schemas = [_value(each) for each in chosen]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    if origin is Literal:
        return {"enum": list(members)}
    if isinstance(type_, type) and issubclass(type_, Enum):
        return {"enum": [each.value for each in type_]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _value(members[1])}
    if isinstance(origin, type) and hasattr(origin, "__iter__"):
        return {"type": "array", "items": _value(members[0])}
    part: Schema = {"$ref": f"#/definitions/{PART}"}
    if not isinstance(type_, type) or getattr(type_, "_is_protocol", False):
        return part
    return {"anyOf": [part, _table(type_, {})]}
