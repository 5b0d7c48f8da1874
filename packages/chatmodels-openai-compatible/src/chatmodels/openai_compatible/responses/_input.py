"""Translates conversations into the vendor's items.

Parts that the API does not support are left out: reasoning and provider parts of other vendors,
and the names of speakers.
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
    TEXT,
    Json,
    PlainForm,
    PlainMessages,
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

_ASSISTANT: Item = {"type": "message", "role": "assistant"}  # llama.cpp requires the type
_PLAIN = PlainForm({"role": "user", "content": TEXT}, {**_ASSISTANT, "content": TEXT})

_REPEATED = ("caller", "namespace")
"""The vendor's program that waits for the result, and the group of the tool."""


class InputEncoder:
    """Translates the messages of one conversation.

    Args:
        dialect: The dialect.
        problems: The list to which unsupported parts are added.
        stored: Whether the vendor stores items, so that the id of a reasoning item is sufficient.
    """

    def __init__(self, dialect: ResponsesDialect, problems: list[str], *, stored: bool) -> None:
        self._dialect = dialect
        self._problems = problems
        self._stored = stored
        self._custom: set[str] = set()  # ids of calls of custom tools, whose results differ
        self._repeated: dict[str, Item] = {}  # fields of calls that results must repeat
        self._place = ("user", 0)

    def encode(self, messages: Sequence[Message]) -> Json:
        """Translate the messages."""
        if isinstance(messages, PlainMessages):
            return _PLAIN.encode(messages, before=self.encode(messages.instructions))
        items: list[Item] = []
        system_role = self._dialect.system_role
        for number, message in numbered(messages):
            parts, role = message.parts, message.role
            if len(parts) == 1 and type(part := parts[0]) is TextPart and part.signature is None:
                if role == "assistant":  # most messages are one text
                    items.append({**_ASSISTANT, "content": part.text})
                else:
                    role = system_role if role == "system" else "user"
                    items.append({"role": role, "content": part.text})
                continue
            self._place = (message.role, number)
            is_output = message.role == "assistant"
            items += self._output(message) if is_output else self._input(message)
        return items

    @property
    def _where(self) -> str:
        role, number = self._place
        return f"a message of role {role!r} (message {number})"

    def _input(self, message: Message) -> list[Item]:
        """Translate input of the model: instructions, prompts, tool results."""
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
                items += self._item_of(part)
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

    def _output(self, message: Message) -> list[Item]:
        """Translate output of a model, with this vendor's items unchanged."""
        # The API rejects items without the reasoning item before them. It rejects reasoning if
        # nothing follows it, or if it is neither stored nor contained in encrypted form.
        linked = any(part.type == "reasoning" and self._reasoning(part) for part in message.parts)
        items: list[Item] = []
        for part in message.parts:
            if isinstance(part, TextPart):
                self._text(part, items, linked=linked)
            elif isinstance(part, ReasoningPart):
                items += self._reasoning(part)
            elif isinstance(part, ToolCall):
                items.append(self._call(part, linked=linked))
            elif isinstance(part, RefusalPart):
                items.append({**_ASSISTANT, "content": part.text})
            elif isinstance(part, ProviderPart):
                items += self._item_of(part)
                options = state_of(part.signature, self._dialect.name)
                self._problems += [
                    f"the option {name!r} in {self._where}"
                    for name in sorted(options.keys() - RESPONSE_FIELDS)
                ]
            elif isinstance(part, ImagePart):  # generated by a tool of this vendor
                state = state_of(part.signature, self._dialect.mark)
                items.append({**state, "result": base64_text(part.data or b"")})
            else:
                self._misplaced(part)
        while items and items[-1].get("type") == "reasoning":
            items.pop()
        return items

    def _text(self, part: TextPart, items: list[Item], *, linked: bool) -> None:
        state = state_of(part.signature, self._dialect.mark)
        if not linked or "id" not in state:
            phase = {"phase": state["phase"]} if "phase" in state else {}
            items.append({**_ASSISTANT, "content": part.text, **phase})
            return
        content: Item = {"type": "output_text", "text": part.text, "annotations": []}
        if items and items[-1].get("id") == state["id"]:
            items[-1]["content"].append(content)
        else:
            items.append({**_ASSISTANT, "status": "completed", **state, "content": [content]})

    def _reasoning(self, part: ReasoningPart) -> list[Item]:
        state = state_of(part.signature, self._dialect.mark)
        return [state] if state and (self._stored or state.get("encrypted_content")) else []

    def _call(self, call: ToolCall, *, linked: bool) -> Item:
        fields: Item = {"call_id": call.id, "name": call.name}
        state = state_of(call.signature, self._dialect.mark)
        self._repeated[call.id] = {name: state[name] for name in _REPEATED if name in state}
        if not linked:
            state = {name: value for name, value in state.items() if name != "id"}
        if state.get("type") == "custom_tool_call":
            self._custom.add(call.id)
            return {**state, **fields, "input": custom_input(call)}
        return {"type": "function_call", **state, **fields, "arguments": arguments_json(call)}

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

    def _item_of(self, part: ProviderPart) -> list[Item]:
        state = state_of(part.signature, self._dialect.mark)
        return [state] if state else []

    def _misplaced(self, part: Part) -> None:
        if not isinstance(part, ReasoningPart):
            self._problems.append(describe_part(part, self._where))


def _input_text(text: str) -> Json:
    return {"type": "input_text", "text": text}


def _plain(content: list[Json]) -> Json:
    """Return a single text as a string, and all other content as parts."""
    if not content:
        return ""
    if len(content) == 1 and len(content[0]) == 2 and "text" in content[0]:
        return content[0]["text"]
    return content
