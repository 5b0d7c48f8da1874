"""A request as the vendor reads it, and what a wire format can express."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from chatmodels.core import FinishReason, Message, Part, ToolChoice, ToolResult
from chatmodels.core.extending import OutputSchema, Role, ToolDefinition
from chatmodels.testing._json import is_object


class SentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A chat request as the vendor reads it, in neutral terms.

    Attributes:
        messages: The conversation; system messages wherever the wire format has them. Results of
            tools are in messages with the role "tool". The id of a call or a result is empty if the
            wire format has none.
        tools: The tools that the caller runs.
        tool_choice: The tool choice; None if there is none.
        output: The output schema; None if there is none.
        settings: Neutral name to the value that was sent, for the settings of the wire format.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: ToolChoice | None = None
    output: OutputSchema | None = None
    settings: Mapping[str, Any] = {}

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of all messages."""
        return tuple(part for message in self.messages for part in message.parts)


class WireFeatures(msgspec.Struct, frozen=True, kw_only=True):
    """The features that a wire format can express, and that a provider must not lose.

    Attributes:
        settings: The settings that a described request contains under their neutral names, with
            the same values.
        result_errors: Whether a tool result can be marked as an error.
        image_detail: Whether an image has a level of detail.
        strict_output: Whether the schema of the output can be strict.
        speakers: Whether a message has the name of its speaker.
        finish_reasons: The finish reasons that a written response can report.
        usage: The fields of `Usage` that a written response reports.
        reasoning: Whether a written response contains its reasoning.
        logprobs: Whether a written response contains its log probabilities.
        top_logprobs: Whether each of them contains its alternatives.
    """

    settings: frozenset[str] = frozenset()
    result_errors: bool = False
    image_detail: bool = False
    strict_output: bool = False
    speakers: bool = False
    finish_reasons: frozenset[FinishReason] = frozenset({"stop", "length", "tool_calls"})
    usage: frozenset[str] = frozenset({"input_tokens", "output_tokens"})
    reasoning: bool = False
    logprobs: bool = False
    top_logprobs: bool = False


def settings_in(body: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings in a body by their neutral names.

    Args:
        body: The body.
        fields: Neutral name to the paths of its fields, separated by spaces. A dot in a path
            descends into an object.
    """
    found: dict[str, Any] = {}
    for name, paths in fields.items():
        for path in paths.split():
            value = value_at(body, path)
            if value is not None:
                found[name] = value
    return found


def value_at(body: Any, path: str) -> Any:
    """Return the value at a path, such as "options.seed"; None if there is none."""
    for name in path.split("."):
        body = body.get(name) if is_object(body) else None
    return body


def turn(role: Role, parts: Iterable[Part]) -> Iterator[Message]:
    """Yield the messages of a turn, in which results of tools are beside other parts."""
    results: list[Part] = []
    others: list[Part] = []
    for part in parts:
        (results if isinstance(part, ToolResult) else others).append(part)
    if results:
        yield Message("tool", tuple(results))
    if others:
        yield Message(role, tuple(others))


def encoded(value: object) -> str:
    """Return a value as JSON."""
    return msgspec.json.encode(value).decode()


def merged(messages: Iterator[Message]) -> tuple[Message, ...]:
    """Merge adjacent messages of one role, as wire formats with turns do."""
    turns: list[Message] = []
    for message in messages:
        if turns and turns[-1].role == message.role:
            parts = (*turns[-1].parts, *message.parts)
            turns[-1] = msgspec.structs.replace(turns[-1], parts=parts)
        else:
            turns.append(message)
    return tuple(turns)
