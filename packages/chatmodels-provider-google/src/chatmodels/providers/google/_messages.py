"""Encoder of conversations as contents of generateContent.

Tool results are part of user contents, and adjacent messages of one role are merged. All system
messages are part of the system instruction. Content that the API cannot use is left out: reasoning
and provider parts of other providers, speaker names, empty texts of the model, empty turns.
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
    TEXT,
    Json,
    Medium,
    PlainForm,
    PlainMessages,
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
"""Placeholder for the signature of a call by another provider's model ("Thought signatures")."""

_OLD_STATE_FORMAT = "google-vertex"  # of state from earlier versions

_PLAIN = PlainForm(
    {"role": "user", "parts": [{"text": TEXT}]}, {"role": "model", "parts": [{"text": TEXT}]}
)


def encode_conversation(
    messages: Sequence[Message],
    problems: list[str],
    *,
    modern: bool,
) -> tuple[list[Json], Json]:
    """Encode a conversation as the parts of the system instruction and the contents.

    Args:
        messages: The conversation.
        problems: List to which content that the API cannot express is appended.
        modern: Whether the model requires signed calls and supports image resolutions.
    """
    if isinstance(messages, PlainMessages):
        system, _ = encode_conversation(messages.instructions, problems, modern=modern)
        return system, _PLAIN.encode(messages)
    system: list[Json] = []
    contents: list[dict[str, Json]] = []
    encoder = _Encoder(modern=modern)
    for number, message in numbered(messages):
        parts = encoder.parts(message)
        if encoder.problems:
            problems += [f"{problem} (message {number})" for problem in encoder.problems]
            encoder.problems.clear()
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
    """Add a placeholder signature to the first call of a turn, if it is not signed."""
    for part in parts:
        if "functionCall" in part:
            part.setdefault("thoughtSignature", UNSIGNED)
            return


class _Encoder:
    """Encoder of the messages of one conversation.

    Args:
        modern: See `encode_conversation`.

    Attributes:
        problems: Content that the API cannot express.
    """

    def __init__(self, *, modern: bool) -> None:
        self.problems: list[str] = []
        self._modern = modern
        self._names: dict[str, str] = {}  # tool names by call id

    def parts(self, message: Message) -> list[Json]:
        """Encode the parts of a message."""
        parts = message.parts
        if len(parts) == 1 and type(part := parts[0]) is TextPart and part.signature is None:
            is_empty = message.role == "assistant" and not part.text
            return [] if is_empty else [{"text": part.text}]  # most messages are one text
        encoded: list[Json] = []
        for part in parts:
            if isinstance(part, ProviderPart) and are_options(state := self._state(part)):
                if encoded:
                    encoded[-1] = {**encoded[-1], **state}
            else:
                encoded += self._part(part, message.role)
        return encoded

    def _part(self, part: Part, role: str) -> list[Json]:
        from_model = role == "assistant"
        state = {} if isinstance(part, ToolResult | RefusalPart) else self._state(part)
        match part:
            case ProviderPart():
                return [dict(state)] if state else []
            case TextPart():
                empty = from_model and not part.text and not state
                return [] if empty else [{"text": part.text, **state}]
            case ReasoningPart():
                return [{"text": part.text, "thought": True, **state}] if state else []
            case ToolCall() if from_model:
                return [self._call(part, state)]
            case RefusalPart() if from_model:
                return [{"text": part.text}] if part.text else []
            case ImagePart() if from_model:
                return [{**self._media(part), **state}]
            case ToolResult() if role in {"user", "tool"}:
                return self._result(part)
            case ImagePart() | AudioPart() | FilePart() if role == "user":
                return [self._media(part)]
            case ImagePart() | AudioPart() | FilePart() | ToolCall() | ToolResult() | RefusalPart():
                self.problems.append(describe_part(part, f"a message of role {role!r}"))
                return []
            case _:
                assert_never(part)

    def _state(self, part: Part) -> dict[str, Json]:
        signature: ProviderState | None = getattr(part, "signature", None)
        return state_of(signature, STATE_FORMAT) or state_of(signature, _OLD_STATE_FORMAT)

    def _media(self, part: Medium) -> Json:
        return encode_media(part, modern=self._modern)

    def _call(self, call: ToolCall, state: dict[str, Json]) -> Json:
        self._names[call.id] = call.name
        encoded: dict[str, Json] = {"name": call.name, "args": arguments_of(call)}
        if call.id:
            encoded["id"] = call.id
        return {"functionCall": encoded, **state}

    def _result(self, result: ToolResult) -> list[Json]:
        name = result.name or self._names.get(result.id)
        if name is None:
            self.problems.append(
                f"the result of {result.id!r} without a preceding call or a name; pass name="
            )
            return []
        media = [encode_media(part) for part in result.content if not isinstance(part, TextPart)]
        encoded: dict[str, Json] = {"name": name, "response": _response(result)}
        if result.id:
            encoded["id"] = result.id
        if media:
            encoded["parts"] = media
        return [{"functionResponse": encoded}]


def _response(result: ToolResult) -> dict[str, Json]:
    """Encode the output of a tool: objects unchanged, other output as `output` or `error`.

    An object with a key `$ref` is sent as text, because the API resolves `$ref` to a media part.
    """
    if result.is_error:
        return {"error": result.text}
    try:
        parsed = msgspec.json.decode(result.text)
    except NOT_JSON:
        parsed = None
    return parsed if is_object(parsed) and not _has_ref(parsed) else {"output": result.text}


def _has_ref(value: Json) -> bool:
    if is_list(value):
        return any(map(_has_ref, value))
    return is_object(value) and ("$ref" in value or any(map(_has_ref, value.values())))
