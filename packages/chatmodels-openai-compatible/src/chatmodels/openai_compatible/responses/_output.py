"""Reads the items of a response as parts of a message."""

import base64
from collections.abc import Sequence

import msgspec

from chatmodels.core import (
    Citation,
    ImagePart,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    TokenLogprob,
    ToolCall,
)
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json, integer_or_none, objects, text_or_none
from chatmodels.openai_compatible._custom import custom_arguments
from chatmodels.openai_compatible._logprobs import read_logprobs
from chatmodels.openai_compatible.responses._wire import (
    Item,
    WireCall,
    WireContent,
    WireMessage,
    WireReasoning,
)

CALLS = frozenset({"function_call", "custom_tool_call"})
"""The items that request a call of one of the caller's tools."""

_CALLER_ITEMS = frozenset(
    {
        "apply_patch_call",
        "computer_call",
        "local_shell_call",
        "mcp_approval_request",
        "shell_call",
        "tool_search_call",
    }
)
"""The items of OpenAI's own tools that the caller can have to run or to approve."""

_CALL_FIELDS = frozenset({"call_id", "name", "arguments", "input", "status"})


def parts_of(item: Item, mark: str) -> list[tuple[int, Part]]:
    """Read one item as parts, each with its position in the item.

    Args:
        item: The complete item.
        mark: The format of the vendor's opaque state.

    Raises:
        msgspec.ValidationError: The content of the item is not valid.
    """
    if not item:
        return []
    kind = kind_of(item)
    if kind == "message":
        return _message_parts(msgspec.convert(item, WireMessage), mark)
    if kind == "reasoning":
        wire = msgspec.convert(item, WireReasoning)
        reasoning = _join(wire.summary) or _join(wire.content)
        return [(0, ReasoningPart(reasoning, ProviderState(mark, item)))]
    if kind in CALLS:
        return [(0, call_of(item, mark))]
    if kind == "image_generation_call" and (image := _image(item, mark)) is not None:
        return [(0, image)]
    return [(0, ProviderPart(ProviderState(mark, item)))]


def kind_of(item: Item) -> str | None:
    """Return the type of an item."""
    return text_or_none(item.get("type"))


def waiting_items(items: Sequence[Item]) -> list[Item]:
    """Return the calls of the vendor's own tools that wait for the caller.

    The vendor runs some of them itself, and then sends their outputs as items, or marks the calls.
    """
    outputs = {
        text_or_none(item.get("call_id"))
        for item in items
        if (kind_of(item) or "").endswith("_output")
    }
    return [
        item
        for item in items
        if kind_of(item) in _CALLER_ITEMS
        and item.get("execution") != "server"
        and text_or_none(item.get("call_id")) not in outputs
    ]


def call_of(item: Item, mark: str) -> ToolCall:
    """Read the call of a tool; a custom tool's free text becomes the argument `input`.

    Raises:
        msgspec.ValidationError: The item is not a valid call.
    """
    wire = msgspec.convert(item, WireCall)
    arguments = wire.arguments or ""
    state = {name: value for name, value in item.items() if name not in _CALL_FIELDS}
    if wire.type == "custom_tool_call":
        arguments = custom_arguments(wire.input or "")
    else:
        state.pop("type", None)
    signature = ProviderState(mark, state) if state else None
    return ToolCall(wire.call_id or wire.id or "", wire.name or "", arguments, signature)


def logprobs_of(item: Item, warnings: list[str]) -> tuple[TokenLogprob, ...]:
    """Read the log probabilities of a message's tokens."""
    logprobs: tuple[TokenLogprob, ...] = ()
    if item.get("type") == "message":
        for part in objects(item.get("content")):
            if part.get("logprobs"):
                logprobs += read_logprobs({"content": part["logprobs"]}, warnings)
    return logprobs


def _message_parts(wire: WireMessage, mark: str) -> list[tuple[int, Part]]:
    state: dict[str, Json] = {}
    if wire.id:
        state["id"] = wire.id
    if wire.phase:
        state["phase"] = wire.phase
    signature = ProviderState(mark, state) if state else None
    parts: list[tuple[int, Part]] = []
    for place, content in enumerate(wire.content or ()):
        if content.text:
            citations = _citations(content.annotations) if content.annotations else ()
            parts.append((place, TextPart(content.text, citations, signature)))
        if content.refusal:
            parts.append((place, RefusalPart(content.refusal)))
    return parts


def _join(contents: Sequence[WireContent] | None) -> str:
    return "".join(content.text or "" for content in contents or ())


def _citations(annotations: Json) -> tuple[Citation, ...]:
    """Read the citations of a text: pages, files, and files that code of the model wrote."""
    return tuple(
        Citation(
            url=text_or_none(note.get("url")),
            title=text_or_none(note.get("title")) or text_or_none(note.get("filename")),
            start=integer_or_none(note.get("start_index")),
            end=integer_or_none(note.get("end_index")),
            source=text_or_none(note.get("file_id")),
        )
        for note in objects(annotations)
    )


def _image(item: Item, mark: str) -> ImagePart | None:
    result = item.get("result")
    if not isinstance(result, str) or not result:
        return None
    try:
        data = base64.b64decode(result, validate=True)
    except ValueError:
        return None
    state = {name: value for name, value in item.items() if name != "result"}
    encoding = text_or_none(item.get("output_format")) or "png"
    kind = "image/svg+xml" if encoding == "svg" else f"image/{encoding}"
    return ImagePart(data=data, media_type=kind, signature=ProviderState(mark, state))
