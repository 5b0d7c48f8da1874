"""The interface between the simulator and a wire format."""

from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from chatmodels.core import ChatResponse, ErrorCode, ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._simulated_response import SimulatedResponse


class ParsedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed chat request in neutral terms.

    Attributes:
        model: The model's name.
        text: The text of the last user message.
        words: The number of words in all texts of the conversation.
        results: The tool results at the end of the conversation, if any.
        prefill: The text of a last message of the model, which the response continues; empty if the
            last message is another, or if the vendor does not continue it.
        streamed: Whether a streamed response is requested.
        stream_usage: Whether a streamed response must report the usage.
        stored: Whether the response can be retrieved later by its id.
        background: Whether the response is only retrieved later by its id.
        previous: The id of the stored response that the conversation continues.
        choices: The number of responses.
        prompt_only: Whether the endpoint is for a prompt instead of a conversation.
        tools: The tools that can be called.
        custom: The names of the tools whose calls have free text instead of JSON.
        tool_choice: Whether tools can or must be called.
        output: The output schema.
    """

    model: str
    text: str = ""
    words: int = 0
    results: tuple[str, ...] = ()
    prefill: str = ""
    streamed: bool = False
    stream_usage: bool = True
    stored: bool = False
    background: bool = False
    previous: str | None = None
    choices: int = 1
    prompt_only: bool = False
    tools: tuple[ToolDefinition, ...] = ()
    custom: frozenset[str] = frozenset()
    tool_choice: ToolChoice | None = None
    output: OutputSchema | None = None


StoredOperation = Literal["retrieve", "input_items", "cancel", "delete"]


class RetrievalRequest(msgspec.Struct, frozen=True):
    """A request for a stored response.

    Attributes:
        id: The id of the response.
        operation: The operation on it.
        streamed: Whether a streamed response is requested.
    """

    id: str
    operation: StoredOperation = "retrieve"
    streamed: bool = False


class StoredResponse(msgspec.Struct, frozen=True):
    """A response that can be retrieved by its id.

    Attributes:
        response: The response.
        parsed: Its request in neutral terms.
        request: Its request.
    """

    response: ChatResponse[Any]
    parsed: ParsedRequest
    request: ReceivedRequest


class MalformedRequestError(Exception):
    """A request does not have the wire format; the message contains the reason."""


class WireProtocol(Protocol):
    """The server side of a wire format: pure functions, shared by threads."""

    @property
    def name(self) -> str:
        """The name of the wire format in recorded exchanges, such as "openai.chat"."""
        ...

    @property
    def request_id_header(self) -> str:
        """The response header with the id of the request."""
        ...

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check whether a request is a chat request in this wire format."""
        ...

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a chat request.

        Raises:
            MalformedRequestError: The request does not have this wire format.
        """
        ...

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """Return the response to other requests, such as the model listing; otherwise None."""
        ...

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the API key of a request; empty if there is none."""
        ...

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response, streamed if requested."""
        ...

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error in the wire format."""
        ...

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error within a stream."""
        ...

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a well-formed response without a message."""
        ...


@runtime_checkable
class KeyRefusingProtocol(WireProtocol, Protocol):
    """A wire format with other errors for a missing and a wrong key than the status 401."""

    def refuse_key(self, request: ReceivedRequest, /) -> SimulatedResponse:
        """Encode the error for the key of a request."""
        ...


@runtime_checkable
class IdentifyingProtocol(WireProtocol, Protocol):
    """A wire format whose errors contain the id of the request."""

    def identify(self, response: SimulatedResponse, request_id: str, /) -> SimulatedResponse:
        """Add the id of the request to an error; return other responses unchanged."""
        ...


@runtime_checkable
class StoringProtocol(WireProtocol, Protocol):
    """A wire format with responses that can be retrieved later."""

    def retrieve(self, request: ReceivedRequest, /) -> RetrievalRequest | None:
        """Parse a request for a stored response; return None for other requests."""
        ...

    def write_stored(
        self, retrieval: RetrievalRequest, stored: StoredResponse, /
    ) -> SimulatedResponse:
        """Encode a stored response, or the outcome of another operation on it."""
        ...


@runtime_checkable
class ContinuingProtocol(WireProtocol, Protocol):
    """A wire format with requests that continue a stored response with the new messages alone."""

    def continues(self, request: ReceivedRequest, /) -> str | None:
        """Return the id of the response that a request continues; None for other requests.

        Raises:
            MalformedRequestError: The request does not have this wire format.
        """
        ...

    def join(self, request: ReceivedRequest, stored: StoredResponse, /) -> ReceivedRequest:
        """Return the request with the conversation before it."""
        ...

    def refuse_to_continue(self, response_id: str, /) -> SimulatedResponse:
        """Encode the error for a response that is not stored."""
        ...


@runtime_checkable
class CountingProtocol(WireProtocol, Protocol):
    """A wire format with an endpoint that counts the tokens of a request."""

    def counts(self, request: ReceivedRequest, /) -> bool:
        """Check whether a request is a request for a number of tokens."""
        ...

    def read_count(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a number of tokens.

        Raises:
            MalformedRequestError: The request does not have this wire format.
        """
        ...

    def write_count(self, request: ReceivedRequest, tokens: int, /) -> SimulatedResponse:
        """Encode a number of tokens."""
        ...
