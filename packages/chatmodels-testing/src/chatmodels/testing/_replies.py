"""What a simulated model says: what it was told to, or something of its own that fits."""

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
from chatmodels.testing._fault import Fault
from chatmodels.testing._faults import FAULTS
from chatmodels.testing._protocols.protocol import Ask
from chatmodels.testing._recordings import Recording
from chatmodels.testing._response import Answer
from chatmodels.testing._schema_examples import fitting

Said = str | Part | tuple[str | Part, ...] | Message | ChatResponse[Any]
Reply = Said | ErrorCode | Fault | Recording | Answer
"""What can be queued: something to say, a failure, a fault, a recorded answer, or bytes."""


def checked(reply: Reply, /) -> Reply:
    """Make sure that a reply is one, where it is given and not where it is missed.

    Raises:
        TypeError: It is none.
        ValueError: It is the code of an error that no provider reports.
    """
    if isinstance(reply, ErrorCode):
        return _reported(reply)
    if isinstance(reply, Message | ChatResponse | Fault | Recording | Answer):
        return reply
    for said in reply if isinstance(reply, tuple) else (reply,):
        if not isinstance(said, str | Part) or isinstance(said, ErrorCode):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            raise TypeError(
                f"a simulator replies with texts, parts, tuples of these, a Message, a "
                f"ChatResponse, an ErrorCode, a Fault, a Recording or an Answer, not {said!r}"
            )
    return reply


def _reported(code: ErrorCode) -> Fault:
    for fault in FAULTS.values():
        if fault.error is code and fault.status != 200:
            return fault
    raise ValueError(f"no provider reports {code}; see FAULTS, or queue an Answer")


def written(reply: Said, ask: Ask, identity: str, /) -> ChatResponse[Any]:
    """Make a whole response of something to say."""
    if isinstance(reply, ChatResponse):
        return _filled(reply, ask, identity)
    if isinstance(reply, tuple):
        message = assistant(*reply)
    elif isinstance(reply, Message):
        message = reply
    else:
        message = assistant(reply)
    return _response(message, ask, identity)


def simulated(ask: Ask, identity: str, /) -> ChatResponse[Any]:
    """Think of something that fits the request.

    Raises:
        ValueError: A schema in the request cannot be satisfied.
    """
    choice = ask.tool_choice
    forced = choice is not None and choice.mode in {"required", "tool"}
    if ask.tools and (forced or not ask.results) and (choice is None or choice.mode != "none"):
        wanted = choice.name if choice is not None else None
        called = [tool for tool in ask.tools if wanted in {None, tool.name}]
        calls = [_call(tool, f"call_{identity}_{place}") for place, tool in enumerate(called)]
        return _response(assistant(*calls), ask, identity)
    if ask.output is not None:
        made = fitting(ask.output.schema or {"type": "object"})
        text = msgspec.json.encode(made).decode()
    elif ask.results:
        text = f"The tools answered: {' / '.join(ask.results)}"
    else:
        text = f"You said: {ask.text}"
    return _response(assistant(text), ask, identity)


def _call(tool: ToolDefinition, identity: str) -> ToolCall:
    arguments = msgspec.json.encode(fitting(tool.parameters)).decode()
    return ToolCall(identity, tool.name, arguments)


def _response(message: Message, ask: Ask, identity: str) -> ChatResponse[Any]:
    calls = any(isinstance(part, ToolCall) for part in message.parts)
    reason = "tool_calls" if calls else "stop"
    return _filled(ChatResponse(message=message, finish_reason=reason), ask, identity)


def _filled(response: ChatResponse[Any], ask: Ask, identity: str) -> ChatResponse[Any]:
    said = _words(response.message)
    thought = len(response.reasoning.split())
    usage = Usage(
        input_tokens=ask.words,
        output_tokens=said,
        total_tokens=ask.words + said,
        reasoning_tokens=thought,
    )
    return msgspec.structs.replace(
        response,
        id=response.id or identity,
        model=response.model or ask.model,
        usage=usage if response.usage == Usage() else response.usage,
    )


def _words(message: Message) -> int:
    texts = [message.text, message.reasoning]
    texts += [part.text for part in message.parts if isinstance(part, RefusalPart)]
    texts += [call.arguments_json for call in message.tool_calls]
    return sum(len(text.split()) for text in texts)
