"""The strict variant of a JSON Schema, which a vendor can enforce while the model writes.

What is allowed in it is told by OpenAI's page "Structured model outputs", section "Supported
schemas"; what other vendors enforce is much the same or less.
"""

import msgspec

from chatmodels.core._tools.schema import Schema, admits_null, with_description
from chatmodels.core._values.parts import Json

_ENFORCED = frozenset(
    {
        *("type", "enum", "const", "anyOf", "$ref", "$defs", "description"),
        *("properties", "required", "additionalProperties"),
        *("items", "minItems", "maxItems", "pattern", "format"),
        *("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    }
)
_FORMATS = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
)
_CONDITIONS = frozenset({"allOf", "not", "if", "patternProperties", "propertyNames", "contains"})
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


def strict_schema(root: Schema, /) -> Schema:
    """Rewrite the schema of an object so that it can be enforced.

    Objects are closed and all their properties required; one that was optional may be null
    instead, which the readers of this package take as absent. Keywords that cannot be enforced
    are told in the description, where the model still reads them, and hold when it is read.

    Raises:
        TypeError: Something in it cannot be enforced, such as an object with free keys; the
            message lists every such place.
    """
    problems: list[str] = []

    def rewrite(schema: Schema, path: str) -> Schema:
        schema = _simplified(schema)
        if problem := _unenforceable(schema):
            problems.append(f"{path or 'the top level'} {problem}")
        strict: Schema = {}
        notes: list[str] = []
        for keyword, value in schema.items():
            match keyword:
                case "properties":
                    strict[keyword] = {name: field(schema, name, path) for name in value}
                    strict["required"] = list(value)
                    strict["additionalProperties"] = False
                case "$defs":
                    strict[keyword] = {name: rewrite(inner, name) for name, inner in value.items()}
                case "items":
                    strict[keyword] = (
                        value if isinstance(value, bool) else rewrite(value, f"{path}[]")
                    )
                case "anyOf":
                    strict[keyword] = [rewrite(branch, path) for branch in value]
                case "required" | "additionalProperties":
                    pass
                case _ if keyword not in _ENFORCED or (
                    keyword == "format" and value not in _FORMATS
                ):
                    if (keyword, value) != ("default", None):
                        notes.append(f"{keyword}: {msgspec.json.encode(value).decode()}")
                case _:
                    strict[keyword] = value
        return _noted(strict, notes)

    def field(schema: Schema, name: str, path: str) -> Schema:
        inner: Schema = schema["properties"][name]
        strict = rewrite(inner, f"{path}.{name}" if path else name)
        optional = name not in schema.get("required", ())
        return _nullable(strict) if optional and not admits_null(inner, root) else strict

    strict = rewrite(root, "")
    if problems:
        raise TypeError("; ".join(problems))
    return strict


def _simplified(schema: Schema) -> Schema:
    """Say the same with the few keywords that are enforced."""
    beside = dict(schema)
    if "oneOf" in beside:
        beside["anyOf"] = beside.pop("oneOf")
    if "$ref" in beside and len(beside.keys() - {"$defs"}) > 1:  # it must stand alone
        return {"anyOf": [{"$ref": beside.pop("$ref")}], **beside}
    if "prefixItems" in beside:
        # Each place has a type of its own; what can be said is that any of them may be anywhere.
        kinds: list[Json] = []
        for kind in beside.pop("prefixItems"):
            bare = {key: value for key, value in kind.items() if key != "default"}
            if bare not in kinds:
                kinds.append(bare)
        beside["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return beside


def _unenforceable(schema: Schema) -> str | None:
    if conditions := _CONDITIONS & schema.keys():
        return f"has conditions ({', '.join(sorted(conditions))})"
    if schema.get("type") == "object" or "properties" in schema:
        if "properties" not in schema or schema.get("additionalProperties", False) is not False:
            return "is an object with free keys"
    elif schema.get("type") == "array":
        if not isinstance(schema.get("items"), dict):
            return "is a list of anything"
    elif not schema.keys() & {"type", "enum", "const", "anyOf", "$ref"}:
        return "may be anything"
    return None


def _nullable(schema: Schema) -> Schema:
    inner = {key: value for key, value in schema.items() if key != "description"}
    if "anyOf" in inner:
        inner = {**inner, "anyOf": [*inner["anyOf"], {"type": "null"}]}
    elif inner.get("type") in _SCALARS and not inner.keys() & {"enum", "const"}:
        inner = {**inner, "type": [inner["type"], "null"]}
    else:
        inner = {"anyOf": [inner, {"type": "null"}]}
    return with_description(inner, schema.get("description"))


def _noted(schema: Schema, notes: list[str]) -> Schema:
    if not notes:
        return schema
    said = schema.get("description", "")
    return with_description(schema, f"{said} ({', '.join(notes)})".strip())
