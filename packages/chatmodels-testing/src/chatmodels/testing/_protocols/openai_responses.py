"""The server side of OpenAI's Responses API (API reference, "Responses" and its streaming)."""

import re
from collections.abc import Mapping
from typing import Any, assert_never

import msgspec

from chatmodels.core import ChatResponse, ErrorCode
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.count_request import read_fields
from chatmodels.testing._protocols.openai_chat import bearer_key, error_body, error_type
from chatmodels.testing._protocols.openai_responses_output import envelope, stream, whole
from chatmodels.testing._protocols.openai_responses_request import parse_request
from chatmodels.testing._protocols.openai_responses_state import compacted, input_items
from chatmodels.testing._protocols.protocol import (
    ParsedRequest,
    RetrievalRequest,
    StoredOperation,
    StoredResponse,
)
from chatmodels.testing._sent import responses
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_RESPONSES = "/responses"
_COUNT = "/responses/input_tokens"
_COMPACT = "/responses/compact"
_STORED = re.compile(r".*/responses/(?P<id>[^/]+)(/(?P<operation>input_items|cancel))?")
_OPERATIONS: Mapping[tuple[str, str | None], StoredOperation] = {
    ("GET", None): "retrieve",
    ("GET", "input_items"): "input_items",
    ("POST", "cancel"): "cancel",
    ("DELETE", None): "delete",
}
_COUNTED = frozenset(
    {
        "conversation",
        "input",
        "instructions",
        "model",
        "parallel_tool_calls",
        "personality",
        "previous_response_id",
        "reasoning",
        "text",
        "tool_choice",
        "tools",
        "truncation",
    }
)
"""The fields that form the prompt ("Get input token counts")."""


class OpenAIResponses:
    """A `StoringProtocol` for `POST .../responses`, stored responses, and compaction.

    The path of the model listing is that of chat completions.
    """

    name = "openai.responses"
    request_id_header = "x-request-id"
    features = responses.FEATURES

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of responses, with any prefix."""
        return request.method == "POST" and request.path.endswith(_RESPONSES)

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a response.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        return parse_request(request.body)

    def describe(self, request: ReceivedRequest, /) -> SentRequest:
        """Describe a chat request."""
        return responses.describe(request.json)

    def retrieve(self, request: ReceivedRequest, /) -> RetrievalRequest | None:
        """Parse a request for a stored response."""
        match = _STORED.fullmatch(request.path)
        if match is None:
            return None
        operation = _OPERATIONS.get((request.method, match["operation"]))
        if operation is None:
            return None
        streamed = request.query.get("stream") == ["true"]
        return RetrievalRequest(match["id"], operation, streamed=streamed)

    def write_stored(
        self, retrieval: RetrievalRequest, stored: StoredResponse, /
    ) -> SimulatedResponse:
        """Encode a stored response, its input, or its new status."""
        match retrieval.operation:
            case "retrieve":
                parsed = msgspec.structs.replace(
                    stored.parsed, background=False, streamed=retrieval.streamed
                )
                return self.write(stored.response, parsed)
            case "input_items":
                return json_response(input_items(stored.request))
            case "cancel":
                return json_response(envelope(stored.response, stored.parsed, "cancelled"))
            case "delete":
                return json_response({"id": retrieval.id, "object": "response", "deleted": True})
            case _:
                assert_never(retrieval.operation)

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """Compact a conversation; all other requests are the same for both of OpenAI's APIs."""
        if request.method == "POST" and request.path.endswith(_COMPACT):
            return json_response(compacted(request))
        return None

    def counts(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of token counts, with any prefix."""
        return request.method == "POST" and request.path.endswith(_COUNT)

    def read_count(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a number of tokens, which is that of a response with fewer fields.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        read_fields(request.body, _COUNTED, "Unknown parameter: '{}'.")
        return parse_request(request.body)

    def write_count(self, request: ReceivedRequest, tokens: int, /) -> SimulatedResponse:
        """Encode a number of tokens."""
        return json_response({"object": "response.input_tokens", "input_tokens": tokens})

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the bearer token, or Azure's key."""
        return bearer_key(request)

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response, its events, or the status of a background response."""
        if parsed.streamed:
            return _events(list(map(_event, stream(response, parsed))), terminal=1)
        if parsed.background:
            return json_response(envelope(response, parsed, "queued"))
        return json_response(whole(response, parsed))

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error."""
        return json_response(error_body(code, message), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error as a stream event."""
        _, name = error_type(code)
        event = {"type": "error", "code": name, "message": message, "param": None}
        return _event(event | {"sequence_number": 0})

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response without output."""
        empty: dict[str, Any] = {
            "id": "empty",
            "object": "response",
            "model": parsed.model,
            "output": [],
        }
        if parsed.streamed:
            start = {"type": "response.created", "response": empty | {"status": "in_progress"}}
            end = {"type": "response.completed", "response": empty | {"status": "completed"}}
            return _events([_event(start), _event(end)], terminal=1)
        return json_response(empty | {"status": "completed"})


def _event(data: dict[str, Any]) -> bytes:
    name: str = data["type"]
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))


def _events(body: list[bytes], *, terminal: int) -> SimulatedResponse:
    return SimulatedResponse(
        headers={"content-type": "text/event-stream; charset=utf-8"},
        body=tuple(body),
        streamed=True,
        terminal=terminal,
    )
