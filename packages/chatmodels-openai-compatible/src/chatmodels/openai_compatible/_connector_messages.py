"""Reads responses of several messages, between which the vendor ran its own tools.

Mistral sends such a response as `messages` instead of a `message`, and numbers the deltas of a
stream ("Using Connectors in Chat Completions"). Calls and results of these tools are stored, but
not sent back: the text after them contains the model's conclusions.
"""

from collections.abc import Sequence

from chatmodels.http.wire import Json, lenient
from chatmodels.openai_compatible._content import content_parts
from chatmodels.openai_compatible._wire import WireMessage, WireToolCall


def join_messages(messages: Json, steps: list[Json], warnings: list[str]) -> WireMessage | None:
    """Join the messages of a response to one, with the text and the calls for the caller.

    Args:
        messages: The `messages` of a choice.
        steps: The list to which calls and results of the vendor's tools are added.
        warnings: The list to which a warning is added if the messages are not readable.
    """
    if messages is None:
        return None
    wires = lenient(messages, list[WireMessage], "the messages were", warnings) or []
    content: list[Json] = []
    calls: list[WireToolCall] = []
    answered = {wire.tool_call_id for wire in wires if wire.tool_call_id is not None}
    for wire in wires:
        if not is_result(wire, steps):
            calls += calls_of_caller(wire.tool_calls or (), steps, answered)
            content += content_parts(wire.content)
    return WireMessage(content=content, tool_calls=calls)


def is_result(wire: WireMessage, steps: list[Json]) -> bool:
    """Return whether a message or a delta is the result of a vendor's tool, and store it if so."""
    if wire.tool_call_id is None:
        return False
    result = {"role": "tool", "tool_call_id": wire.tool_call_id, "content": wire.content}
    steps.append(result)
    return True


def calls_of_caller(
    calls: Sequence[WireToolCall], steps: list[Json], answered: frozenset[str] | set[str]
) -> list[WireToolCall]:
    """Return the calls that the caller has to run, and store those of the vendor's tools."""
    callers: list[WireToolCall] = []
    for call in calls:
        if call.metadata is None and call.id not in answered:
            callers.append(call)
            continue
        wire = call.function
        function = None if wire is None else {"name": wire.name, "arguments": wire.arguments}
        steps.append({"id": call.id, "function": function, "metadata": call.metadata})
    return callers
