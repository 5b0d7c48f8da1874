"""What may be written into a script, and how it becomes an answer."""

import copy
from collections.abc import Sequence
from typing import Any, TypeGuard

import msgspec

from chatmodels.core import (
    AudioPart,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    FilePart,
    FinishReason,
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    Usage,
)
from chatmodels.core.extending import OutputSchema, error_class
from chatmodels.providers.mock._words import counted

Reply = object
"""One entry of a script; see `MockChatModel` for the forms that it may have."""

_PARTS = (
    TextPart,
    ToolCall,
    ReasoningPart,
    RefusalPart,
    ImagePart,
    AudioPart,
    FilePart,
    ProviderPart,
)

_NO_TEXT = TextPart("")

_STATUSES = {
    ErrorCode.AUTHENTICATION: 401,
    ErrorCode.PERMISSION_DENIED: 403,
    ErrorCode.MODEL_NOT_FOUND: 404,
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: 400,
    ErrorCode.CONTENT_FILTERED: 400,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.QUOTA_EXCEEDED: 429,
    ErrorCode.PROVIDER_UNAVAILABLE: 503,
}
"""The statuses that vendors send with such errors."""


class Answer(msgspec.Struct, frozen=True):
    """What one attempt gives.

    Attributes:
        response: The answer; of an attempt that fails, what arrives before.
        error: What the attempt fails with, after the response's parts.
    """

    response: ChatResponse[Any]
    error: Exception | None = None


def answer(reply: Reply, request: ChatRequest, /, *, model: str, number: int) -> Answer:
    """Read an entry of a script as the answer to a request.

    Args:
        reply: The entry.
        request: What was asked.
        model: The model's name.
        number: The position of the attempt among the model's calls, from 1.

    Raises:
        Exception: The entry is a function, and raised it.
        TypeError: The entry has no JSON form.
    """
    if _is_response(reply):
        return Answer(_whole(reply, request, model, number))
    if callable(reply) and not isinstance(reply, type):
        return answer(reply(request), request, model=model, number=number)
    error: Exception | None = None
    if isinstance(reply, Message):
        parts = reply.parts
    else:
        entries = reply if _is_tuple(reply) else (reply,)
        error = failure(entries[-1]) if entries else None
        if error is not None:
            entries = entries[:-1]
        parts = tuple(_part(entry, request) for entry in entries)
    parts = tuple(part for part in parts if part != _NO_TEXT)  # of which a stream tells nothing
    response: ChatResponse[Any] = ChatResponse(
        message=Message("assistant", parts), finish_reason=_finish_reason(parts)
    )
    return Answer(_whole(response, request, model, number), error)


def failure(reply: Reply, /) -> Exception | None:
    """Make the error that an entry stands for, if it stands for one, new for every attempt."""
    if isinstance(reply, ErrorCode):
        return error_class(reply)(
            f"the script says so: {reply}", code=reply, status=_STATUSES.get(reply)
        )
    if isinstance(reply, type) and issubclass(reply, ChatModelError):
        return failure(reply.default_code)
    if isinstance(reply, ChatModelError):
        return copy.copy(reply)
    return reply if isinstance(reply, Exception) else None


def _is_response(reply: Reply) -> TypeGuard[ChatResponse[Any]]:
    return isinstance(reply, ChatResponse)


def _is_tuple(reply: Reply) -> TypeGuard[tuple[object, ...]]:
    return isinstance(reply, tuple)


def _whole(
    response: ChatResponse[Any], request: ChatRequest, model: str, number: int
) -> ChatResponse[Any]:
    filled = msgspec.structs.replace(
        response,
        usage=counted(request, response) if response.usage == Usage() else response.usage,
        model=response.model or model,
        id=response.id or f"mock-{number}",
        request_id=response.request_id or f"mock-request-{number}",
        raw_finish_reason=response.raw_finish_reason or response.finish_reason,
    )
    if response.raw is not None:
        return filled
    payload = {
        "id": filled.id,
        "model": filled.model,
        "message": filled.message,
        "finish_reason": filled.finish_reason,
        "usage": filled.usage,
    }
    return msgspec.structs.replace(filled, payload=msgspec.Raw(msgspec.json.encode(payload)))


def _part(entry: object, request: ChatRequest) -> Part:
    if isinstance(entry, str):
        return TextPart(entry)
    if isinstance(entry, _PARTS):
        return entry
    return TextPart(_json(entry, request.output))


def _json(value: object, output: OutputSchema | None) -> str:
    text = msgspec.json.encode(value, enc_hook=_dumped)
    if not text.startswith(b"{") and output is not None and _is_wrapped(output):
        text = b'{"value":%b}' % text
    return text.decode()


def _is_wrapped(output: OutputSchema) -> bool:
    """Tell whether the form asked for is core's object around something that is no object."""
    return output.schema is not None and list(output.schema.get("properties", ())) == ["value"]


def _dumped(value: object) -> object:
    dump = getattr(value, "model_dump_json", None)  # pydantic's models
    if dump is None:
        raise TypeError(
            f"a {type(value).__qualname__} in a script has no JSON form; script a text, a part, an "
            "error, a function or plain data"
        )
    dumped: str = dump()
    return msgspec.Raw(dumped.encode())


def _finish_reason(parts: Sequence[Part]) -> FinishReason:
    if any(isinstance(part, ToolCall) for part in parts):
        return "tool_calls"
    if any(isinstance(part, RefusalPart) for part in parts):
        return "refusal"
    return "stop"
