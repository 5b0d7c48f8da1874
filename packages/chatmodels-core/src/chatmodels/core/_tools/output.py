"""Structured output: the schema of a type, and the parsing of a response as that type."""

import functools
import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import msgspec

from chatmodels.core._errors.classes import InvalidRequestError, OutputInvalidError
from chatmodels.core._public import published_in
from chatmodels.core._values.parts import Json
from chatmodels.core._values.request import OutputSchema

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")

_CACHE_SIZE = 256
_EXCERPT_LENGTH = 200


@published_in("chatmodels.core.extending")
class Output(Generic[T]):
    """An output type, with its schema and parser.

    Attributes:
        schema: The schema to send. It requests enforcement. A provider that cannot enforce it, for
            example because of free keys or `Any`, adds a warning to the response.
    """

    schema: OutputSchema

    def __init__(self, output_type: Any, /) -> None:
        """Create the schema and the reader of a type; see `structured_output`.

        Raises:
            InvalidRequestError: The type, or one inside it, has no JSON form.
        """
        # Imported here, since programs without structured output do not need it.
        from chatmodels.core._schema.reading import Reader

        self._wrapped = False
        if isinstance(output_type, OutputSchema):
            type_: Any = dict[str, Any] if output_type.schema is None else Any
            self._reader: Reader[Any] = Reader(type_, {}, {})
            self.schema = output_type
            return
        if isinstance(output_type, dict):
            raise InvalidRequestError(
                "output_type must be a type, not a dict; pass a JSON Schema as "
                'OutputSchema("name", {...}), or the type dict for any object'
            )
        try:
            self._reader, self.schema = self._prepared(output_type)
        except TypeError as error:
            raise InvalidRequestError(
                f"output_type cannot be {output_type!r}: {error}", details={"problem": str(error)}
            ) from error

    def parse(self, text: str, /) -> T:
        """Parse the text of a response.

        White space, a Markdown fence and text around the fence are tolerated, as are values that
        `Reader.read` converts.

        Raises:
            OutputInvalidError: It does not match; the message contains the place, the expectation
                and an excerpt of the text.
        """
        content = _unfenced(text)
        try:
            value = self._reader.read(content)
        except msgspec.ValidationError as error:
            from chatmodels.core._schema.reading import problem

            reason, cause = f"does not match {self.schema.name!r}: {problem(error)}", error
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            reason, cause = f"is not JSON ({error})" if content else "is empty", error
        except RecursionError as error:
            reason, cause = "is nested too deeply", error
        else:
            return value.value if self._wrapped else value
        excerpt = repr(text[:_EXCERPT_LENGTH]) + ("..." if len(text) > _EXCERPT_LENGTH else "")
        raise OutputInvalidError(
            f"the output {reason}; it begins with {excerpt}",
            op="parse",
            details={"excerpt": text[:_EXCERPT_LENGTH]},
        ) from cause

    def parse_partial(self, text: str, /) -> Json:
        """Parse the beginning of a text, as plain data: dicts, lists and scalars.

        Later text only adds to the value. None if nothing is certain yet, or the text is not JSON.
        """
        from chatmodels.core._schema.keywords import is_map
        from chatmodels.core._schema.partial_json import partial_json

        value = partial_json(_unfenced(text))
        if not self._wrapped:
            return value
        return value.get("value") if is_map(value) else None

    def _prepared(self, output_type: Any) -> tuple[Any, OutputSchema]:
        from chatmodels.core._schema.reading import Reader, readable

        type_, schema = readable(output_type)
        name = getattr(output_type, "__name__", "") if schema.get("type") == "object" else "output"
        name = re.sub(r"[^a-zA-Z0-9_-]+", "_", name)[:64]
        if schema == {"type": "object"}:
            return Reader(type_, {}, {}), OutputSchema(name, None, strict=False)
        if schema.get("type") != "object":
            self._wrapped = True
            type_, schema = readable(msgspec.defstruct(name, [("value", type_)]))
        # Each provider writes the part of it that the vendor enforces, and warns about the rest.
        return Reader(type_, schema, schema), OutputSchema(name, schema)


@overload
def structured_output(output_type: type[T], /) -> Output[T]: ...
@overload
def structured_output(output_type: "TypeForm[T]", /) -> Output[T]: ...
@overload
def structured_output(output_type: OutputSchema, /) -> Output[Json]: ...
def structured_output(output_type: Any, /) -> Output[Any]:
    """Create the schema and parser of an output type; they are cached.

    >>> primes = structured_output(list[int])
    >>> primes.parse('{"value": [2, 3, 5]}')
    [2, 3, 5]

    Args:
        output_type: A dataclass, TypedDict, Struct or pydantic model; `dict` for any JSON object;
            any other type with a JSON form, which becomes the `value` of an object, since vendors
            require objects; or a schema of your own, for plain JSON.

    Raises:
        InvalidRequestError: The type, or one inside it, has no JSON form.
    """
    try:
        try:
            return _cached_output(output_type)
        except TypeError:  # not hashable, such as an `OutputSchema`
            return Output(output_type)
    except RecursionError as error:
        raise InvalidRequestError(
            "output_type is nested too deeply for a JSON Schema; use a flatter type, or a class "
            "that refers to itself"
        ) from error


# Bounded, since programs can create types without limit. A weak map would never release its
# keys, because the reader of a type refers to the type.
@functools.lru_cache(maxsize=_CACHE_SIZE, typed=True)
def _cached_output(output_type: Any) -> Output[Any]:
    return Output(output_type)


def _unfenced(text: str) -> str:
    content = text.strip().removeprefix("\ufeff")
    start = content.find("```")
    if start < 0 or content.startswith(("{", "[")):
        return content
    fenced = content[start + 3 :].lstrip("abcdefghijklmnopqrstuvwxyzJSON")
    end = fenced.find("\n```")
    end = fenced.rfind("```") if end < 0 else end
    return (fenced if end < 0 else fenced[:end]).strip()
