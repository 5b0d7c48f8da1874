"""The JSON schemas and tool names that the Chat API accepts."""

from chatmodels.core.extending import SchemaRules
from chatmodels.http import SchemaSupport

_ENFORCED = SchemaRules(  # "Structured Outputs", schema constraints
    described=frozenset(
        {
            *("allOf", "oneOf", "prefixItems", "uniqueItems"),
            *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
            *("minItems", "maxItems", "minLength", "maxLength"),
        }
    ),
    formats=frozenset({"date-time", "uuid", "date", "time"}),
    enforced=True,
    required="some",
)

_SCHEMAS = SchemaSupport(
    tools=SchemaRules(),
    strict_tools=_ENFORCED,
    output=_ENFORCED,
    names="^a-zA-Z0-9_",  # "Chat" of version 1, which specifies names in more detail
    most_strict_properties=200,  # "Parameter types for tool use"
)


def schemas_of(model: str, /) -> SchemaSupport:
    """Return the schemas that a model accepts."""
    return _SCHEMAS
