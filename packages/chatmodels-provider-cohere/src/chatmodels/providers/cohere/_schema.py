"""The part of JSON Schema that the vendor enforces ("Structured Outputs", schema constraints)."""

from chatmodels.http.wire import Json, is_list, is_object

_UNKNOWN = frozenset(
    {
        *("allOf", "oneOf", "not", "uniqueItems", "minimum", "maximum"),
        *("minItems", "maxItems", "minLength", "maxLength"),
    }
)
_FORMATS = ("date-time", "uuid", "date", "time")
_MAPS = frozenset({"properties", "$defs", "definitions"})


def is_enforceable(schema: dict[str, Json]) -> bool:
    """Tell whether a schema is one that `response_format` takes.

    It is of an object, each object in it requires something, and it has none of the keywords that
    the vendor does not know.
    """
    return schema.get("type") == "object" and _is_known(schema)


def _is_known(schema: Json) -> bool:
    if is_list(schema):
        return all(_is_known(item) for item in schema)
    if not is_object(schema):
        return True
    if schema.get("type") == "object" and not schema.get("required"):
        return False
    if schema.get("format", "date") not in _FORMATS:
        return False
    return all(
        all(_is_known(inner) for inner in value.values())
        if keyword in _MAPS and is_object(value)
        else keyword not in _UNKNOWN
        and (keyword in {"enum", "const", "default"} or _is_known(value))
        for keyword, value in schema.items()
    )
