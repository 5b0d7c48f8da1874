"""The part of JSON Schema that llama.cpp's server enforces.

It converts a schema into a grammar, and silently leaves out the constraints for which it has no
rule. The limits are those of llama-server in xllamacpp 2026.10.11549, and of `build_node` in
`common/json-schema.cpp` of llama.cpp b11434.
"""

from collections.abc import Collection, Sequence

from chatmodels.core.extending import SchemaRules
from chatmodels.http.wire import Json
from chatmodels.providers.llamacpp._patterns import grammar_pattern

_FORMATS = frozenset({"date", "time", "date-time", "uuid"})
_IGNORED = (
    *("multipleOf", "uniqueItems", "contains", "propertyNames", "patternProperties"),
    *("minProperties", "maxProperties", "not", "if", "dependentRequired", "dependentSchemas"),
)
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LENGTHS = ("minLength", "maxLength")
_ANNOTATIONS = frozenset(
    {"type", "title", "description", "default", "examples", "deprecated", "$defs", "$comment"}
)
"""The keywords that constrain nothing beside one of `_ALONE`, or repeat it."""

_ALONE = ("$ref", "oneOf", "anyOf")
"""The keywords beside which all others are ignored; the first one takes precedence."""


def adapt(schema: dict[str, Json]) -> tuple[dict[str, Json], Sequence[str]]:
    """Rewrite tuples and the pattern of a subschema, and list the keywords that are ignored."""
    ruling = next((keyword for keyword in _ALONE if keyword in schema), None)
    if ruling is not None:
        return schema, [each for each in schema if each not in _ANNOTATIONS and each != ruling]
    ignored = [keyword for keyword in _IGNORED if keyword in schema]
    types: Json = schema.get("type", ())
    if "number" in types or "integer" not in types:
        ignored += [keyword for keyword in _BOUNDS if keyword in schema]
    if "allOf" in schema:
        ignored += _beside_all_of(schema)
    if "prefixItems" in schema:
        # `items` would take precedence, and `items: false` is an error. The tuple has exactly the
        # listed items without it.
        schema = {keyword: value for keyword, value in schema.items() if keyword != "items"}
    if schema.get("format", "date") not in _FORMATS:
        ignored.append("format")
    elif "format" in schema and "pattern" not in schema:
        ignored += [keyword for keyword in _LENGTHS if keyword in schema]
    if "pattern" not in schema:
        return schema, ignored
    pattern = grammar_pattern(schema["pattern"])
    if pattern is not None:  # it alone decides
        ignored += [keyword for keyword in ("format", *_LENGTHS) if keyword in schema]
        return {**schema, "pattern": pattern}, ignored
    # An expression that the server misreads could make a text that is not JSON.
    rest = {keyword: value for keyword, value in schema.items() if keyword != "pattern"}
    note = f"{schema.get('description', '')} (pattern: {schema['pattern']})".strip()
    return {**rest, "description": note}, [*ignored, "pattern"]


def _beside_all_of(schema: dict[str, Json]) -> Collection[str]:
    """List the keywords that are ignored because of `allOf`, or `allOf` because of properties."""
    if "properties" in schema or schema.get("additionalProperties", True) is not True:
        return ["allOf"]
    return [
        each for each in schema if each not in _ANNOTATIONS and each not in ("allOf", *_IGNORED)
    ]


GRAMMAR = SchemaRules(adapt=adapt)
"""All of JSON Schema, since a grammar enforces more of it than strict schemas can express."""
