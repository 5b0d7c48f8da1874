"""Translates messages into the vendor's JSON."""

from collections.abc import Sequence
from typing import assert_never

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
    describe_part,
    objects,
    state_of,
)
from chatmodels.openai_compatible._custom import custom_input
from chatmodels.openai_compatible._dialect import Dialect
from chatmodels.openai_compatible._media import encode_media
from chatmodels.openai_compatible._reading import REASONING_FIELD

_PLAIN = PlainForm({"role": "user", "content": TEXT}, {"role": "assistant", "content": TEXT})
_NOT_FIELDS = frozenset({"content", "steps"})


def encode_conversation(messages: Sequence[Message], dialect: Dialect, problems: list[str]) -> Json:
    """Translate a conversation; unsupported parts are added to the problems."""
    if isinstance(messages, PlainMessages) and dialect.adapt is None:
        instructions = encode_conversation(messages.instructions, dialect, problems)
        return _PLAIN.encode(messages, before=instructions)
    encoded: list[dict[str, Json]] = []
    roles = {"system": dialect.system_role, "user": "user", "assistant": "assistant"}
    for number, message in numbered(messages):
        parts = message.parts
        if len(parts) == 1 and type(part := parts[0]) is TextPart and message.name is None:
            role = roles.get(message.role)  # most messages are one text
            if role is not None:
                encoded.append({"role": role, "content": part.text})
                continue
        unsupported: list[str] = []
        match message.role:
            case "system":
                encoded.append(_system(message, dialect, unsupported))
            case "user":
                encoded.append(_user(message, dialect, unsupported))
            case "assistant":
                encoded.append(_assistant(message, dialect, unsupported))
            case "tool":
                encoded += _results(message, dialect, unsupported)
            case _:
                assert_never(message.role)
        if unsupported:
            problems += [f"{problem} (message {number})" for problem in unsupported]
    return encoded


def _system(message: Message, dialect: Dialect, problems: list[str]) -> dict[str, Json]:
    content = _mixed(message.parts, "a system message", dialect, problems)
    return _named(message, dialect, {"role": dialect.system_role, "content": content})


def _user(message: Message, dialect: Dialect, problems: list[str]) -> dict[str, Json]:
    content = _mixed(message.parts, "a user message", dialect, problems)
    return _named(message, dialect, {"role": "user", "content": content})


def _mixed(
    parts: Sequence[Part],
    where: str,
    dialect: Dialect,
    problems: list[str],
) -> str | list[Json]:
    if len(parts) == 1 and parts[0].type == "text":  # the most common case
        return parts[0].text
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    if len(texts) == len(parts):
        return [{"type": "text", "text": text} for text in texts] if texts else ""
    content: list[Json] = []
    for part in parts:
        if isinstance(part, TextPart):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, ImagePart | AudioPart | FilePart):
            content.append(encode_media(part))
        elif isinstance(part, ProviderPart) and content:
            content[-1] |= state_of(part.signature, dialect.name)
        elif isinstance(part, ProviderPart) and state_of(part.signature, dialect.name):
            problems.append(f"options before any part in {where}")
        else:
            _misplaced(part, where, problems)
    plain = len(content) == 1 and content[0].keys() == {"type", "text"}
    return content[0]["text"] if plain else content


