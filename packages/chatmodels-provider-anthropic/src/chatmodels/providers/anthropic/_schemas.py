"""The schemas and names of tools that the Messages API accepts."""

from msgspec.structs import replace

from chatmodels.core.extending import SchemaRules
from chatmodels.http import SchemaSupport
from chatmodels.http.claude import ENFORCED_SCHEMAS, find_generation

_LONGEST_KEY = 64

_OLD = SchemaSupport(
    # The API refuses choices at the root, and other keys there.
    tools=SchemaRules(plain_root=True, root_keys=_LONGEST_KEY),
    output=SchemaRules(plain_root=True, root_keys=_LONGEST_KEY),  # as the parameters of a tool
    names="a-zA-Z0-9_-",
    longest_name=128,
)
"""Models without structured output do not enforce any schema."""

_SCHEMAS = replace(
    _OLD,
    strict_tools=replace(ENFORCED_SCHEMAS, plain_root=True, root_keys=_LONGEST_KEY),
    output=ENFORCED_SCHEMAS,
)

_OTHERS = replace(_SCHEMAS, output=_SCHEMAS.strict_tools)
"""Servers of other models enforce the parameters of strict tools alone, output among them."""


def schemas_of(model: str, /) -> SchemaSupport:
    """Return the schemas that a model accepts."""
    claude = find_generation(model)
    if claude is None:
        return _OTHERS
    return _SCHEMAS if claude.structured else _OLD
