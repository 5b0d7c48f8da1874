"""Binds the arguments that a model wrote to the parameters of a function."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from chatmodels.core._errors.classes import ToolArgumentsError
from chatmodels.core._schema.annotations import described
from chatmodels.core._schema.docstrings import Documentation
from chatmodels.core._schema.foreign import from_json, to_json
from chatmodels.core._schema.of_types import Schema, admits_null, json_schema, with_description
from chatmodels.core._schema.reading import Reader, problem, readable
from chatmodels.core._schema.signatures import REQUIRED, ToolParameter
from chatmodels.core._spelling import hint
from chatmodels.core._values.parts import Json, ToolCall


class Binding:
    """The parameters of one tool: their schema, and the parsing of arguments.

    Attributes:
        schema: The JSON Schema of the arguments, an object.
    """

    schema: Schema

    def __init__(self, name: str, parameters: list[ToolParameter], docs: Documentation, /) -> None:
        """Create the schema and the decoder.

        Raises:
            TypeError: Parameters have types without a JSON form; the message lists them all.
        """
        self._name = name
        try:
            self._prepare(parameters)
        except TypeError:
            self._prepare(_adapted(parameters))
        properties: dict[str, Schema] = self.schema["properties"]
        for parameter in parameters:
            schema = properties[parameter.name]
            description = described(parameter.annotation) or docs.arguments.get(parameter.name)
            schema = with_description(schema, description)
            if parameter.default is not REQUIRED:
                schema = _with_default(schema, parameter.default)
            properties[parameter.name] = schema

    def _prepare(self, parameters: list[ToolParameter]) -> None:
        fields = [
            (parameter.name, parameter.annotation)
            if parameter.default is REQUIRED
            else (parameter.name, parameter.annotation, _default_field(parameter.default))
            for parameter in parameters
        ]
        record = msgspec.defstruct(
            re.sub(r"\W", "_", f"_arguments_of_{self._name}"),
            fields,
            kw_only=True,
            forbid_unknown_fields=True,
        )
        self.schema = json_schema(record)
        self._parameters = parameters
        self._decoder = msgspec.json.Decoder(record, dec_hook=from_json)
        self._readers: dict[str, Reader[Any]] = {}

    def bind(self, call: ToolCall, /) -> dict[str, Any]:
        """Parse a call's arguments; absent ones have their defaults.

        Raises:
            ToolArgumentsError: They are invalid; the message lists a problem for each argument.
        """
        try:
            return msgspec.structs.asdict(self._decoder.decode(call.arguments_json or "{}"))
        except (msgspec.DecodeError, UnicodeEncodeError):
            # Usually this locates the problem, but some values can be repaired; see Reader.
            return self._bind_one_by_one(call.arguments)
        except RecursionError as error:
            raise ToolArgumentsError(
                f"the arguments of tool call {self._name!r} are nested too deeply", op="tool_call"
            ) from error

    def _bind_one_by_one(self, arguments: Mapping[str, Json]) -> dict[str, Any]:
        bound: dict[str, Any] = {}
        names = [parameter.name for parameter in self._parameters]
        problems = [_unknown(name, names) for name in arguments if name not in names]
        for parameter in self._parameters:
            name = parameter.name
            optional = parameter.default is not REQUIRED
            schema: Schema = self.schema["properties"][name]
            value = arguments.get(name)
            present = name in arguments
            if present and value is None and optional:
                present = admits_null(schema, self.schema)  # else null means absent
            if not present and optional:
                bound[name] = parameter.default
            elif not present:
                problems.append(f"{name}: missing")
            else:
                try:
                    bound[name] = self._reader(parameter, schema).read(msgspec.json.encode(value))
                except msgspec.ValidationError as error:
                    problems.append(problem(error, name, schema))
        if problems:
            raise ToolArgumentsError(
                f"invalid arguments for tool {self._name!r}: {'; '.join(problems)}",
                op="tool_call",
                details={"problems": problems},
            )
        return bound

    def _reader(self, parameter: ToolParameter, schema: Schema) -> Reader[Any]:
        if parameter.name not in self._readers:
            self._readers[parameter.name] = Reader(parameter.annotation, schema, self.schema)
        return self._readers[parameter.name]


def _adapted(parameters: list[ToolParameter]) -> list[ToolParameter]:
    """Wrap types that only pydantic supports, such as a union of models."""
    adapted: list[ToolParameter] = []
    problems: list[str] = []
    for parameter in parameters:
        try:
            annotation, _ = readable(parameter.annotation)
        except TypeError as error:
            problems.append(f"{parameter.name}: {error}")
        else:
            adapted.append(msgspec.structs.replace(parameter, annotation=annotation))
    if problems:
        raise TypeError("; ".join(problems))
    return adapted


def _default_field(default: object) -> Any:
    # Through a factory, since msgspec rejects some defaults and adds others to the schema.
    return msgspec.field(default_factory=lambda: default)


def _with_default(schema: Schema, default: object) -> Schema:
    try:
        value = msgspec.json.decode(msgspec.json.encode(default, enc_hook=to_json))
    except (NotImplementedError, RecursionError, TypeError):
        return schema  # the model does not need it
    return {**schema, "default": value}


def _unknown(name: str, names: list[str]) -> str:
    remedy = hint(name, names) or f"there are: {', '.join(names) or 'none'}"
    return f"{name}: unknown argument; {remedy}"
