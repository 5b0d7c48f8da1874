"""Answers in several messages: between them the vendor ran tools of its own.

Mistral gives such an answer as `messages` instead of a `message`, and numbers the deltas of a
stream ("Using Connectors in Chat Completions"). What its tools were asked and gave is kept, but not
sent back: the text that follows it is what the model made of it.
"""

from collections.abc import Sequence

from chatmodels.http.wire import Json, lenient
from chatmodels.openai_compatible._content import content_parts
from chatmodels.openai_compatible._wire import WireMessage, WireToolCall


def joined(messages: Json, steps: list[Json], warnings: list[str]) -> WireMessage | None:
    """Join the messages of an answer to what the model says and asks of the caller.

    Args:
        messages: What there is instead of one message.
        steps: Calls of the vendor's tools, and what they gave, are added here.
        warnings: What is not readable is told here.
    """
    if messages is None:
        return None
    wires = lenient(messages, list[WireMessage], "the messages were", warnings) or []
    content: list[Json] = []
    calls: list[WireToolCall] = []
    answered = {wire.tool_call_id for wire in wires if wire.tool_call_id is not None}
    for wire in wires:
        if not is_result(wire, steps):
            calls += own_calls(wire.tool_calls or (), steps, answered)
            content += content_parts(wire.content)
    return WireMessage(content=content, tool_calls=calls)


def is_result(wire: WireMessage, steps: list[Json]) -> bool:
    """Tell whether a message, or some more of one, is what a tool of the vendor's gave."""
    if wire.tool_call_id is None:
        return False
    result = {"role": "tool", "tool_call_id": wire.tool_call_id, "content": wire.content}
    steps.append(result)
    return True


def own_calls(
    calls: Sequence[WireToolCall], steps: list[Json], answered: frozenset[str] | set[str]
) -> list[WireToolCall]:
    """Choose the calls that the caller has to answer."""
    own: list[WireToolCall] = []
    for call in calls:
        if call.metadata is None and call.id not in answered:
            own.append(call)
            continue
        asked = call.function
        function = None if asked is None else {"name": asked.name, "arguments": asked.arguments}
        steps.append({"id": call.id, "function": function, "metadata": call.metadata})
    return own
