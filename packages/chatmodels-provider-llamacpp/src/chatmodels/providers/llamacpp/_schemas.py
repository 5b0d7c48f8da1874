"""The part of JSON Schema that llama.cpp's server enforces.

It converts a schema into a grammar, and silently leaves out the constraints for which it has no
rule. The limits are those of llama-server in xllamacpp 2026.10.11549.
"""

from collections.abc import Sequence

from chatmodels.core.extending import SchemaRules
from chatmodels.http.wire import Json
from chatmodels.providers.llamacpp._patterns import grammar_pattern

_FORMATS = frozenset({"date", "time", "date-time", "uuid"})
_IGNORED = (
    *("multipleOf", "uniqueItems", "contains", "propertyNames", "patternProperties"),
    *("minProperties", "maxProperties", "not", "if", "dependentRequired", "dependentSchemas"),
)
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def adapt(schema: dict[str, Json]) -> tuple[dict[str, Json], Sequence[str]]:
    """Rewrite the pattern of a subschema, and list the keywords that the server ignores."""
    ignored = [keyword for keyword in _IGNORED if keyword in schema]
    if schema.get("type") != "integer":
        ignored += [keyword for keyword in _BOUNDS if keyword in schema]
    if schema.get("format", "date") not in _FORMATS:
        ignored.append("format")
    if "pattern" not in schema:
        return schema, ignored
    pattern = grammar_pattern(schema["pattern"])
    if pattern is not None:
        return {**schema, "pattern": pattern}, ignored
    # An expression that the server misreads could make a text that is not JSON.
    rest = {keyword: value for keyword, value in schema.items() if keyword != "pattern"}
    note = f"{schema.get('description', '')} (pattern: {schema['pattern']})".strip()
    return {**rest, "description": note}, [*ignored, "pattern"]


GRAMMAR = SchemaRules(adapt=adapt)
"""All of JSON Schema, since a grammar enforces more of it than strict schemas can express."""
