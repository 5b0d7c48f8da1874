# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Every kind of output type, and the type of the parsed output.

It is read by pyright and mypy, which need no option for it, and never run.
"""

from dataclasses import dataclass
from enum import Enum
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    Optional,
    TypedDict,
    TypeVar,
    Union,
    assert_type,
)

import msgspec
from pydantic import BaseModel
from typing_extensions import TypeForm

from chatmodels.core import ChatModel, ChatModelError, ChatResponse
from chatmodels.core.extending import Output, OutputSchema, structured_output
from chatmodels.providers.mock import MockChatModel

T = TypeVar("T")


@dataclass
class Primes:
    numbers: list[int]


class Place(TypedDict):
    city: str


class Point(NamedTuple):
    x: int
    y: int


class Colour(Enum):
    RED = "red"


class Shape(msgspec.Struct):
    sides: int


class Person(BaseModel):
    name: str


class Company(BaseModel):
    owner: str


Found = Person | Company


def each_kind(model: ChatModel) -> None:
    assert_type(model.generate("?").parsed, None)
    assert_type(model.generate("?", output_type=None).parsed, None)
    assert_type(model.generate("?", output_type=Primes).parsed, Primes)
    assert_type(model.generate("?", output_type=Place).parsed, Place)
    assert_type(model.generate("?", output_type=Point).parsed, Point)
    assert_type(model.generate("?", output_type=Colour).parsed, Colour)
    assert_type(model.generate("?", output_type=Shape).parsed, Shape)
    assert_type(model.generate("?", output_type=Person).parsed, Person)
    assert_type(model.generate("?", output_type=int).parsed, int)
    assert_type(model.generate("?", output_type=list[int]).parsed, list[int])
    assert_type(model.generate("?", output_type=list[Person]).parsed, list[Person])
    assert_type(model.generate("?", output_type=dict[str, int]).parsed, dict[str, int])
    assert_type(model.generate("?", output_type=dict[str, Any]).parsed, dict[str, Any])
    assert_type(model.generate("?", output_type=tuple[int, str]).parsed, tuple[int, str])


def forms_that_are_no_classes(model: ChatModel) -> None:
    assert_type(model.generate("?", output_type=Person | Company).parsed, Person | Company)
    assert_type(model.generate("?", output_type=Found).parsed, Person | Company)
    assert_type(model.generate("?", output_type=Primes | int).parsed, Primes | int)
    assert_type(model.generate("?", output_type=Optional[Primes]).parsed, Primes | None)
    assert_type(model.generate("?", output_type=Union[int, str]).parsed, int | str)
    assert_type(model.generate("?", output_type=Literal["a", "b"]).parsed, Literal["a", "b"])
    assert_type(
        model.generate("?", output_type=list[Person | Company]).parsed, list[Person | Company]
    )
    assert_type(model.generate("?", output_type=Annotated[int, "years"]).parsed, int)


def schemas_of_their_own(model: ChatModel) -> None:
    schema = OutputSchema("numbers", {"type": "array", "items": {"type": "integer"}})
    assert_type(model.generate("?", output_type=schema), ChatResponse[Any])


async def each_method(model: ChatModel) -> None:
    assert_type((await model.agenerate("?", output_type=int | str)).parsed, int | str)
    with model.stream("?", output_type=Literal["a"]) as stream:
        assert_type(stream.collect().parsed, Literal["a"])
    async with model.astream("?", output_type=Optional[int]) as astream:
        assert_type((await astream.collect()).parsed, int | None)
    assert_type(
        model.batch(["?"], output_type=int | str), list[ChatResponse[int | str] | ChatModelError]
    )
    assert_type(
        await model.abatch(["?"], output_type=Primes), list[ChatResponse[Primes] | ChatModelError]
    )
    model.explain("?", output_type=Literal["a", "b"], temperature=0.2)


def passed_on(model: ChatModel, output_type: type[T]) -> T:
    return model.generate("?", output_type=output_type).parsed


def passed_on_if_chosen(model: ChatModel, output_type: type[T] | None = None) -> ChatResponse[T]:
    return model.generate("?", output_type=output_type)


def any_form_passed_on(model: ChatModel, output_type: TypeForm[T]) -> T:
    return model.generate("?", output_type=output_type).parsed


class Agent(Generic[T]):
    def __init__(self, model: ChatModel, output_type: type[T]) -> None:
        self.model = model
        self.output_type = output_type

    def run(self, task: str) -> T:
        return self.model.generate(task, output_type=self.output_type).parsed


def concrete_models_have_the_same_types() -> None:
    assert_type(MockChatModel().generate("?", output_type=int | None).parsed, int | None)
    assert_type(Agent(MockChatModel(), Primes).run("?"), Primes)


def prepared_outputs() -> None:
    assert_type(structured_output(Primes), Output[Primes])
    assert_type(structured_output(int | str), Output[int | str])
    assert_type(structured_output(Literal["a"]), Output[Literal["a"]])
    assert_type(structured_output(OutputSchema("any", None)), Output[Any])


def mistakes(model: ChatModel) -> None:
    model.generate("?", output_type={"type": "object"})  # type: ignore[call-overload]
    model.generate("?", output_type=Primes([2]))  # type: ignore[call-overload]
    model.generate("?", temprature=1)  # type: ignore[call-overload]
