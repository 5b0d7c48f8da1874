"""The JSON Schema of the config file, by which editors complete and check it."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

import msgspec

from chatmodels.core._registry.option_rules import is_mapping
from chatmodels.core._registry.policy_schema import PART, parts, schema_of_entries
from chatmodels.core._registry.policy_types import MODELS, POLICIES
from chatmodels.core._schema.docstrings import documentation
from chatmodels.core._values.metadata import OptionSpec, ProviderMetadata
from chatmodels.core._values.prices import Prices
from chatmodels.core._values.settings import Settings
from chatmodels.core._values.timeout import Timeout

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_VARIABLE = {"_env$": {"type": "string", "description": "An environment variable with the value."}}
_PRICES: Schema = {
    "anyOf": [
        {"$ref": "#/definitions/Prices"},
        {"type": "object", "additionalProperties": {"$ref": "#/definitions/Prices"}},
    ]
}
_OPTIONS: dict[str, Schema] = {
    "api_key": _TEXT,
    "base_url": _TEXT,
    "headers": {"type": "object", "additionalProperties": _TEXT},
    "timeout": {"anyOf": [{"type": "number"}, {"$ref": "#/definitions/Timeout"}]},
    "max_retries": {"type": "integer", "minimum": 0, "maximum": 10},
    "proxy": _TEXT,
    "on_unsupported": {"enum": ["error", "warn"]},
    "prices": _PRICES,
    "settings": {"$ref": "#/definitions/Settings"},
}
_TYPES: dict[str, Schema] = {
    "str": _TEXT,
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
}


def config_schema(providers: Iterable[ProviderMetadata], /) -> Schema:
    """Return the schema of a file, as JSON Schema draft 7, which most editors support.

    The file is checked more precisely when it is loaded: the schema does not know which names
    exist and which of several options exclude each other.

    Args:
        providers: The metadata of the providers whose options are known.
    """
    definitions: dict[str, Schema] = {
        "policy": {"anyOf": schema_of_entries(POLICIES)},
        PART: {"anyOf": [_TEXT, *parts()]},
        "options": {"properties": _OPTIONS},
        **{each.__name__: _definition(each) for each in (Settings, Prices, Timeout)},
    }
    common = {
        name: {"$ref": f"#/definitions/{place}/properties/{name}"}
        for place in ("Settings", "options")
        for name in definitions[place]["properties"]
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The configuration file of chatmodels",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "providers": {
                "description": "Options of providers, for all their models.",
                "type": "object",
                "properties": {each.name: _provider(each, common) for each in providers},
                "additionalProperties": _new_provider(common),
            },
            "models": {
                "description": "Models by name.",
                "type": "object",
                "additionalProperties": {
                    "anyOf": [_model(common), *schema_of_entries(MODELS, policies=_around())]
                },
            },
            "policies": {
                "description": "Policies that models share by name.",
                "type": "object",
                "additionalProperties": {"$ref": "#/definitions/policy"},
            },
            "aliases": {
                "description": "Further names of models.",
                "type": "object",
                "additionalProperties": _TEXT,
            },
        },
        "definitions": definitions,
    }


def _provider(metadata: ProviderMetadata, common: Mapping[str, Schema]) -> Schema:
    own = {option.name: _option(option) for option in metadata.options}
    return {
        "description": metadata.description,
        "type": "object",
        "properties": {**common, **own},
        "patternProperties": _VARIABLE,
        "additionalProperties": False,
    }


def _new_provider(common: Mapping[str, Schema]) -> Schema:
    """Return the schema of a provider that is declared, with the options of another one."""
    like = {"description": "The provider whose wire format this one has.", "type": "string"}
    return {
        "type": "object",
        "properties": {"like": like, **common},
        "patternProperties": _VARIABLE,
    }


def _model(common: Mapping[str, Schema]) -> Schema:
    model = {"description": '"provider:model", or the name of another model.', "type": "string"}
    return {
        "type": "object",
        "properties": {"model": model, "policies": _around(), **common},
        "patternProperties": _VARIABLE,
        "required": ["model"],
    }


def _around() -> Schema:
    return {
        "description": "The policies around the model, the outermost first.",
        "type": "array",
        "items": {"anyOf": [_TEXT, {"$ref": "#/definitions/policy"}]},
    }


def _option(option: OptionSpec) -> Schema:
    known = _OPTIONS.get(option.name) or _written(option.type)
    return {"description": option.description, **known}


def _written(type_: str) -> Schema:
    """Return the schema of a type as it is written in metadata; of other types, any value."""
    if type_.startswith("Literal[") and type_.endswith("]"):
        from ast import literal_eval

        return {"enum": list(literal_eval(f"({type_[8:-1]},)"))}
    return _TYPES.get(type_.removesuffix(" | None"), {})


def _definition(type_: type[msgspec.Struct]) -> Schema:
    """Return the schema of a Struct in a file, which has no null."""
    _, found = msgspec.json.schema_components([type_], ref_template="#/definitions/{name}")
    schema: Any = _without_null(found[type_.__name__])
    described = documentation(type_.__doc__).arguments
    for name, text in described.items():
        schema["properties"][name]["description"] = " ".join(text.split())
    del schema["title"], schema["description"]
    return {**schema, "additionalProperties": False}


def _without_null(schema: Any) -> Any:
    if is_mapping(schema):
        return {
            name: _without_null(value)
            for name, value in schema.items()
            if not (name == "default" and value is None)
        }
    if _is_array(schema):
        return [_without_null(each) for each in schema if each != {"type": "null"}]
    return schema


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
