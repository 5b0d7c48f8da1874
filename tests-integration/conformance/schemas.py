"""Schemas of recorded requests as chatmodels writes them, whose translation is a difference."""

from typing import Any

from chatmodels.core.extending import SchemaRules, translate_schema
from chatmodels.http import SchemaSupport

Schema = dict[str, Any]


def tool_schema(schema: Schema, support: SchemaSupport, *, strict: object) -> Schema:
    """Return the parameters of a tool as they are sent."""
    enforced = support.strict_tools if strict else None
    return _translated(schema, enforced or support.tools)


def output_schema(schema: Schema, support: SchemaSupport, *, strict: object) -> Schema:
    """Return the schema of an output as it is sent."""
    return _translated(schema, support.output if strict else support.tools)


def _translated(schema: Schema, rules: SchemaRules | None) -> Schema:
    translated = translate_schema(schema, rules or SchemaRules())
    return schema if translated.problems else translated.schema
