"""Reading what a model wrote as an instance of a type, as forgiving as is unambiguous."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from chatmodels.core._schema.annotations import Anatomy
from chatmodels.core._schema.foreign import adapted, from_json
from chatmodels.core._schema.of_types import Schema, admits_null, json_schema, resolved
from chatmodels.core._values.half_characters import without_half_characters
from chatmodels.core._values.parts import Json

T = TypeVar("T")

_ANYTHING: Schema = {}


class Reader(Generic[T]):
    """Reads JSON as a type. It is made once per type, for any number of threads."""

    def __init__(self, annotation: "type[T]", schema: Schema, root: Schema, /) -> None:
        """Prepare to read.

        Args:
            annotation: The type.
            schema: Its JSON Schema.
            root: The schema whose `$defs` it refers to; may be the same.
        """
        self._schema = schema
        self._root = root
        self._exact = msgspec.json.Decoder(annotation, dec_hook=from_json)
        self._lenient = msgspec.json.Decoder(annotation, strict=False, dec_hook=from_json)

    def read(self, text: str | bytes, /) -> T:
        """Read JSON.

        What does not fit at first is read again with null taken as absent where it is not
        allowed, and then with texts taken for the numbers that they spell: models do both.

        Raises:
            msgspec.DecodeError: It is not JSON.
            msgspec.ValidationError: It does not fit.
            UnicodeEncodeError: The text has half a character. An escape of one, which JSON permits,
                is read as U+FFFD.
            RecursionError: It is nested thousands of levels deep.
        """
        try:
            return self._exact.decode(text)
        except msgspec.ValidationError:
            value = without_nulls(msgspec.json.decode(text), self._schema, self._root)
        except msgspec.DecodeError:
            whole = without_half_characters(text) if isinstance(text, str) else text
            if whole == text:
                raise
            return self.read(whole)
        mended = msgspec.json.encode(value)
        try:
            return self._exact.decode(mended)
        except msgspec.ValidationError as error:
            try:
                return self._lenient.decode(mended)
            except msgspec.ValidationError:
                raise error from None


def readable(annotation: Any, /) -> tuple[Any, Schema]:
    """Give the type to make a reader of, and its JSON Schema.

    It is the type itself, or what leaves to pydantic what msgspec does not take, such as a union
    of models.

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
    """Leave out of objects what is null, may not be null, and may be absent."""
    if _is_a(list, value):
        inner: Schema = next((branch["items"] for branch in _arrays(schema, root)), _ANYTHING)
        return [without_nulls(item, inner, root) for item in value]
    if not _is_a(dict, value):
        return value
    suiting = (branch for branch in _objects(schema, root) if _suits(branch, value))
    branch = next(suiting, _ANYTHING)
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


def _suits(branch: Schema, fields: dict[str, Json]) -> bool:
    """Tell whether an object is of this branch of a union: by its keys and its tag."""
    properties: dict[str, Schema] = branch.get("properties", {})
    closed = not branch.get("additionalProperties", False)
    return not (closed and fields.keys() - properties.keys()) and all(
        fields[name] == inner.get("const", fields[name])
        and fields[name] in inner.get("enum", (fields[name],))
        for name, inner in properties.items()
        if fields.get(name) is not None
    )


def problem(error: msgspec.ValidationError, name: str = "", schema: Schema | None = None, /) -> str:
    """Write what does not fit as "path: what was expected".

    Args:
        error: What a reader raised.
        name: What the path starts with; the top level is not named by default.
        schema: The schema of what was read, to list the choices from.
    """
    text, _, path = str(error).rpartition(" - at `$")
    where = f"{name}{path.rstrip('`')}".lstrip(".") if text else name
    what = text or str(error)
    choices = (schema or {}).get("enum") if not path.rstrip("`") or not text else None
    listed = f"; expected one of {', '.join(map(repr, choices))}" if choices else ""
    return f"{where}: {what[:1].lower()}{what[1:]}{listed}".removeprefix(": ")
