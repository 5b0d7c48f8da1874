"""Renames the tools of a request whose names a vendor does not accept."""

import re
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec.structs import replace

from chatmodels.core import ChatRequest, Message, Part, ToolCall, ToolChoice, ToolResult

_MAX_CACHED = 4_096  # names
_NAMED = frozenset({"tool_call", "tool_result"})
_NAMED_TYPES = (ToolCall, ToolResult)
_NONE: Mapping[str, str] = {}


def accepted_names(request: ChatRequest, pattern: str, longest: int) -> Mapping[str, str]:
    """Map the names of tools that a vendor does not accept to names that it accepts.

    A tool has one name in its definition, in the tool choice and in all calls and results. The name
    depends on the other names only if two of them become equal.

    Args:
        request: The request.
        pattern: The characters of a name, as the inside of a character class. With a "^" at its
            start, names cannot begin with a digit or a dash.
        longest: The largest number of characters.
    """
    names: set[str] = set()
    for tool in request.tools:
        names.add(tool.name)
    for message in request.messages:
        for part in message.parts:
            # `type` is compared first, since `isinstance` is slow for structs of another class.
            if part.type in _NAMED and isinstance(part, _NAMED_TYPES) and part.name is not None:
                names.add(part.name)
    if not names:
        return _NONE
    wrong = [name for name in names if accepted_name(name, pattern, longest) != name]
    if not wrong:
        return _NONE
    wrong.sort()
    plain = [accepted_name(name, pattern, longest) for name in wrong]
    taken = {*names, *(name for name in plain if plain.count(name) > 1)}
    return {
        name: _marked(short, name, longest) if short in taken else short
        for name, short in zip(wrong, plain, strict=True)
    }


def rename_tools(request: ChatRequest, names: Mapping[str, str]) -> ChatRequest:
    """Rename tools in the definitions, the choice and the conversation."""
    choice = request.tool_choice
    if choice is not None and choice.name is not None:
        choice = ToolChoice(choice.mode, names.get(choice.name, choice.name))
    return replace(
        request,
        tools=tuple(
            replace(tool, name=names[tool.name]) if tool.name in names else tool
            for tool in request.tools
        ),
        tool_choice=choice,
        messages=tuple(_message(message, names) for message in request.messages),
    )


def _message(message: Message, names: Mapping[str, str]) -> Message:
    parts = tuple(_part(part, names) for part in message.parts)
    return message if _same(parts, message.parts) else replace(message, parts=parts)


def _same(parts: Sequence[Part], others: Sequence[Part]) -> bool:
    return all(part is other for part, other in zip(parts, others, strict=True))


def _part(part: Part, names: Mapping[str, str]) -> Part:
    if not isinstance(part, ToolCall | ToolResult) or part.name is None or part.name not in names:
        return part
    return replace(part, name=names[part.name])


@lru_cache(_MAX_CACHED)
def accepted_name(name: str, pattern: str, longest: int) -> str:
    """Replace the characters that a vendor rejects, and shorten a long name with a checksum.

    The arguments are those of `accepted_names`.
    """
    short = re.sub(f"[^{pattern.removeprefix('^')}]", "_", name) or "_"
    if pattern.startswith("^") and not (short[0].isalpha() or short[0] == "_"):
        short = f"_{short}"
    return short if len(short) <= longest else _marked(short, name, longest)


def _marked(short: str, name: str, longest: int) -> str:
    mark = f"{zlib.crc32(name.encode(errors='replace')):08x}"
    return f"{short[: longest - len(mark) - 1]}_{mark}"
