"""Replies of a script, and their conversion to the outcome of an attempt."""

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
from chatmodels.providers.mock._words import count_tokens

Reply = object
"""One entry of a script; see `MockChatModel` for the accepted types."""

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
"""The HTTP statuses that providers send with these errors."""


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of one attempt.

    Attributes:
        response: The response; for an attempt that fails, the parts before the error.
        error: The error that is raised after the parts of the response.
    """

    response: ChatResponse[Any]
    error: Exception | None = None


def resolve(reply: Reply, request: ChatRequest, /, *, model: str, number: int) -> Outcome:
    """Convert an entry of a script to the outcome of a request.

    Args:
        reply: The entry.
        request: The request.
        model: The model's name.
        number: The number of the attempt among the model's calls, from 1.

    Raises:
        Exception: The entry is a function that raised it.
        TypeError: The entry cannot be encoded as JSON.
    """
    if _is_response(reply):
        return Outcome(_complete(reply, request, model, number))
    if callable(reply) and not isinstance(reply, type):
        return resolve(reply(request), request, model=model, number=number)
    error: Exception | None = None
    if isinstance(reply, Message):
        parts = reply.parts
    else:
        entries = reply if _is_tuple(reply) else (reply,)
        error = failure(entries[-1]) if entries else None
        if error is not None:
            entries = entries[:-1]
        parts = tuple(_part(entry, request) for entry in entries)
    parts = tuple(part for part in parts if part != _NO_TEXT)  # it has no stream events
    response: ChatResponse[Any] = ChatResponse(
        message=Message("assistant", parts), finish_reason=_finish_reason(parts)
    )
    return Outcome(_complete(response, request, model, number), error)


def failure(reply: Reply, /) -> Exception | None:
    """Return a new error for an entry that specifies one; otherwise None."""
    if isinstance(reply, ErrorCode):
        return error_class(reply)(
            f"scripted error: {reply}", code=reply, status=_STATUSES.get(reply)
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


def _complete(
    response: ChatResponse[Any], request: ChatRequest, model: str, number: int
) -> ChatResponse[Any]:
    completed = msgspec.structs.replace(
        response,
        usage=count_tokens(request, response) if response.usage == Usage() else response.usage,
        model=response.model or model,
        id=response.id or f"mock-{number}",
        request_id=response.request_id or f"mock-request-{number}",
        raw_finish_reason=response.raw_finish_reason or response.finish_reason,
    )
    if response.raw is not None:
        return completed
    payload = {
        "id": completed.id,
        "model": completed.model,
        "message": completed.message,
        "finish_reason": completed.finish_reason,
        "usage": completed.usage,
    }
    return msgspec.structs.replace(completed, payload=msgspec.Raw(msgspec.json.encode(payload)))


def _part(entry: object, request: ChatRequest) -> Part:
    if isinstance(entry, str):
        return TextPart(entry)
    if isinstance(entry, _PARTS):
        return entry
    return TextPart(_json(entry, request.output))


def _json(value: object, output: OutputSchema | None) -> str:
    text = msgspec.json.encode(value, enc_hook=_encode_other)
    if not text.startswith(b"{") and output is not None and _is_wrapped(output):
        text = b'{"value":%b}' % text
    return text.decode()


def _is_wrapped(output: OutputSchema) -> bool:
    """Check whether the output schema is core's object around a value that is not an object."""
    return output.schema is not None and list(output.schema.get("properties", ())) == ["value"]


def _encode_other(value: object) -> object:
    dump = getattr(value, "model_dump_json", None)  # pydantic's models
    if dump is None:
        raise TypeError(
            f"a reply of type {type(value).__qualname__} cannot be encoded as JSON; pass a text, a "
            "part, an error, a function or plain data"
        )
    text: str = dump()
    return msgspec.Raw(text.encode())


def _finish_reason(parts: Sequence[Part]) -> FinishReason:
    if any(isinstance(part, ToolCall) for part in parts):
        return "tool_calls"
    if any(isinstance(part, RefusalPart) for part in parts):
        return "refusal"
    return "stop"
