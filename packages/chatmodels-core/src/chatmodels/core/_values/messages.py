"""Messages, and the short ways to write them."""

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


class Message(FrozenValue, frozen=True):
    """One turn of a conversation.

    Attributes:
        role: Who speaks. Tool results have the role "tool".
        parts: What is said, in order.
        name: The speaker's name, where several share a role and the vendor supports it.

    Raises:
        InvalidRequestError: There is no such role, or a part is none.
    """

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None

    def __post_init__(self) -> None:
        """Check what type checkers check too: a mistake would be noticed by the vendor at best."""
        if self.role not in _ROLES:
            raise InvalidRequestError(
                f"there is no role {self.role!r}; use one of {', '.join(_ROLES)}"
            )
        if type(self.parts) is not tuple:
            if not isinstance(self.parts, list):
                raise InvalidRequestError(
                    f"a Message has a tuple of parts, not {type(self.parts).__name__}; "
                    "user() and its like make it of texts and parts"
                )
            msgspec.structs.force_setattr(self, "parts", tuple(self.parts))
        for part in self.parts:
            # A set finds a type at once; a tuple of nine is searched one by one.
            if type(part) not in _PART_TYPES and not isinstance(part, _PARTS):
                raise _not_parts(self.role, part)
        if self.name is not None and not isinstance(self.name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            raise InvalidRequestError(
                f"Message.name cannot be {type(self.name).__name__}; pass the speaker's name"
            )

    @property
    def text(self) -> str:
        """All visible text, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def reasoning(self) -> str:
        """All readable reasoning, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


Prompt = str | Message | Sequence[str | Message]
"""What `generate` takes: a text, a message, or a conversation (a `str` in it is the user's)."""


def system(*content: str | Part) -> Message:
    """Write instructions that stand above the conversation."""
    return Message("system", _parts(content))


def user(*content: str | Part) -> Message:
    """Write what the user says, text and media mixed, as in `user("Describe", image(path))`."""
    return Message("user", _parts(content))


def assistant(*content: str | Part) -> Message:
    """Write what the model is to have said: text, reasoning, tool calls."""
    return Message("assistant", _parts(content))


def tool_result(
    call: ToolCall | ToolResult | str, *content: str | ResultPart, is_error: bool = False
) -> Message:
    """Answer a tool call.

    Args:
        call: The call, or its id; or a whole result, as `Tool.call` gives it.
        content: What the tool gave back: any mix of text and media.
        is_error: Whether the tool failed.

    Raises:
        InvalidRequestError: The content is neither text nor media, or comes with a whole result;
            or `call` is something else.
    """
    if isinstance(call, ToolResult):
        if content or is_error:
            raise InvalidRequestError(
                "tool_result() takes a ToolResult alone; it has its content already"
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
            f"tool_result() answers a ToolCall, not {type(call).__name__}; pass each of "
            "response.tool_calls, its id, or what Tool.call() gave"
        )
    return Message("tool", (ToolResult(call.id, parts, call.name, is_error),))


def as_messages(prompt: Prompt, /) -> tuple[Message, ...]:
    """Bring every form that a prompt may have into a tuple of messages.

    Raises:
        InvalidRequestError: The prompt is empty, or holds something that is neither a text nor
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
        raise InvalidRequestError("the prompt has no messages; pass a text or at least one message")
    if _is_of(prompt, messages):
        return prompt  # it may know the places of its messages
    return tuple(messages)


def _is_of(prompt: object, messages: list[Message]) -> TypeGuard[tuple[Message, ...]]:
    return isinstance(prompt, tuple) and all(map(is_, messages, prompt))  # pyright: ignore[reportUnknownArgumentType] - of any values


def _not_a_message(value: object) -> InvalidRequestError:
    kind = type(value).__name__
    if isinstance(getattr(value, "message", None), Message):
        remedy = "pass its .message"
    else:
        remedy = converter_for(value) or "see system(), user(), assistant() and tool_result()"
    return InvalidRequestError(
        f"a prompt is a str, a Message or a sequence of them, not {kind}; {remedy}"
    )


def _not_parts(where: str, value: object) -> InvalidRequestError:
    converter = converter_for(value)
    if converter is None:
        remedy = "see image(), audio() and file(), or pass a str"
    else:
        remedy = f"{converter}, as whole messages"
    kind = type(value).__name__
    return InvalidRequestError(
        f"a message is made of texts and parts, not {kind} (in {where}); {remedy}"
    )


def _parts(content: tuple[str | Part, ...]) -> tuple[Part, ...]:
    return tuple(TextPart(item) if isinstance(item, str) else item for item in content)


# Not looked up among the abstract types, which takes longer than all else here.
_PLAIN_SEQUENCES = frozenset({list, tuple})
_ROLES: tuple[str, ...] = get_args(Role)
_PARTS: tuple[Any, ...] = get_args(Part)
_PART_TYPES = frozenset(_PARTS)
_RESULT_PARTS: tuple[Any, ...] = get_args(ResultPart)
