"""The seam between the simulator and one vendor's wire format."""

from typing import Any, Protocol, runtime_checkable

import msgspec

from chatmodels.core import ChatResponse, ErrorCode, ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._response import Answer


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for, in neutral terms.

    Attributes:
        model: The model's name.
        text: The text of the last thing that the user said.
        words: How many words all texts of the conversation have.
        results: The tool results that the conversation ends with, if it does.
        streamed: Whether the answer is wanted in pieces.
        stream_usage: Whether a streamed answer shall report the usage.
        kept: Whether the answer can be asked for again, by its id.
        background: Whether the answer is not waited for, but only asked for by its id.
        tools: The tools that may be called.
        tool_choice: Whether they may or must be.
        output: The form that the answer must have.
    """

    model: str
    text: str = ""
    words: int = 0
    results: tuple[str, ...] = ()
    streamed: bool = False
    stream_usage: bool = True
    kept: bool = False
    background: bool = False
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: ToolChoice | None = None
    output: OutputSchema | None = None


class Recall(msgspec.Struct, frozen=True):
    """A request for an answer that was given before.

    Attributes:
        id: The vendor's id of that answer.
        streamed: Whether it is wanted in pieces.
    """

    id: str
    streamed: bool = False


class MalformedRequestError(Exception):
    """A request is not one of the wire format; the message says why."""


class WireProtocol(Protocol):
    """Speaks one vendor's wire format as its server: pure functions, shared by threads."""

    @property
    def name(self) -> str:
        """What recorded exchanges call the wire format, as in "openai.chat"."""
        ...

    @property
    def request_id_header(self) -> str:
        """The header of answers that holds the id of the request."""
        ...

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Tell whether a request is one for an answer of a model, in this wire format."""
        ...

    def read(self, request: ReceivedRequest, /) -> Ask:
        """Read a request for an answer.

        Raises:
            MalformedRequestError: It is not one of this wire format.
        """
        ...

    def other(self, request: ReceivedRequest, models: tuple[str, ...], /) -> Answer | None:
        """Answer the other requests of this API, such as the listing of models; None for none."""
        ...

    def key(self, request: ReceivedRequest, /) -> str:
        """Give the API key that a request carries; empty for none."""
        ...

    def write(self, response: ChatResponse[Any], ask: Ask, /) -> Answer:
        """Write an answer, in pieces if they are asked for."""
        ...

    def error(self, code: ErrorCode, status: int, message: str, /) -> Answer:
        """Write a failure in the vendor's words."""
        ...

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Write an error that occurs within a stream."""
        ...

    def empty(self, ask: Ask, /) -> Answer:
        """Write an answer that is well-formed, but holds no message."""
        ...


@runtime_checkable
class KeepingProtocol(WireProtocol, Protocol):
    """A wire format in which answers can be asked for again."""

    def recall(self, request: ReceivedRequest, /) -> Recall | None:
        """Read a request for an answer that was given before; None if it is something else."""
        ...
