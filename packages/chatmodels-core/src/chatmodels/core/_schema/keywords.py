"""The keywords of JSON Schema, grouped by the shape of their values."""

from typing import Any, TypeGuard

from chatmodels.core._values.parts import Json

Schema = dict[str, Any]

REF = "#/$defs/"
MAPPINGS = frozenset({"properties", "patternProperties", "dependentSchemas"})
SEQUENCES = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
CLOSING = frozenset({"items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems"})
SINGLES = CLOSING | {"not", "if", "then", "else", "contains", "propertyNames"}
DEFINITIONS = frozenset({"$defs", "definitions"})
CONDITIONS = frozenset(
    {
        *("not", "if", "then", "else", "patternProperties", "propertyNames", "contains"),
        *("dependentSchemas", "dependentRequired", "dependencies"),
        *("unevaluatedProperties", "unevaluatedItems"),
    }
)
SILENT = frozenset({"title", "discriminator", "$schema", "$id", "$anchor", "$comment"})
"""Keywords that constrain nothing; they are dropped for vendors that do not support them."""


def is_map(value: object) -> TypeGuard[Schema]:
    """Report whether a value is a JSON object, as most schemas are."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Json]]:
    """Report whether a value is a JSON array."""
    return isinstance(value, list)
