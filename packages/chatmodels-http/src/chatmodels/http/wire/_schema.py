"""The part of JSON Schema that Anthropic enforces, and Amazon as Anthropic does.

Their pages: "Structured outputs", its limitations; "Get validated JSON results from models".
"""

from typing import Any

import msgspec

from chatmodels.http.wire._json import Json, is_object

Schema = dict[str, Any]

_TOLD = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "maxItems", "uniqueItems", "minContains", "maxContains"),
    }
)
_FORMATS = frozenset(
    {
        *("date-time", "time", "date", "duration", "email", "hostname", "uri"),
        *("ipv4", "ipv6", "uuid"),
    }
)
_MAPS = frozenset({"properties", "$defs", "definitions"})


def enforceable(schema: Json) -> Json:
    """Tell the model in descriptions what the vendor does not enforce and would refuse."""
    if isinstance(schema, list):
        return [enforceable(item) for item in schema]  # pyright: ignore[reportUnknownVariableType] - JSON
    if not is_object(schema):
        return schema
    kept: Schema = {}
    notes: list[str] = []
    for keyword, value in schema.items():
        if _is_told(keyword, value):
            notes.append(f"{keyword}: {msgspec.json.encode(value).decode()}")
        elif keyword in _MAPS and is_object(value):
            kept[keyword] = {name: enforceable(inner) for name, inner in value.items()}
        elif keyword in {"items", "anyOf", "allOf"}:
            kept[keyword] = enforceable(value)
        else:
            kept[keyword] = value
    if notes:
        kept["description"] = f"{kept.get('description', '')} ({', '.join(notes)})".strip()
    return kept


def is_recursive(schema: Schema) -> bool:
    """Tell whether a schema refers to itself, which the vendor refuses."""
    inner: dict[str, Json] = {
        "#": {k: v for k, v in schema.items() if k not in _MAPS or k == "properties"}
    }
    for name in ("$defs", "definitions"):
        for key, value in schema.get(name, {}).items():
            inner[f"#/{name}/{key}"] = value
    links = {name: _references(value) for name, value in inner.items()}
    return any(_reaches(name, name, links, set()) for name in links)


def _is_told(keyword: str, value: Json) -> bool:
    return (
        keyword in _TOLD
        or (keyword == "minItems" and value not in (0, 1))
        or (keyword == "format" and value not in _FORMATS)
    )


def _references(schema: Json) -> set[str]:
    if isinstance(schema, list):
        return {found for item in schema for found in _references(item)}  # pyright: ignore[reportUnknownVariableType] - JSON
    if not is_object(schema):
        return set()
    found = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set[str]()
    for value in schema.values():
        found |= _references(value)
    return found


def _reaches(name: str, wanted: str, links: dict[str, set[str]], seen: set[str]) -> bool:
    following = links.get(name, set[str]()) - seen
    seen |= following
    return wanted in following or any(_reaches(next_, wanted, links, seen) for next_ in following)
