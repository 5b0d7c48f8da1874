"""Anthropic's message threads: conversations that the server stores ("Message threads").

A request that continues a thread has only the new messages; the thread has those before it, the
system prompt and the tools. A thread that is unknown is a reason to send the whole conversation.
"""

from typing import Any

import msgspec

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.protocol import MalformedRequestError
from chatmodels.testing._protocols.request_body import read_body
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_BETA = "message-threads-2026-08-12"
_FIELD = b'"thread"'
_STORED = ("system", "tools")


def thread(request: ReceivedRequest, /) -> dict[str, Any] | None:
    """Return the field `thread` of a request; None if it has none.

    Raises:
        MalformedRequestError: The request has the field without the beta header.
    """
    if _FIELD not in request.body:
        return None
    found = read_body(request.body, _Request).thread
    if found is not None and _BETA not in request.headers.get("anthropic-beta", ""):
        raise MalformedRequestError("thread: Extra inputs are not permitted")
    return found


def whole_request(
    request: ReceivedRequest, before: ReceivedRequest, content: object, /
) -> ReceivedRequest:
    """Return a request that continues a thread, with the conversation before it.

    Args:
        request: The request.
        before: The whole request of the response that it continues.
        content: The content of that response.
    """
    body = msgspec.json.decode(request.body)
    previous = msgspec.json.decode(before.body)
    reply = {"role": "assistant", "content": content}
    body["messages"] = [*previous["messages"], reply, *body.get("messages", ())]
    beginning = {name: previous[name] for name in _STORED if name in previous}
    return msgspec.structs.replace(request, body=msgspec.json.encode(beginning | body))


class _Request(msgspec.Struct):
    thread: dict[str, Any] | None = None


def unknown_thread(previous: str, /) -> SimulatedResponse:
    """Encode the error for a response that is not stored."""
    error = {
        "type": "not_found_error",
        "message": f"thread.previous_message_id: no thread was found for {previous}",
        "details": {"error_code": "thread_not_found"},
    }
    return json_response({"type": "error", "error": error}, status=404)
