"""Converts the values of a policy's table to the arguments of its factory, by their types."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, TypeGuard, Union, get_args, get_origin

from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import AuthenticationError, ChatModelError, ConfigurationError
from chatmodels.core._registry.option_rules import is_credential, shown
from chatmodels.core._registry.policy_types import (
    PARTS,
    Factory,
    Parameter,
    factory,
    parameters,
)
from chatmodels.core._registry.problems import Problem
from chatmodels.core._spelling import hint, listing
from chatmodels.core._values.secret import MASK

MODEL_TYPES = (CallableModel, ChatModel)
"""The types of parameters whose values are names of models."""

SCALARS: dict[Any, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "an integer"),
    float: ((int, float), "a number"),
    Decimal: ((int, float), "a number"),
    str: ((str,), "a string"),
}
_SUFFIX = "_env"


class InvalidValueError(Exception):
    """Values do not suit their parameters.

    Attributes:
        problems: All problems of a table.
    """

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


class Reader:
    """Reads the tables of policies.

    Args:
        model: Returns the model of a spec or an alias.
        variable: Returns the value of an environment variable. Without it, values are only checked:
            variables are not read, and parts of policies are not created.
    """

    def __init__(
        self, model: Callable[[str], Any], variable: Callable[[str], str | None] | None = None
    ) -> None:
        self._model = model
        self._variable = variable

    def create(self, factory: Factory, table: Mapping[str, Any], key: str) -> Any:
        """Call a factory with the values of a table.

        Args:
            factory: Returns the policy, or a part of one.
            table: Parameter name to value.
            key: The dotted key of the table.

        Raises:
            InvalidValueError: Names are unknown, values are invalid, or required ones are missing.
            AuthenticationError: A variable that the table names is not set.
        """
        arguments, keywords = self.arguments(factory, table, key)
        try:
            return factory(*arguments, **keywords)
        except ChatModelError as error:
            problem = error.message.removeprefix(f"{factory.__name__}: ")
            raise InvalidValueError([(key, problem)]) from error
        except Exception as error:
            # Its message could quote a secret from the environment.
            secret = any(name.endswith(_SUFFIX) for name in table)
            text = type(error).__name__ if secret else f"{type(error).__name__}: {error}"
            raise InvalidValueError([(key, f"cannot be created: {text}")]) from error

    def arguments(
        self, factory: Factory, table: Mapping[str, Any], key: str
    ) -> tuple[list[Any], dict[str, Any]]:
        """Convert the values of a table to the arguments of a factory; see `create`."""
        known = {each.name: each for each in parameters(factory) if is_declarable(each.type)}
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, value in table.items():
            parameter = known.get(name)
            try:
                if parameter is not None:
                    values[name] = self._argument(parameter, value, f"{key}.{name}")
                elif (option := name.removesuffix(_SUFFIX)) != name and option in known:
                    text = self._text(value, f"{key}.{name}")
                    values[option] = self._argument(known[option], text, f"{key}.{name}")
                else:
                    remedy = hint(name, known) or f"there are: {listing(known)}"
                    problems.append((f"{key}.{name}", f"there is no parameter {name!r}; {remedy}"))
            except InvalidValueError as error:
                problems += error.problems
        problems += [
            (key, f"has no {name}; add {name} = ...")
            for name, parameter in known.items()
            if parameter.required and not {name, f"{name}{_SUFFIX}"} & table.keys()
        ]
        if problems:
            raise InvalidValueError(problems)
        arguments: list[Any] = []
        for parameter in parameters(factory):
            if parameter.name in values and parameter.kind != "keyword":
                value = values.pop(parameter.name)
                arguments.extend(value if parameter.kind == "variadic" else [value])
        return arguments, values

    def _argument(self, parameter: Parameter, value: object, key: str) -> Any:
        type_ = parameter.type
        return self.value(list[type_] if parameter.kind == "variadic" else type_, value, key)

    def _text(self, name: object, key: str) -> str:
        if not isinstance(name, str) or not name:
            raise InvalidValueError([(key, "must be the name of an environment variable")])
        if self._variable is None:
            return MASK
        if text := self._variable(name):
            return text
        raise AuthenticationError(f"{key} has no value; set {name}")

    def value(self, type_: Any, value: Any, key: str) -> Any:
        """Convert a value to a type.

        Raises:
            InvalidValueError: The value does not suit the type.
        """
        if type_ is object or type_ is Any:
            return value
        if type_ in SCALARS:
            types, expected = SCALARS[type_]
            if not isinstance(value, types) or (isinstance(value, bool) and type_ is not bool):
                raise _wrong(key, expected, value)
            return Decimal(str(value)) if type_ is Decimal else value
        if type_ in MODEL_TYPES:
            if not isinstance(value, str) or not value:
                raise _wrong(key, "the name of a model", value)
            return self._model(value)
        origin, members = get_origin(type_), get_args(type_)
        if origin in (Union, UnionType):
            return self._member(members, value, key)
        if origin is Literal:
            if value not in members:
                raise _wrong(key, " or ".join(map(repr, members)), value)
            return value
        if isinstance(type_, type) and issubclass(type_, Enum):
            if value not in {each.value for each in type_}:
                near = hint(value, [str(each.value) for each in type_]) if _is_text(value) else ""
                raise InvalidValueError(
                    [(key, f"there is no {type_.__name__} {value!r}{near and f'; {near}'}")]
                )
            return type_(value)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self._table(members, value, key)
        if isinstance(origin, type) and hasattr(origin, "__iter__"):
            return self._array(origin, members, value, key)
        return self._part(type_, value, key)

    def _member(self, members: tuple[Any, ...], value: object, key: str) -> Any:
        members = tuple(each for each in members if each is not NoneType and is_declarable(each))
        problems: list[Problem] = []
        for member in members:
            try:
                return self.value(member, value, key)
            except InvalidValueError as error:
                problems = problems or error.problems
        raise InvalidValueError(problems)

    def _table(self, members: tuple[Any, ...], value: object, key: str) -> dict[Any, Any]:
        if not _is_table(value):
            raise _wrong(key, "a table", value)
        of_name, of_value = members
        return {
            self.value(of_name, name, key): self.value(of_value, each, f"{key}.{name}")
            for name, each in value.items()
        }

    def _array(self, origin: type[Any], members: tuple[Any, ...], value: Any, key: str) -> Any:
        if not _is_array(value):
            raise _wrong(key, "an array", value)
        converted = [
            self.value(members[0], each, f"{key}[{index}]") for index, each in enumerate(value)
        ]
        if issubclass(origin, AbstractSet):
            return frozenset(converted)
        return converted if issubclass(list, origin) else tuple(converted)

    def _part(self, type_: Any, value: object, key: str) -> Any:
        """Create a part of a policy, such as a store."""
        table: object = {"type": value} if isinstance(value, str) else value
        if not _is_table(table):
            raise _wrong(key, "a table, or the name of a type", value)
        rest = {name: each for name, each in table.items() if name != "type"}
        name = table.get("type")
        if name is None and isinstance(type_, type) and not getattr(type_, "_is_protocol", False):
            return self._created(type_, rest, key)
        if not isinstance(name, str):
            raise InvalidValueError([(key, "has no type; add type = ...")])
        try:
            made = factory(name, group=PARTS)
        except ConfigurationError as error:
            raise InvalidValueError([(key, error.message)]) from error
        return self._created(made, rest, key)

    def _created(self, factory: Factory, table: dict[str, Any], key: str) -> Any:
        if self._variable is None:
            return self.arguments(factory, table, key)
        return self.create(factory, table, key)


def is_declarable(type_: Any, /) -> bool:
    """Report whether a value in a file can be of a type; a function cannot."""
    if get_origin(type_) in (Union, UnionType):
        return any(is_declarable(each) for each in get_args(type_) if each is not NoneType)
    return type_ is not Callable and get_origin(type_) is not _FUNCTION


_FUNCTION = get_origin(Callable[[], object])


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _is_table(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _wrong(key: str, expected: str, value: object) -> InvalidValueError:
    name = key.rpartition(".")[2]
    secret = is_credential(name) and isinstance(value, str)
    actual = "a string" if secret else shown(value)
    return InvalidValueError([(key, f"must be {expected}, not {actual}")])
