"""Encoder of conversations as turns of Converse.

Tool results are part of user turns, and adjacent messages of one role are merged into one turn.
Content that the API does not accept or cannot use is left out: thinking that is unsigned or of
another model family, provider parts of other providers, speaker names, blank texts of the model,
empty turns.
"""

from collections.abc import Sequence
from typing import assert_never

from chatmodels.core import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core.extending import numbered
from chatmodels.http.wire import (
    TEXT,
    Json,
    PlainForm,
    PlainMessages,
    add_options,
    arguments_of,
    describe_part,
    is_object,
    state_of,
)
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._media import DocumentNames, encode_media

Blocks = list[dict[str, Json]]

_PLAIN = PlainForm(
    {"role": "user", "content": [{"text": TEXT}]},
    {"role": "assistant", "content": [{"text": TEXT}]},
)


def encode_conversation(
    messages: Sequence[Message], problems: list[str], *, keeps_state: bool
) -> tuple[Blocks, Json]:
    """Encode a conversation as a system prompt and turns.

    Args:
        messages: The conversation.
        problems: List to which content that the API cannot express is appended.
        keeps_state: Whether the model accepts signed thinking and citations in requests.
    """
    encoding = _Encoding(problems, keeps_state=keeps_state)
    if isinstance(messages, PlainMessages):
        return encoding.turns(messages.instructions)[0], _PLAIN.encode(messages)
    return encoding.turns(messages)


class _Encoding:
    def __init__(self, problems: list[str], *, keeps_state: bool) -> None:
        self._problems = problems
        self._keeps_state = keeps_state
        self._names = DocumentNames()

    def turns(self, messages: Sequence[Message]) -> tuple[Blocks, Blocks]:
        system: Blocks = []
        turns: Blocks = []
        for number, message in numbered(messages):
            count = len(self._problems)
            blocks = self._blocks(message)
            added = self._problems[count:]
            self._problems[count:] = [f"{problem} (message {number})" for problem in added]
            role = "user" if message.role == "tool" else message.role
            if role == "system":
                system += blocks
            elif turns and turns[-1]["role"] == role:
                turns[-1]["content"] += blocks
            elif blocks:
                turns.append({"role": role, "content": blocks})
        return system, turns

    def _blocks(self, message: Message) -> Blocks:
        blocks: Blocks = []
        extensible = False  # provider parts and blocks of the model are complete
        for part in message.parts:
            if not isinstance(part, ProviderPart):
                blocks += self._encoded(part, message.role)
                extensible = bool(blocks) and message.role != "assistant"
                continue
            for name, value in state_of(part.signature, PROVIDER_NAME).items():
                if extensible and name in blocks[-1] and is_object(value):
                    add_options({name: value}, blocks[-1])
                else:
                    blocks.append({name: value})
                    extensible = False
        return blocks

    def _encoded(
        self,
        part: TextPart
        | ImagePart
        | AudioPart
        | FilePart
        | ToolCall
        | ToolResult
        | ReasoningPart
        | RefusalPart,
        role: str,
    ) -> Blocks:
        from_model = role == "assistant"
        match part:
            case TextPart():
                return self._text(part, from_model=from_model)
            case ReasoningPart():
                return self._reasoning(part)
            case ToolCall() if from_model:
                return [_call(part)]
            case RefusalPart() if from_model:
                return [{"text": part.text}]
            case ToolResult() if role in {"user", "tool"}:
                return [self._result(part)]
            case ImagePart() | AudioPart() | FilePart() if role == "user":
                return [encode_media(part, self._names)]
            case ImagePart() | AudioPart() | FilePart() | ToolCall() | ToolResult() | RefusalPart():
                self._problems.append(describe_part(part, f"a message of role {role!r}"))
                return []
            case _:
                assert_never(part)

    def _text(self, part: TextPart, *, from_model: bool) -> Blocks:
        state = state_of(part.signature, PROVIDER_NAME) if self._keeps_state else {}
        if from_model and "citations" in state:
            texts = [{"text": part.text}] if part.text else []
            return [{"citationsContent": {"content": texts, **state}}]
        return [{"text": part.text}]

    def _reasoning(self, part: ReasoningPart) -> Blocks:
        state = state_of(part.signature, PROVIDER_NAME) if self._keeps_state else {}
        if "signature" in state:
            return [{"reasoningContent": {"reasoningText": {"text": part.text, **state}}}]
        return [{"reasoningContent": state}] if state else []

    def _result(self, result: ToolResult) -> dict[str, Json]:
        content: Blocks = []
        for part in result.content:
            if isinstance(part, TextPart):
                content.append({"text": part.text})
            else:
                content.append(encode_media(part, self._names))
        # Claude refuses blank texts, which tools without output return.
        content = content or [{"text": "(empty)"}]
        encoded: dict[str, Json] = {"toolUseId": result.id, "content": content}
        if result.is_error:
            encoded["status"] = "error"
        return {"toolResult": encoded}


def _call(call: ToolCall) -> dict[str, Json]:
    arguments = arguments_of(call)
    return {"toolUse": {"toolUseId": call.id, "name": call.name, "input": arguments}}
