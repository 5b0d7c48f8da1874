"""Translates conversations into the vendor's items.

Left out is what the API has no place for: reasoning and own parts of other vendors, and speakers'
names.
"""

from collections.abc import Sequence

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
from chatmodels.core.extending import numbered
from chatmodels.http.wire import (
    Json,
    arguments_json,
    base64_text,
    describe_part,
    state_of,
)
from chatmodels.openai_compatible._citations import RESPONSE_FIELDS
from chatmodels.openai_compatible._custom import custom_input
from chatmodels.openai_compatible.responses._dialect import ResponsesDialect
from chatmodels.openai_compatible.responses._media import encode_media
from chatmodels.openai_compatible.responses._wire import Item

_ASSISTANT: Item = {"type": "message", "role": "assistant"}  # llama.cpp insists on the type

_REPEATED = ("caller", "namespace")
"""A program of the vendor's that waits for the result, and the group of the tool."""


class InputEncoder:
    """Translates the messages of one conversation.

    Args:
        dialect: The dialect to speak.
        problems: What cannot be expressed is added here.
        stored: Whether the vendor keeps items, so that it knows reasoning by its id alone.
    """

    def __init__(self, dialect: ResponsesDialect, problems: list[str], *, stored: bool) -> None:
        self._dialect = dialect
        self._problems = problems
        self._stored = stored
        self._custom: set[str] = set()  # calls of custom tools, the results of which differ
        self._repeated: dict[str, Item] = {}  # fields of calls that their results repeat
        self._place = ("user", 0)

    def encode(self, messages: Sequence[Message]) -> list[Item]:
        """Translate the messages."""
        items: list[Item] = []
        for number, message in numbered(messages):
            self._place = (message.role, number)
            items += self._said(message) if message.role == "assistant" else self._told(message)
        return items

    @property
    def _where(self) -> str:
        role, number = self._place
        return f"a message of role {role!r} (message {number})"

    def _told(self, message: Message) -> list[Item]:
        """Translate what the model is told: instructions, questions, results."""
        items: list[Item] = []
        content: list[Json] = []
        for part in message.parts:
            if isinstance(part, TextPart):
                content.append(_input_text(part.text))
            elif isinstance(part, ImagePart | AudioPart | FilePart) and message.role == "user":
                content.append(encode_media(part))
            elif isinstance(part, ToolResult) and message.role != "system":
                items.append(self._result(part))
            elif isinstance(part, ProviderPart):
                items += self._kept(part)
                options = state_of(part.signature, self._dialect.name)
                if content:
                    content[-1] |= options
                elif options:
                    self._problems.append(f"options before any part in {self._where}")
            else:
                self._misplaced(part)
        if content or not items:
            role = self._dialect.system_role if message.role == "system" else "user"
            items.append({"role": role, "content": _plain(content)})
        return items

    def _said(self, message: Message) -> list[Item]:
        """Translate what a model said; this vendor's items as it gave them."""
        # Items name the reasoning that they came from, and are refused without it; reasoning is
        # refused if nothing follows it, or if it is neither stored nor sealed within.
        linked = any(part.type == "reasoning" and self._thought(part) for part in message.parts)
        items: list[Item] = []
        for part in message.parts:
            if isinstance(part, TextPart):
                self._say(part, items, linked=linked)
            elif isinstance(part, ReasoningPart):
                items += self._thought(part)
            elif isinstance(part, ToolCall):
                items.append(self._call(part, linked=linked))
            elif isinstance(part, RefusalPart):
                items.append({**_ASSISTANT, "content": part.text})
            elif isinstance(part, ProviderPart):
                items += self._kept(part)
                options = state_of(part.signature, self._dialect.name)
                self._problems += [
                    f"the option {name!r} in {self._where}"
                    for name in sorted(options.keys() - RESPONSE_FIELDS)
                ]
            elif isinstance(part, ImagePart):  # made by a tool of this vendor
                state = state_of(part.signature, self._dialect.mark)
                items.append({**state, "result": base64_text(part.data or b"")})
            else:
                self._misplaced(part)
        while items and items[-1].get("type") == "reasoning":
            items.pop()
        return items

    def _say(self, part: TextPart, items: list[Item], *, linked: bool) -> None:
        state = state_of(part.signature, self._dialect.mark)
        if not linked or "id" not in state:
            phase = {"phase": state["phase"]} if "phase" in state else {}
            items.append({**_ASSISTANT, "content": part.text, **phase})
            return
        content: Item = {"type": "output_text", "text": part.text, "annotations": []}
        if items and items[-1].get("id") == state["id"]:
            items[-1]["content"].append(content)
        else:
            known = {**_ASSISTANT, "status": "completed"}
            items.append({**known, **state, "content": [content]})

    def _thought(self, part: ReasoningPart) -> list[Item]:
        state = state_of(part.signature, self._dialect.mark)
        return [state] if state and (self._stored or state.get("encrypted_content")) else []

    def _call(self, call: ToolCall, *, linked: bool) -> Item:
        known: Item = {"call_id": call.id, "name": call.name}
        state = state_of(call.signature, self._dialect.mark)
        self._repeated[call.id] = {name: state[name] for name in _REPEATED if name in state}
        if not linked:
            state = {name: value for name, value in state.items() if name != "id"}
        if state.get("type") == "custom_tool_call":
            self._custom.add(call.id)
            return {**state, **known, "input": custom_input(call)}
        return {"type": "function_call", **state, **known, "arguments": arguments_json(call)}

    def _result(self, result: ToolResult) -> Item:
        content: list[Json] = []
        for part in result.content:
            if isinstance(part, TextPart):
                content.append(_input_text(part.text))
            else:
                content.append(encode_media(part))
        kind = "custom_tool_call" if result.id in self._custom else "function_call"
        return {
            "type": f"{kind}_output",
            "call_id": result.id,
            **self._repeated.get(result.id, {}),
            "output": _plain(content),
        }

    def _kept(self, part: ProviderPart) -> list[Item]:
        state = state_of(part.signature, self._dialect.mark)
        return [state] if state else []

    def _misplaced(self, part: Part) -> None:
        if not isinstance(part, ReasoningPart):
            self._problems.append(describe_part(part, self._where))


def _input_text(text: str) -> Json:
    return {"type": "input_text", "text": text}


def _plain(content: list[Json]) -> Json:
    """Write one text as a string, and all else as parts."""
    if not content:
        return ""
    if len(content) == 1 and len(content[0]) == 2 and "text" in content[0]:
        return content[0]["text"]
    return content
