"""Translates conversations into the vendor's contents.

Tool results and what the user says are contents of the user, and neighbours of one role are one.
System messages are all part of the instruction above. What is no use here is left out: reasoning
and own parts of other vendors, speakers' names, empty texts of the model, turns in which nothing is
left.
"""

from collections.abc import Sequence
from typing import assert_never

import msgspec

from chatmodels.core import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core.extending import ProviderState, numbered
from chatmodels.http.wire import (
    NOT_JSON,
    Json,
    Medium,
    arguments_of,
    describe_part,
    is_list,
    is_object,
    state_of,
)
from chatmodels.providers.google._media import encode_media
from chatmodels.providers.google._part_options import are_options
from chatmodels.providers.google._wire import STATE_FORMAT

UNSIGNED = "skip_thought_signature_validator"
"""Stands for a signature where a call has none, being another vendor's ("Thought signatures")."""

_FORMER_FORMAT = "google-vertex"  # of states that earlier versions kept


def encode_conversation(
    messages: Sequence[Message],
    problems: list[str],
    *,
    modern: bool,
) -> tuple[list[Json], list[dict[str, Json]]]:
    """Translate a conversation to the parts of the system instruction and the contents.

    Args:
        messages: The conversation.
        problems: What cannot be expressed is added here.
        modern: Whether the model demands signed calls, and lets one choose resolutions.
    """
    system: list[Json] = []
    contents: list[dict[str, Json]] = []
    writer = _Writer(modern=modern)
    for number, message in numbered(messages):
        parts = writer.parts(message)
        problems += [f"{problem} (message {number})" for problem in writer.problems]
        writer.problems.clear()
        role = "model" if message.role == "assistant" else "user"
        if message.role == "system":
            system += parts
        elif contents and contents[-1]["role"] == role:
            contents[-1]["parts"] += parts
        elif parts:
            contents.append({"role": role, "parts": parts})
    if modern:
        for content in contents:
            _sign(content["parts"])
    return system, contents


def _sign(parts: list[dict[str, Json]]) -> None:
    """Mark the first call of a turn, which alone is signed, if nobody has signed it."""
    for part in parts:
        if "functionCall" in part:
            part.setdefault("thoughtSignature", UNSIGNED)
            return


class _Writer:
    """Writes the messages of one conversation.

    Args:
        modern: See `encode_conversation`.

    Attributes:
        problems: What cannot be expressed.
    """

    def __init__(self, *, modern: bool) -> None:
        self.problems: list[str] = []
        self._modern = modern
        self._names: dict[str, str] = {}  # of tools, by the ids of their calls

    def parts(self, message: Message) -> list[Json]:
        """Write the parts of a message."""
        written: list[Json] = []
        for part in message.parts:
            if isinstance(part, ProviderPart) and are_options(kept := self._kept(part)):
                if written:
                    written[-1] = {**written[-1], **kept}
            else:
                written += self._part(part, message.role)
        return written

    def _part(self, part: Part, role: str) -> list[Json]:
        said = role == "assistant"
        kept = {} if isinstance(part, ToolResult | RefusalPart) else self._kept(part)
        match part:
            case ProviderPart():
                return [dict(kept)] if kept else []
            case TextPart():
                empty = said and not part.text and not kept
                return [] if empty else [{"text": part.text, **kept}]
            case ReasoningPart():
                return [{"text": part.text, "thought": True, **kept}] if kept else []
            case ToolCall() if said:
                return [self._call(part, kept)]
            case RefusalPart() if said:
                return [{"text": part.text}] if part.text else []
            case ImagePart() if said:
                return [{**self._media(part), **kept}]
            case ToolResult() if role in {"user", "tool"}:
                return self._result(part)
            case ImagePart() | AudioPart() | FilePart() if role == "user":
                return [self._media(part)]
            case ImagePart() | AudioPart() | FilePart() | ToolCall() | ToolResult() | RefusalPart():
                self.problems.append(describe_part(part, f"a message of role {role!r}"))
                return []
            case _:
                assert_never(part)

    def _kept(self, part: Part) -> dict[str, Json]:
        signature: ProviderState | None = getattr(part, "signature", None)
        return state_of(signature, STATE_FORMAT) or state_of(signature, _FORMER_FORMAT)

    def _media(self, part: Medium) -> Json:
        return encode_media(part, modern=self._modern)

    def _call(self, call: ToolCall, kept: dict[str, Json]) -> Json:
        self._names[call.id] = call.name
        encoded: dict[str, Json] = {"name": call.name, "args": arguments_of(call)}
        if call.id:
            encoded["id"] = call.id
        return {"functionCall": encoded, **kept}

    def _result(self, result: ToolResult) -> list[Json]:
        name = result.name or self._names.get(result.id)
        if name is None:
            self.problems.append(
                f"the result of {result.id!r} without a call before it or a name; pass name="
            )
            return []
        media = [encode_media(part) for part in result.content if not isinstance(part, TextPart)]
        answer: dict[str, Json] = {"name": name, "response": _response(result)}
        if result.id:
            answer["id"] = result.id
        if media:
            answer["parts"] = media
        return [{"functionResponse": answer}]


def _response(result: ToolResult) -> dict[str, Json]:
    """Write what a tool said: an object as it is, all else under the names that the vendor has.

    An object with a key `$ref` is text too: the vendor would look for a medium of that name.
    """
    if result.is_error:
        return {"error": result.text}
    try:
        said = msgspec.json.decode(result.text)
    except NOT_JSON:
        said = None
    return said if is_object(said) and not _refers(said) else {"output": result.text}


def _refers(value: Json) -> bool:
    if is_list(value):
        return any(map(_refers, value))
    return is_object(value) and ("$ref" in value or any(map(_refers, value.values())))
