"""The context of a tool call: a parameter that the program fills in, and the model does not see."""

import types
import typing
from typing import TYPE_CHECKING, Any, Generic

import msgspec

from chatmodels.core._public import published_in
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import ToolCall

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    C = TypeVar("C", default=Any)
else:
    from typing import TypeVar

    C = TypeVar("C")


@published_in("chatmodels.core")
class ToolContext(msgspec.Struct, Generic[C], frozen=True):
    """The circumstances of a tool call.

    A tool receives it through a parameter that is annotated with `ToolContext[...]`. The parameter
    is not part of the schema that the model sees.

    ```python
    @tool
    def orders(context: ToolContext[Shop], status: str) -> list[str]:
        return context.value.orders(status)
    ```

    Attributes:
        value: The value that the program passed as `context=`.
        call: The call.
        messages: The conversation, up to the message with the call; empty outside of a run.
    """

    value: C
    call: ToolCall
    messages: tuple[Message, ...] = ()


def context_type(annotation: Any, /) -> Any:
    """Return the type of the value if an annotation is a `ToolContext`, else None."""
    if annotation is ToolContext:
        return Any
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is ToolContext:
        return arguments[0]
    if origin in _SEE_THROUGH:
        found = map(context_type, arguments)
        return next((each for each in found if each is not None), None)
    return None


def admits_none(value_type: Any, /) -> bool:
    """Return whether None is a value of a type."""
    if value_type in _OPEN or isinstance(value_type, TypeVar):
        return True
    return typing.get_origin(value_type) in _UNIONS and any(
        map(admits_none, typing.get_args(value_type))
    )


_UNIONS = (typing.Union, types.UnionType)
_SEE_THROUGH = (*_UNIONS, typing.Annotated)
_OPEN = (None, types.NoneType, Any, object)
