"""Writes messages of LangChain with its standard content blocks."""

from collections.abc import Sequence
from typing import Any, TypeAlias, assert_never

from chatmodels.core._errors.classes import ConfigurationError, ToolArgumentsError
from chatmodels.core._interop.state import base64_of
from chatmodels.core._values.messages import Message, Prompt, as_messages
from chatmodels.core._values.parts import (
    AudioPart,
    Citation,
    FilePart,
    ImagePart,
    Json,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)

Object: TypeAlias = dict[str, Json]


def messages_to_langchain(messages: Prompt, /) -> list[Any]:
    """Convert a conversation to messages of LangChain (`langchain_core.messages`).

    Requires langchain-core 1.0 or newer. State that only one vendor understands is omitted.

    Args:
        messages: The conversation, in any form that `generate` accepts.

    Raises:
        ConfigurationError: langchain-core is not installed.
    """
    try:
        from langchain_core import messages as langchain  # pyright: ignore - an extra
    except ImportError as error:
        raise ConfigurationError(
            "messages_to_langchain() needs langchain-core; try: pip install langchain-core"
        ) from error
    return _written(as_messages(messages), langchain)


def _written(messages: Sequence[Message], langchain: Any) -> list[Any]:
    written: list[Any] = []
    kinds: dict[str, Any] = {"system": langchain.SystemMessage, "user": langchain.HumanMessage}
    for message in messages:
        results = [part for part in message.parts if isinstance(part, ToolResult)]
        others = [part for part in message.parts if not isinstance(part, ToolResult | ProviderPart)]
        written += [
            langchain.ToolMessage(
                content=_plain(_blocks(result.content)),
                tool_call_id=result.id,
                name=result.name,
                status="error" if result.is_error else "success",
            )
            for result in results
        ]
        if message.role == "assistant":
            written.append(langchain.AIMessage(name=message.name, **_assistant(message)))
        elif others or not results:
            kind = kinds.get(message.role, langchain.HumanMessage)
            written.append(kind(name=message.name, content=_plain(_blocks(message.parts))))
    return written


def _assistant(message: Message) -> Object:
    calls: list[Object] = []
    invalid: list[Object] = []
    for call in message.tool_calls:
        try:
            calls.append({"id": call.id, "name": call.name, "args": call.arguments})
        except ToolArgumentsError as error:
            fields = {"id": call.id, "name": call.name, "args": call.arguments_json}
            invalid.append({**fields, "error": error.message})
    content = _plain(_blocks(message.parts))
    return {"content": content, "tool_calls": calls, "invalid_tool_calls": invalid}


def _blocks(parts: Sequence[Part]) -> list[Object]:
    blocks: list[Object] = []
    for part in parts:
        match part:
            case TextPart():
                notes = [_annotation(citation) for citation in part.citations]
                noted = {"annotations": notes} if notes else {}
                blocks.append({"type": "text", "text": part.text, **noted})
            case ReasoningPart():
                blocks += [{"type": "reasoning", "reasoning": part.text}] if part.text else []
            case RefusalPart():
                blocks.append({"type": "refusal", "refusal": part.text})
            case ImagePart() | AudioPart():
                blocks.append({"type": part.type, **_source(part)})
            case FilePart():
                video = (part.media_type or "").startswith("video/")
                named = {} if part.name is None else {"extras": {"filename": part.name}}
                blocks.append({"type": "video" if video else "file", **_source(part), **named})
            case ToolCall() | ToolResult() | ProviderPart():
                pass  # calls are fields, and results are messages
            case _:
                assert_never(part)
    return blocks


def _source(part: ImagePart | AudioPart | FilePart) -> Object:
    kind = {} if part.media_type is None else {"mime_type": part.media_type}
    if part.data is not None:
        return {"base64": base64_of(part.data), **kind}
    if part.url is not None:
        return {"url": part.url, **kind}
    return {"file_id": part.file_id, **kind}


def _annotation(citation: Citation) -> Object:
    fields = {
        "url": citation.url,
        "title": citation.title,
        "cited_text": citation.quote,
        "start_index": citation.start,
        "end_index": citation.end,
    }
    return {"type": "citation"} | {name: value for name, value in fields.items() if value}


def _plain(blocks: list[Object]) -> Json:
    """Return a single text as a str, and other content as blocks."""
    if not blocks:
        return ""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return blocks[0]["text"]
    return blocks
