"""Reads the items of an answer as parts of a message."""

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
from chatmodels.openai_compatible._reading import read_logprobs
from chatmodels.openai_compatible.responses._wire import (
    Item,
    WireCall,
    WireContent,
    WireMessage,
    WireReasoning,
)

CALLS = frozenset({"function_call", "custom_tool_call"})
"""The items that ask the caller to run a tool of its own."""

_ASKING = frozenset(
    {
        "apply_patch_call",
        "computer_call",
        "local_shell_call",
        "mcp_approval_request",
        "shell_call",
        "tool_search_call",
    }
)
"""The items of OpenAI's own tools that the caller may have to run or to approve."""

_OF_CALLS = frozenset({"call_id", "name", "arguments", "input", "status"})


def parts_of(item: Item, mark: str) -> list[tuple[int, Part]]:
    """Read one item as parts, each with its place in the item.

    Args:
        item: The item, complete.
        mark: What marks the opaque state of the vendor.

    Raises:
        msgspec.ValidationError: What carries the answer is not as it should be.
    """
    if not item:
        return []
    kind = kind_of(item)
    if kind == "message":
        return _said(msgspec.convert(item, WireMessage), mark)
    if kind == "reasoning":
        wire = msgspec.convert(item, WireReasoning)
        thought = _joined(wire.summary) or _joined(wire.content)
        return [(0, ReasoningPart(thought, ProviderState(mark, item)))]
    if kind in CALLS:
        return [(0, call_of(item, mark))]
    if kind == "image_generation_call" and (image := _image(item, mark)) is not None:
        return [(0, image)]
    return [(0, ProviderPart(ProviderState(mark, item)))]


def kind_of(item: Item) -> str | None:
    """Tell the type of an item."""
    return text_or_none(item.get("type"))


def asks_caller(items: Sequence[Item]) -> bool:
    """Return whether items of the vendor's own tools wait for the caller.

    The vendor runs some of them itself. Their outputs are then among the items, or a field says so.
    """
    waiting: set[Json] = set()
    for item in items:
        if kind_of(item) in _ASKING and item.get("execution") != "server":
            waiting.add(text_or_none(item.get("call_id")))
    if not waiting:
        return False
    outputs = (item for item in items if (kind_of(item) or "").endswith("_output"))
    return not waiting <= {text_or_none(item.get("call_id")) for item in outputs}


def call_of(item: Item, mark: str) -> ToolCall:
    """Read the call of a tool; a custom tool's free text becomes the argument `input`.

    Raises:
        msgspec.ValidationError: It is not as it should be.
    """
    wire = msgspec.convert(item, WireCall)
    arguments = wire.arguments or ""
    kept = {name: value for name, value in item.items() if name not in _OF_CALLS}
    if wire.type == "custom_tool_call":
        arguments = custom_arguments(wire.input or "")
    else:
        kept.pop("type", None)
    signature = ProviderState(mark, kept) if kept else None
    return ToolCall(wire.call_id or wire.id or "", wire.name or "", arguments, signature)


def logprobs_of(item: Item, warnings: list[str]) -> tuple[TokenLogprob, ...]:
    """Read the probabilities of a message's tokens."""
    logprobs: tuple[TokenLogprob, ...] = ()
    if item.get("type") == "message":
        for part in objects(item.get("content")):
            if part.get("logprobs"):
                logprobs += read_logprobs({"content": part["logprobs"]}, warnings)
    return logprobs


def _said(wire: WireMessage, mark: str) -> list[tuple[int, Part]]:
    kept: dict[str, Json] = {}
    if wire.id:
        kept["id"] = wire.id
    if wire.phase:
        kept["phase"] = wire.phase
    signature = ProviderState(mark, kept) if kept else None
    parts: list[tuple[int, Part]] = []
    for place, content in enumerate(wire.content or ()):
        if content.text:
            citations = _citations(content.annotations) if content.annotations else ()
            parts.append((place, TextPart(content.text, citations, signature)))
        if content.refusal:
            parts.append((place, RefusalPart(content.refusal)))
    return parts


def _joined(contents: Sequence[WireContent] | None) -> str:
    return "".join(content.text or "" for content in contents or ())


def _citations(annotations: Json) -> tuple[Citation, ...]:
    """Read what a text cites: pages, files, and files that code of the model wrote."""
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
    kept = {name: value for name, value in item.items() if name != "result"}
    encoding = text_or_none(item.get("output_format")) or "png"
    kind = "image/svg+xml" if encoding == "svg" else f"image/{encoding}"
    return ImagePart(data=data, media_type=kind, signature=ProviderState(mark, kept))
