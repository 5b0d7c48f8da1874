"""The JSON schemas and tool names that generateContent accepts ("GenerationConfig")."""

from msgspec.structs import replace

from chatmodels.core.extending import SchemaRules
from chatmodels.http import SchemaSupport

_TOOLS = SchemaRules(
    described=frozenset(  # the API ignores them
        {
            *("pattern", "minLength", "maxLength", "multipleOf", "uniqueItems"),
            *("exclusiveMinimum", "exclusiveMaximum"),
        }
    ),
    enum_types=frozenset({"string", "number", "integer"}),
    lone_refs=True,
    recursion="optional",
)

_SCHEMAS = SchemaSupport(
    tools=_TOOLS,
    output=replace(_TOOLS, typed_root=False),
    # Vertex AI does not accept colons. Older versions of both APIs accept 64 characters, not 128.
    names="^a-zA-Z0-9_.-",
    longest_name=64,
)


def schemas_of(model: str, /) -> SchemaSupport:
    """Return the schemas that a model accepts."""
    return _SCHEMAS
