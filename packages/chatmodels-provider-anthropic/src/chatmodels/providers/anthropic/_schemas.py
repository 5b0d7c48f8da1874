"""The JSON schemas and tool names that the Messages API accepts."""

from msgspec.structs import replace

from chatmodels.core.extending import SchemaRules
from chatmodels.http import SchemaSupport
from chatmodels.http.claude import ENFORCED_SCHEMAS, find_generation

_MAX_KEY_LENGTH = 64

_OLD = SchemaSupport(
    # The API refuses unions at the root of a schema, and property names of other forms there.
    tools=SchemaRules(plain_root=True, root_keys=_MAX_KEY_LENGTH),
    output=SchemaRules(plain_root=True, root_keys=_MAX_KEY_LENGTH),  # sent as tool parameters
    names="a-zA-Z0-9_-",
    longest_name=128,
)
"""Models without structured output do not enforce any schema."""

_SCHEMAS = replace(
    _OLD,
    strict_tools=replace(ENFORCED_SCHEMAS, plain_root=True, root_keys=_MAX_KEY_LENGTH),
    output=ENFORCED_SCHEMAS,
)

_OTHERS = replace(_SCHEMAS, output=_SCHEMAS.strict_tools)
"""Servers of other models enforce only the parameters of strict tools, also for output."""


def schemas_of(model: str, /) -> SchemaSupport:
    """Return the schemas that a model accepts."""
    claude = find_generation(model)
    if claude is None:
        return _OTHERS
    return _SCHEMAS if claude.structured else _OLD
