"""Structured output: the form of an answer, taken from a type, and the answer as that type."""

import functools
import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import msgspec

from chatmodels.core._errors.classes import InvalidRequestError, OutputInvalidError
from chatmodels.core._values.parts import Json
from chatmodels.core._values.request import OutputSchema

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")

_KEPT_TYPES = 256
_EXCERPT_LENGTH = 200


class Output(Generic[T]):
    """What an answer shall look like, and the reading of it.

    Attributes:
        schema: The schema to send. It asks for enforcement; a provider that cannot enforce it, as
            with free keys or `Any` inside, warns in the response.
    """

    schema: OutputSchema

    def __init__(self, output_type: Any, /) -> None:
        """Prepare for a type; see `structured_output`.

        Raises:
            InvalidRequestError: The type, or one inside it, has no JSON form.
        """
        # Imported here, since a program without structured output should not pay for it.
        from chatmodels.core._schema.reading import Reader

        self._wrapped = False
        if isinstance(output_type, OutputSchema):
            form: Any = dict[str, Any] if output_type.schema is None else Any
            self._reader: Reader[Any] = Reader(form, {}, {})
            self.schema = output_type
            return
        if isinstance(output_type, dict):
            raise InvalidRequestError(
                "output_type is a type, not a dict; pass a JSON Schema as "
                'OutputSchema("name", {...}), or the type dict for any object'
            )
        try:
            self._reader, self.schema = self._prepared(output_type)
        except TypeError as error:
            raise InvalidRequestError(
                f"output_type cannot be {output_type!r}: {error}", details={"problem": str(error)}
            ) from error

    def parse(self, text: str, /) -> T:
        """Read an answer.

        White space around it, a Markdown fence, and words before and after the fence are
        tolerated, and what `Reader.read` mends.

        Raises:
            OutputInvalidError: It does not fit; the message says where and what was expected,
                and begins to quote the answer.
        """
        bare = _unfenced(text)
        try:
            value = self._reader.read(bare)
        except msgspec.ValidationError as error:
            from chatmodels.core._schema.reading import problem

            reason, cause = f"does not fit {self.schema.name!r}: {problem(error)}", error
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            reason, cause = f"is not JSON ({error})" if bare else "is empty", error
        except RecursionError as error:
            reason, cause = "is nested too deeply", error
        else:
            return value.value if self._wrapped else value
        excerpt = repr(text[:_EXCERPT_LENGTH]) + ("..." if len(text) > _EXCERPT_LENGTH else "")
        raise OutputInvalidError(
            f"the answer {reason}; it reads {excerpt}",
            op="parse",
            details={"excerpt": text[:_EXCERPT_LENGTH]},
        ) from cause

    def _prepared(self, output_type: Any) -> tuple[Any, OutputSchema]:
        from chatmodels.core._schema.reading import Reader, readable
        from chatmodels.core._schema.strict import strict_schema

        form, loose = readable(output_type)
        name = getattr(output_type, "__name__", "") if loose.get("type") == "object" else "output"
        name = re.sub(r"[^a-zA-Z0-9_-]+", "_", name)[:64]
        if loose == {"type": "object"}:
            return Reader(form, {}, {}), OutputSchema(name, None, strict=False)
        if loose.get("type") != "object":
            self._wrapped = True
            form, loose = readable(msgspec.defstruct(name, [("value", form)]))
        reader = Reader(form, loose, loose)
        try:
            return reader, OutputSchema(name, strict_schema(loose))
        except TypeError:
            return reader, OutputSchema(name, loose)  # the provider decides, and reports it


@overload
def structured_output(output_type: type[T], /) -> Output[T]: ...
@overload
def structured_output(output_type: "TypeForm[T]", /) -> Output[T]: ...
@overload
def structured_output(output_type: OutputSchema, /) -> Output[Json]: ...
def structured_output(output_type: Any, /) -> Output[Any]:
    """Prepare an output type, once for all calls that use it.

    >>> primes = structured_output(list[int])
    >>> primes.parse('{"value": [2, 3, 5]}')
    [2, 3, 5]

    Args:
        output_type: A dataclass, TypedDict, Struct or pydantic model; `dict` for any JSON object;
            any other type that JSON can be read as, which is put into an object as its `value`,
            since vendors want objects; or a schema of your own, for plain JSON.

    Raises:
        InvalidRequestError: The type, or one inside it, has no JSON form.
    """
    try:
        try:
            return _kept(output_type)
        except TypeError:  # it has no hash, as a schema of one's own
            return Output(output_type)
    except RecursionError as error:
        raise InvalidRequestError(
            "output_type is nested too deeply for a JSON Schema; use a flatter type, or a class "
            "that refers to itself"
        ) from error


# Bounded, since types can be made without end, and a weak map would never let go of its keys:
# the reader of a type refers to the type.
@functools.lru_cache(maxsize=_KEPT_TYPES, typed=True)
def _kept(output_type: Any) -> Output[Any]:
    return Output(output_type)


def _unfenced(text: str) -> str:
    bare = text.strip().removeprefix("\ufeff")
    start = bare.find("```")
    if start < 0 or bare.startswith(("{", "[")):
        return bare
    inner = bare[start + 3 :].lstrip("abcdefghijklmnopqrstuvwxyzJSON")
    end = inner.find("\n```")
    end = inner.rfind("```") if end < 0 else end
    return (inner if end < 0 else inner[:end]).strip()
