"""The schemas and names of tools that OpenAI's APIs and compatible servers accept."""

from chatmodels.core.extending import STRICT_SCHEMA, SchemaRules
from chatmodels.http import SchemaSupport

OPENAI_SCHEMAS = SchemaSupport(
    # The API rejects choices at the root, a root without properties and arrays without items.
    tools=SchemaRules(listed_root=True, plain_root=True, typed_items=True),
    strict_tools=STRICT_SCHEMA,
    output=STRICT_SCHEMA,
    names="a-zA-Z0-9_-",  # "Function calling", API reference
    longest_name=64,
)
"""The part of JSON Schema that OpenAI's APIs accept."""
