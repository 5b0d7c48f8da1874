"""The JSON schemas and tool names that Converse accepts."""

from msgspec.structs import replace

from chatmodels.core.extending import SchemaRules
from chatmodels.http import SchemaSupport
from chatmodels.http.claude import ENFORCED_SCHEMAS
from chatmodels.providers.bedrock._profile import find_family

_PLAIN = SchemaSupport(
    # At the root, Nova accepts only `type`, `properties` and `required`; Claude refuses unions.
    tools=SchemaRules(plain_root=True),
    output=SchemaRules(plain_root=True),  # sent as tool parameters
    names="a-zA-Z0-9_-",  # "ToolSpecification", API reference
    longest_name=64,
)
"""Models without structured output do not enforce any schema."""

_NATIVE = replace(
    _PLAIN, strict_tools=replace(ENFORCED_SCHEMAS, plain_root=True), output=ENFORCED_SCHEMAS
)


def schemas_of(model: str, /) -> SchemaSupport:
    """Return the schemas that a model accepts."""
    return _NATIVE if find_family(model).native else _PLAIN
