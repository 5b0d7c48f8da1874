"""The strict variant of a JSON Schema, which a vendor can enforce while the model writes.

OpenAI's page "Structured model outputs", section "Supported schemas", lists its keywords; other
vendors enforce much the same or less.
"""

from chatmodels.core._schema.keywords import Schema
from chatmodels.core._schema.rules import SchemaRules

STRICT_SCHEMA = SchemaRules(
    keywords=frozenset(
        {
            *("type", "enum", "anyOf", "$ref", "description"),
            *("properties", "required", "additionalProperties"),
            *("items", "minItems", "maxItems", "pattern", "format"),
            *("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        }
    ),
    formats=frozenset(
        ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
    ),
    listed_root=True,
    plain_root=True,
    lone_refs=True,
    enforced=True,
    required="all",
    most_properties=5_000,
    most_levels=10,
)
"""The schemas that OpenAI enforces."""


def strict_schema(root: Schema, /) -> Schema:
    """Rewrite the schema of an object so that a vendor can enforce it.

    Objects are closed and all their properties required. An optional property accepts null instead,
    which the readers of this package parse as absent. Keywords that cannot be enforced are written
    into the description. The model still reads them, and chatmodels validates them when it parses
    the output.

    Raises:
        TypeError: A subschema cannot be enforced, such as an object with free keys; the message
            lists every such subschema.
    """
    from chatmodels.core._schema.translation import translate_schema

    translation = translate_schema(root, STRICT_SCHEMA)
    if translation.problems:
        raise TypeError("; ".join(translation.problems))
    return translation.schema