def _assistant(message: Message, dialect: Dialect, problems: list[str]) -> dict[str, Json]:
    encoded: dict[str, Json] = {"role": "assistant", "content": None}
    texts: list[dict[str, Json]] = []
    refusals: list[str] = []
    reasoning: list[ReasoningPart] = []
    calls: list[dict[str, Json]] = []
    chunks: list[dict[str, Json]] = []
    for part in message.parts:
        if isinstance(part, TextPart):
            texts.append({"type": "text", "text": part.text})
        elif isinstance(part, ToolCall):
            calls.append(_call(part, dialect))
        elif isinstance(part, ReasoningPart):
            reasoning.append(part)
        elif isinstance(part, RefusalPart):
            refusals.append(part.text)
        elif isinstance(part, AudioPart) and part.file_id is not None:
            if "audio" in encoded:
                problems.append("a second audio in an assistant message")
            encoded["audio"] = {"id": part.file_id}
        elif isinstance(part, ProviderPart):
            state = dict(state_of(part.signature, dialect.name))
            for name in sorted(state.keys() & (dialect.text_fields or ())):
                if texts:
                    texts[-1][name] = state.pop(name)
                else:
                    problems.append(f"the option {name!r} of a text without a text before it")
            chunks += objects(state.get("content"))
            encoded.update({name: state[name] for name in state if name not in _NOT_FIELDS})
        else:
            _misplaced(part, "an assistant message", problems)
    if texts or not (calls or refusals or "audio" in encoded):
        encoded["content"] = _text_content(texts, dialect)
    if refusals:
        encoded["refusal"] = "".join(refusals)
    if calls:
        encoded["tool_calls"] = calls
    if reasoning:
        encoded.update(_reasoning_fields(reasoning, dialect))
    thinking = _thinking(reasoning, dialect)
    if thinking or chunks:
        encoded["content"] = [*thinking, *texts, *chunks]
    return _named(message, dialect, encoded)


def _text_content(texts: list[dict[str, Json]], dialect: Dialect) -> str | list[Json]:
    """Return the texts of the model as they are, if there are several or one has options."""
    if dialect.text_fields is None or (len(texts) < 2 and all(len(text) == 2 for text in texts)):
        return "".join(str(text["text"]) for text in texts)
    return [*texts]


def _results(message: Message, dialect: Dialect, problems: list[str]) -> list[dict[str, Json]]:
    encoded: list[dict[str, Json]] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            content = _mixed(part.content, "a tool result", dialect, problems)
            encoded.append({"role": "tool", "tool_call_id": part.id, "content": content})
        else:
            _misplaced(part, "a tool message", problems)
    return encoded


def _call(call: ToolCall, dialect: Dialect) -> dict[str, Json]:
    state = {} if call.signature is None else state_of(call.signature, dialect.name)
    if state.get("type") == "custom":
        custom = {"name": call.name, "input": custom_input(call)}
        return {"id": call.id, **state, "custom": custom}
    function = {"name": call.name, "arguments": arguments_json(call)}
    encoded = {"id": call.id, "type": "function", "function": function}
    return encoded | state if state else encoded


def _reasoning_fields(reasoning: Sequence[ReasoningPart], dialect: Dialect) -> dict[str, Json]:
    """Return the fields that send reasoning back; none for vendors that do not accept it."""
    blocks = [
        block
        for part in reasoning
        for block in objects(state_of(part.signature, dialect.name).get("thinking_blocks"))
    ]
    if blocks:  # the API that returned them accepts them back
        return {"thinking_blocks": blocks}
    if dialect.reasoning_details:
        details = [
            detail
            for part in reasoning
            if part.signature is not None and part.signature.format == dialect.name
            for detail in objects(part.signature.data)
        ]
        if details:
            return {"reasoning_details": details}
    text = "".join(part.text for part in reasoning)
    field = dialect.reasoning_field
    if field == "as_sent":
        states = (state_of(part.signature, dialect.name) for part in reasoning)
        fields = [state[REASONING_FIELD] for state in states if REASONING_FIELD in state]
        return {fields[0]: text} if fields else {}
    return {field: text} if field and field != "content" and text else {}


def _thinking(reasoning: Sequence[ReasoningPart], dialect: Dialect) -> list[dict[str, Json]]:
    """Return Mistral's reasoning as parts of the content."""
    if dialect.reasoning_field != "content":
        return []
    return [
        {**state, "thinking": [{"type": "text", "text": part.text}]}
        for part in reasoning
        if (state := state_of(part.signature, dialect.name))
    ]


def _misplaced(part: Part, where: str, problems: list[str]) -> None:
    # Reasoning and a vendor's own parts are never an error: they are left out elsewhere.
    if not isinstance(part, ReasoningPart | ProviderPart):
        problems.append(describe_part(part, where))


def _named(message: Message, dialect: Dialect, encoded: dict[str, Json]) -> dict[str, Json]:
    if message.name is not None and dialect.speaker_names:
        encoded["name"] = message.name
    return encoded
