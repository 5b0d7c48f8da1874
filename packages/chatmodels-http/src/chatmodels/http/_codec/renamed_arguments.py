"""Renames the arguments of tools whose names a vendor does not accept, in both directions."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatRequest, Message, ToolArgumentsError, ToolCall

RenamedArguments = Mapping[str, Mapping[str, str]]
"""The caller's names of arguments, by the names of the tool and of the argument that are sent."""


def rename_arguments(request: ChatRequest, names: RenamedArguments, /) -> ChatRequest:
    """Rename the arguments of the calls in a conversation, as they are in the schemas."""
    sent = {tool: {own: name for name, own in each.items()} for tool, each in names.items()}
    messages = tuple(_message(message, sent) for message in request.messages)
    return replace(request, messages=messages)


def restored_call(call: ToolCall, names: RenamedArguments, /) -> ToolCall:
    """Return a call with the caller's names of its arguments."""
    return _renamed(call, names.get(call.name, {}))


def _message(message: Message, names: RenamedArguments) -> Message:
    parts = tuple(
        _renamed(part, names[part.name])
        if isinstance(part, ToolCall) and part.name in names
        else part
        for part in message.parts
    )
    return message if parts == message.parts else replace(message, parts=parts)


def _renamed(call: ToolCall, names: Mapping[str, str]) -> ToolCall:
    try:
        arguments = call.arguments
    except ToolArgumentsError:  # cut off; they stay as they are
        return call
    if names.keys().isdisjoint(arguments):
        return call
    renamed = {names.get(name, name): value for name, value in arguments.items()}
    return replace(call, arguments_json=msgspec.json.encode(renamed).decode())
