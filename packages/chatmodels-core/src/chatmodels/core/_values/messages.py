"""Messages, and functions to create them."""

from collections.abc import Iterable, Mapping, Sequence
from operator import is_
from typing import Any, Literal, TypeGuard, get_args

import msgspec

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values.foreign_messages import converter_for
from chatmodels.core._values.parts import (
    FrozenValue,
    Part,
    ReasoningPart,
    ResultPart,
    TextPart,
    ToolCall,
    ToolResult,
)

Role = Literal["system", "user", "assistant", "tool"]
"""Author of a message."""


class Message(FrozenValue, frozen=True):
    """One turn of a conversation.

    Attributes:
        role: The role of the author. Tool results have the role "tool".
        parts: The content, in order.
        name: The author's name, if several authors have the same role and the vendor supports it.

    Raises:
        InvalidRequestError: The role is unknown, or a part is of another type.
    """

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None

    def __post_init__(self) -> None:
        """Check types at run time; otherwise the vendor would report a mistake at best."""
        if self.role not in _ROLES:
            raise InvalidRequestError(
                f"there is no role {self.role!r}; use one of {', '.join(_ROLES)}"
            )
        if type(self.parts) is not tuple:
            if not isinstance(self.parts, list):
                raise InvalidRequestError(
                    f"a Message has a tuple of parts, not {type(self.parts).__name__}; "
                    "user() and similar functions create it from strings and parts"
                )
            msgspec.structs.force_setattr(self, "parts", tuple(self.parts))
        for part in self.parts:
            # A look-up in a set is faster than a search in a tuple of nine types.
            if type(part) not in _PART_TYPES and not isinstance(part, _PARTS):
                raise _not_parts(self.role, part)
        if self.name is not None and not isinstance(self.name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            raise InvalidRequestError(
                f"Message.name cannot be {type(self.name).__name__}; pass the author's name"
            )

    @property
    def text(self) -> str:
        """All visible text, joined."""
        parts = self.parts
        if len(parts) == 1 and isinstance(parts[0], TextPart):  # fast path: nearly all messages
            return parts[0].text
        return "".join(part.text for part in parts if isinstance(part, TextPart))

    @property
    def reasoning(self) -> str:
        """All readable reasoning, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


Prompt = str | Message | Sequence[str | Message]
"""The argument of `generate`: a str, a message, or a conversation (a `str` in it is a user's)."""


def system(*content: str | Part) -> Message:
    """Create a system message, with instructions for the model."""
    return Message("system", _parts(content))


def user(*content: str | Part) -> Message:
    """Create a user message of text and media, as in `user("Describe", image(path))`."""
    return Message("user", _parts(content))


def assistant(*content: str | Part) -> Message:
    """Create an assistant message of text, reasoning and tool calls."""
    return Message("assistant", _parts(content))


def tool_result(
    call: ToolCall | ToolResult | str, *content: str | ResultPart, is_error: bool = False
) -> Message:
    """Create a tool message with the result of a tool call.

    Args:
        call: The call, or its id; or a complete result, as `Tool.call` returns it.
        content: The output of the tool: any mix of text and media.
        is_error: Whether the tool failed.

    Raises:
        InvalidRequestError: The content is neither text nor media, or is passed with a complete
            result; or `call` is of another type.
    """
    if isinstance(call, ToolResult):
        if content or is_error:
            raise InvalidRequestError(
                "tool_result() accepts a ToolResult without content; the result has its content"
            )
        return Message("tool", (call,))
    parts = tuple(TextPart(item) if isinstance(item, str) else item for item in content)
    for part in parts:
        if not isinstance(part, _RESULT_PARTS):
            raise _not_parts("tool_result", part)
    if isinstance(call, str):
        return Message("tool", (ToolResult(call, parts, is_error=is_error),))
    if not isinstance(call, ToolCall):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        raise InvalidRequestError(
            f"tool_result() accepts a ToolCall, not {type(call).__name__}; pass each of "
            "response.tool_calls, its id, or the result of Tool.call()"
        )
    return Message("tool", (ToolResult(call.id, parts, call.name, is_error),))


def as_messages(prompt: Prompt, /) -> tuple[Message, ...]:
    """Convert any form of a prompt to a tuple of messages.

    Raises:
        InvalidRequestError: The prompt is empty, or contains something that is neither a str nor
            a message.
    """
    if isinstance(prompt, str):
        return (Message("user", (TextPart(prompt),)),)
    if isinstance(prompt, Message):
        return (prompt,)
    if type(prompt) not in _PLAIN_SEQUENCES and (
        isinstance(prompt, Mapping | bytes)
        or not isinstance(prompt, Iterable)  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        or converter_for(prompt) is not None  # objects of pydantic iterate over their fields
    ):
        raise _not_a_message(prompt)
    messages: list[Message] = []
    for item in prompt:
        message = user(item) if isinstance(item, str) else item
        if not isinstance(message, Message):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            raise _not_a_message(message)
        messages.append(message)
    if not messages:
        raise InvalidRequestError("the prompt has no messages; pass a str or at least one message")
    if _is_of(prompt, messages):
        return prompt  # the tuple can have the places of its messages
    return tuple(messages)


def _is_of(prompt: object, messages: list[Message]) -> TypeGuard[tuple[Message, ...]]:
    return isinstance(prompt, tuple) and all(map(is_, messages, prompt))  # pyright: ignore[reportUnknownArgumentType] - of any values


def _not_a_message(value: object) -> InvalidRequestError:
    kind = type(value).__name__
    if isinstance(getattr(value, "message", None), Message):
        remedy = "pass its .message"
    elif isinstance(value, Part):
        remedy = "put it into a message, as in user('Describe this.', image('cat.png'))"
    else:
        remedy = converter_for(value) or "see system(), user(), assistant() and tool_result()"
    return InvalidRequestError(
        f"a prompt is a str, a Message or a sequence of them, not {kind}; {remedy}"
    )


def _not_parts(place: str, value: object) -> InvalidRequestError:
    converter = converter_for(value)
    if converter is None:
        remedy = "see image(), audio() and file(), or pass a str"
    else:
        remedy = f"{converter}, as whole messages"
    kind = type(value).__name__
    return InvalidRequestError(
        f"a message consists of str and parts, not {kind} (in {place}); {remedy}"
    )


def _parts(content: tuple[str | Part, ...]) -> tuple[Part, ...]:
    return tuple(TextPart(item) if isinstance(item, str) else item for item in content)


# Not `isinstance` with an abstract type, which would take longer than the rest.
_PLAIN_SEQUENCES = frozenset({list, tuple})
_ROLES: tuple[str, ...] = get_args(Role)
_PARTS: tuple[Any, ...] = get_args(Part)
_PART_TYPES = frozenset(_PARTS)
_RESULT_PARTS: tuple[Any, ...] = get_args(ResultPart)
