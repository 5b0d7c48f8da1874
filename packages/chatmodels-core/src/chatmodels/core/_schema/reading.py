"""Parses the output of a model into an instance of a type, as leniently as is unambiguous."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from chatmodels.core._schema.annotations import Anatomy
from chatmodels.core._schema.foreign import adapted, from_json
from chatmodels.core._schema.of_types import Schema, admits_null, json_schema, resolved
from chatmodels.core._values.lone_surrogates import replace_lone_surrogates
from chatmodels.core._values.parts import Json

T = TypeVar("T")

_ANYTHING: Schema = {}


class Reader(Generic[T]):
    """Parses JSON into a type. Create one per type; it is safe to share between threads."""

    def __init__(self, annotation: "type[T]", schema: Schema, root: Schema, /) -> None:
        """Create the decoders of a type.

        Args:
            annotation: The type.
            schema: Its JSON Schema.
            root: The schema with the `$defs` that it refers to; can be the same.
        """
        self._schema = schema
        self._root = root
        self._exact = msgspec.json.Decoder(annotation, dec_hook=from_json)
        self._lenient = msgspec.json.Decoder(annotation, strict=False, dec_hook=from_json)

    def read(self, text: str | bytes, /) -> T:
        """Parse JSON.

        If the value does not match, it is parsed again: first without nulls where null is not
        allowed, then with strings converted to numbers. Models write both.

        Raises:
            msgspec.DecodeError: The text is not JSON.
            msgspec.ValidationError: The value does not match the type.
            UnicodeEncodeError: The text has a lone surrogate. An escaped one, which JSON permits,
                is parsed as U+FFFD.
            RecursionError: The value is nested thousands of levels deep.
        """
        try:
            return self._exact.decode(text)
        except msgspec.ValidationError:
            value = without_nulls(msgspec.json.decode(text), self._schema, self._root)
        except msgspec.DecodeError:
            repaired = replace_lone_surrogates(text) if isinstance(text, str) else text
            if repaired == text:
                raise
            return self.read(repaired)
        without_null = msgspec.json.encode(value)
        try:
            return self._exact.decode(without_null)
        except msgspec.ValidationError as error:
            try:
                return self._lenient.decode(without_null)
            except msgspec.ValidationError:
                raise error from None


def readable(annotation: Any, /) -> tuple[Any, Schema]:
    """Return a type that a `Reader` can parse, and its JSON Schema.

    It is the type itself, or a wrapper that calls pydantic for a type that msgspec does not
    support, such as a union of models.

    Raises:
        TypeError: The type, or one inside it, has no JSON form.
    """
    try:
        return annotation, json_schema(annotation)
    except TypeError:
        if not Anatomy(annotation).models:
            raise
    wrapped = adapted(annotation)
    return wrapped, json_schema(wrapped)


def without_nulls(value: Json, schema: Schema, root: Schema, /) -> Json:
    """Omit null properties that are optional and do not accept null."""
    if _is_a(list, value):
        items: Schema = next((branch["items"] for branch in _arrays(schema, root)), _ANYTHING)
        return [without_nulls(item, items, root) for item in value]
    if not _is_a(dict, value):
        return value
    matching = (branch for branch in _objects(schema, root) if _matches(branch, value))
    branch = next(matching, _ANYTHING)
    properties: dict[str, Schema] = branch.get("properties", {})
    others: Schema | bool = branch.get("additionalProperties", True)
    others = _ANYTHING if isinstance(others, bool) else others
    required = branch.get("required", ())
    return {
        name: without_nulls(item, properties.get(name, others), root)
        for name, item in value.items()
        if item is not None
        or name in required
        or name not in properties
        or admits_null(properties[name], root)
    }


def _is_a(kind: type, value: Json) -> bool:
    return isinstance(value, kind)


def _branches(schema: Schema, root: Schema) -> Iterator[Schema]:
    schema = resolved(schema, root)
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches is None:
        yield schema
    else:
        for branch in branches:
            yield from _branches(branch, root)


def _arrays(schema: Schema, root: Schema) -> Iterator[Schema]:
    return (branch for branch in _branches(schema, root) if isinstance(branch.get("items"), dict))


def _objects(schema: Schema, root: Schema) -> Iterator[Schema]:
    return (branch for branch in _branches(schema, root) if branch.get("type") == "object")


def _matches(branch: Schema, fields: dict[str, Json]) -> bool:
    """Report whether an object matches a branch of a union, by its keys and its tag."""
    properties: dict[str, Schema] = branch.get("properties", {})
    closed = not branch.get("additionalProperties", False)
    return not (closed and fields.keys() - properties.keys()) and all(
        fields[name] == inner.get("const", fields[name])
        and fields[name] in inner.get("enum", (fields[name],))
        for name, inner in properties.items()
        if fields.get(name) is not None
    )


def problem(error: msgspec.ValidationError, name: str = "", schema: Schema | None = None, /) -> str:
    """Format a mismatch as "path: expectation".

    Args:
        error: The error that a reader raised.
        name: The start of the path; by default, the top level has no name.
        schema: The schema of the value, to list the choices from.
    """
    text, _, path = str(error).rpartition(" - at `$")
    place = f"{name}{path.rstrip('`')}".lstrip(".") if text else name
    description = text or str(error)
    choices = (schema or {}).get("enum") if not path.rstrip("`") or not text else None
    listed = f"; expected one of {', '.join(map(repr, choices))}" if choices else ""
    return f"{place}: {description[:1].lower()}{description[1:]}{listed}".removeprefix(": ")
