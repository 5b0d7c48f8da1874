"""Replies of a simulated model: configured ones, or generated ones that match the request."""

from typing import Any

import msgspec

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    Message,
    Part,
    RefusalPart,
    ToolCall,
    Usage,
    assistant,
)
from chatmodels.core.extending import ToolDefinition
from chatmodels.testing._example_value import example_value
from chatmodels.testing._fault import Fault
from chatmodels.testing._fault_plan import error_fault
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._recordings import Recording
from chatmodels.testing._simulated_response import SimulatedResponse

ReplyContent = str | Part | tuple[str | Part, ...] | Message | ChatResponse[Any]
Reply = ReplyContent | ErrorCode | Fault | Recording | SimulatedResponse
"""A reply that can be queued: content, an error, a fault, a recording, or an HTTP response."""


def validate_reply(reply: Reply, /) -> Reply:
    """Check that a reply is valid, so that mistakes raise an error when it is queued.

    Raises:
        TypeError: It has another type.
        ValueError: It is an error code that no provider reports.
    """
    if isinstance(reply, ErrorCode):
        return error_fault(reply)
    if isinstance(reply, Message | ChatResponse | Fault | Recording | SimulatedResponse):
        return reply
    for item in reply if isinstance(reply, tuple) else (reply,):
        if not isinstance(item, str | Part) or isinstance(item, ErrorCode):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            raise TypeError(
                "a reply of a simulator must be a text, a part, a tuple of these, a Message, a "
                "ChatResponse, an ErrorCode, a Fault, a Recording or a SimulatedResponse, not "
                f"{item!r}; pass output of a type as its JSON"
            )
    return reply


def to_response(reply: ReplyContent, parsed: ParsedRequest, identity: str, /) -> ChatResponse[Any]:
    """Convert reply content to a whole response."""
    if isinstance(reply, ChatResponse):
        return _complete(reply, parsed, identity)
    if isinstance(reply, tuple):
        message = assistant(*reply)
    elif isinstance(reply, Message):
        message = reply
    else:
        message = assistant(reply)
    return _response(message, parsed, identity)


def simulate(parsed: ParsedRequest, identity: str, /) -> ChatResponse[Any]:
    """Generate a response that matches the request, or its rest if the request begins it.

    Raises:
        ValueError: A schema in the request cannot be satisfied.
    """
    choice = parsed.tool_choice
    forced = choice is not None and choice.mode in {"required", "tool"}
    if (
        parsed.tools
        and (forced or not parsed.results)
        and (choice is None or choice.mode != "none")
    ):
        name = choice.name if choice is not None else None
        called = [tool for tool in parsed.tools if name in {None, tool.name}]
        if parsed.results:  # only the last one, which mostly stands for structured output
            called = called[-1:]
        calls = [_call(tool, f"call_{identity}_{position}") for position, tool in enumerate(called)]
        return _response(assistant(*calls), parsed, identity)
    if parsed.output is not None:
        value = example_value(parsed.output.schema or {"type": "object"})
        text = msgspec.json.encode(value).decode()
    elif parsed.results:
        text = f"The tools returned: {' / '.join(parsed.results)}"
    else:
        text = f"You said: {parsed.text}".removeprefix(parsed.prefill)
    return _response(assistant(text), parsed, identity)


def _call(tool: ToolDefinition, identity: str) -> ToolCall:
    arguments = msgspec.json.encode(example_value(tool.parameters)).decode()
    return ToolCall(identity, tool.name, arguments)


def _response(message: Message, parsed: ParsedRequest, identity: str) -> ChatResponse[Any]:
    calls = any(isinstance(part, ToolCall) for part in message.parts)
    reason = "tool_calls" if calls else "stop"
    return _complete(ChatResponse(message=message, finish_reason=reason), parsed, identity)


def _complete(
    response: ChatResponse[Any], parsed: ParsedRequest, identity: str
) -> ChatResponse[Any]:
    output = _words(response.message)
    reasoning = len(response.reasoning.split())
    usage = Usage(
        input_tokens=parsed.words,
        output_tokens=output,
        total_tokens=parsed.words + output,
        reasoning_tokens=reasoning,
    )
    return msgspec.structs.replace(
        response,
        id=response.id or identity,
        model=response.model or parsed.model,
        usage=usage if response.usage == Usage() else response.usage,
    )


def _words(message: Message) -> int:
    texts = [message.text, message.reasoning]
    texts += [part.text for part in message.parts if isinstance(part, RefusalPart)]
    texts += [call.arguments_json for call in message.tool_calls]
    return sum(len(text.split()) for text in texts)
