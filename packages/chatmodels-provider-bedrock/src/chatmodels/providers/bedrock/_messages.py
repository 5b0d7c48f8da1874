"""Translates conversations into the vendor's turns.

Tool results and what the user says are turns of the user, and neighbours of one role are one
turn. What is no use or not allowed elsewhere is left out: thinking that is not signed or not of
the model's family, own blocks of other vendors, speakers' names, blank texts of the model, turns
in which nothing is left.
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
    Json,
    add_options,
    arguments_of,
    describe_part,
    is_object,
    state_of,
)
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._media import DocumentNames, encode_media

Blocks = list[dict[str, Json]]


def encode_conversation(
    messages: Sequence[Message], problems: list[str], *, keeps_state: bool
) -> tuple[Blocks, Blocks]:
    """Translate a conversation to the system prompt and the turns.

    Args:
        messages: The conversation.
        problems: What cannot be expressed is added here.
        keeps_state: Whether the model takes back thinking that was signed, and citations.
    """
    return _Encoding(problems, keeps_state=keeps_state).turns(messages)


class _Encoding:
    def __init__(self, problems: list[str], *, keeps_state: bool) -> None:
        self._problems = problems
        self._keeps_state = keeps_state
        self._names = DocumentNames()

    def turns(self, messages: Sequence[Message]) -> tuple[Blocks, Blocks]:
        system: Blocks = []
        turns: Blocks = []
        for number, message in numbered(messages):
            known = len(self._problems)
            blocks = self._blocks(message)
            found = self._problems[known:]
            self._problems[known:] = [f"{problem} (message {number})" for problem in found]
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
        extensible = False  # the vendor's own blocks are complete, and so is what a model said
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
        said = role == "assistant"
        match part:
            case TextPart():
                return self._text(part, said=said)
            case ReasoningPart():
                return self._reasoning(part)
            case ToolCall() if said:
                return [_call(part)]
            case RefusalPart() if said:
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

    def _text(self, part: TextPart, *, said: bool) -> Blocks:
        kept = state_of(part.signature, PROVIDER_NAME) if self._keeps_state else {}
        if said and "citations" in kept:
            texts = [{"text": part.text}] if part.text else []
            return [{"citationsContent": {"content": texts, **kept}}]
        return [{"text": part.text}]

    def _reasoning(self, part: ReasoningPart) -> Blocks:
        kept = state_of(part.signature, PROVIDER_NAME) if self._keeps_state else {}
        if "signature" in kept:
            return [{"reasoningContent": {"reasoningText": {"text": part.text, **kept}}}]
        return [{"reasoningContent": kept}] if kept else []

    def _result(self, result: ToolResult) -> dict[str, Json]:
        content: Blocks = []
        for part in result.content:
            if isinstance(part, TextPart):
                content.append({"text": part.text})
            else:
                content.append(encode_media(part, self._names))
        # Claude refuses blank texts, which tools that have nothing to say give.
        content = content or [{"text": "(empty)"}]
        encoded: dict[str, Json] = {"toolUseId": result.id, "content": content}
        if result.is_error:
            encoded["status"] = "error"
        return {"toolResult": encoded}


def _call(call: ToolCall) -> dict[str, Json]:
    arguments = arguments_of(call)
    return {"toolUse": {"toolUseId": call.id, "name": call.name, "input": arguments}}
