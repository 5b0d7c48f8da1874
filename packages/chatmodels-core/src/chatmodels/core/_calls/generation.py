"""The interfaces of models that can be called: whole and streamed, sync and async.

They are `runtime_checkable`; `isinstance` checks that the methods are there, not their signatures.
"""

from typing import TYPE_CHECKING, Protocol, Unpack, runtime_checkable

from chatmodels.core._calls.options import CallOptions
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from chatmodels.core._calls.stream import AsyncChatStream, ChatStream

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


@runtime_checkable
class MessageGenerator(Protocol):
    """Answers a prompt, whole and blocking."""

    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]:
        """Answer a prompt.

        Raises:
            ChatModelError: The call failed; `code` classifies the failure.
        """
        ...


@runtime_checkable
class AsyncMessageGenerator(Protocol):
    """Answers a prompt, whole and awaited."""

    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]:
        """Answer a prompt.

        Raises:
            ChatModelError: The call failed; `code` classifies the failure.
        """
        ...


@runtime_checkable
class MessageStreamer(Protocol):
    """Answers a prompt piece by piece, blocking."""

    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> "ChatStream[T]":
        """Prepare a stream; the request is sent when it is entered or iterated.

        Raises:
            ChatModelError: The arguments are wrong; what goes wrong later is raised by the stream.
        """
        ...


@runtime_checkable
class AsyncMessageStreamer(Protocol):
    """Answers a prompt piece by piece, awaited."""

    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> "AsyncChatStream[T]":
        """Prepare a stream; the request is sent when it is entered or iterated.

        Raises:
            ChatModelError: The arguments are wrong; what goes wrong later is raised by the stream.
        """
        ...


@runtime_checkable
class CallableModel(
    MessageGenerator, AsyncMessageGenerator, MessageStreamer, AsyncMessageStreamer, Protocol
):
    """A model that a policy can call instead of its own: every `ChatModel` is one."""

    @property
    def provider(self) -> str:
        """The provider's registered name."""
        ...

    @property
    def model(self) -> str:
        """The model's name at the provider."""
        ...
