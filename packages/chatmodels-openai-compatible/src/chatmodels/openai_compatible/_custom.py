"""Custom tools: calls with free text instead of JSON, which becomes the argument `input`."""

import msgspec

from chatmodels.core import ToolArgumentsError, ToolCall

CUSTOM_BEGIN, CUSTOM_END = '{"input":"', '"}'


def custom_arguments(text: str) -> str:
    """Write the input of a custom tool as a JSON object, the form of arguments."""
    return f"{CUSTOM_BEGIN}{escape(text)}{CUSTOM_END}"


def escape(text: str) -> str:
    """Escape text for a JSON string; chunks can be escaped one by one."""
    return msgspec.json.encode(text)[1:-1].decode()


def custom_input(call: ToolCall) -> str:
    """Return the free text in a call of a custom tool."""
    try:
        return str(call.arguments.get("input", ""))
    except ToolArgumentsError:  # cut off with the response
        return call.arguments_json
