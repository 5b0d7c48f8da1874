"""The schemas and names of tools that generateContent accepts ("GenerationConfig")."""

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
    # Vertex AI accepts no colons, and both APIs accepted 64 characters before they accepted 128.
    names="^a-zA-Z0-9_.-",
    longest_name=64,
)


def schemas_of(model: str, /) -> SchemaSupport:
    """Return the schemas that a model accepts."""
    return _SCHEMAS
