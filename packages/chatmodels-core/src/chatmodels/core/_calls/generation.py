"""The interfaces of models that can be called: complete and streamed, sync and async.

They are `runtime_checkable`: `isinstance` checks that the methods exist, not their signatures.
"""

from typing import TYPE_CHECKING, Any, Protocol, Unpack, overload, runtime_checkable

from chatmodels.core._calls.options import CallOptions, list_options
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.request import ChatRequest, OutputSchema
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeForm, TypeVar

    from chatmodels.core._calls.stream import AsyncChatStream, ChatStream

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


@runtime_checkable
class MessageGenerator(Protocol):
    """Generates a response; sync."""

    @overload
    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]: ...
    @overload
    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]: ...
    @overload
    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[Any]: ...
    @list_options
    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[Any]:
        """Return the response to a prompt.

        Args:
            prompt: A text, a message, a sequence of them, or a ready `ChatRequest`.
            output_type: The type of `response.parsed`: a dataclass, a TypedDict, a pydantic model,
                `list[int]`, `int | None`, `Literal["a", "b"]` and the like, or an `OutputSchema`.
            options: The options and settings below; None stands for the default of the model.

        Raises:
            ChatModelError: The call failed; `code` classifies the failure.
        """
        ...


@runtime_checkable
class AsyncMessageGenerator(Protocol):
    """Generates a response; async."""

    @overload
    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]: ...
    @overload
    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]: ...
    @overload
    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[Any]: ...
    @list_options
    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[Any]:
        """Return the response to a prompt without blocking.

        Args:
            prompt: A text, a message, a sequence of them, or a ready `ChatRequest`.
            output_type: The type of `response.parsed`: a dataclass, a TypedDict, a pydantic model,
                `list[int]`, `int | None`, `Literal["a", "b"]` and the like, or an `OutputSchema`.
            options: The options and settings below; None stands for the default of the model.

        Raises:
            ChatModelError: The call failed; `code` classifies the failure.
        """
        ...


@runtime_checkable
class MessageStreamer(Protocol):
    """Streams a response; sync."""

    @overload
    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> "ChatStream[T]": ...
    @overload
    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> "ChatStream[T]": ...
    @overload
    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> "ChatStream[Any]": ...
    @list_options
    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> "ChatStream[Any]":
        """Return a stream of events, read by blocking.

        The request is sent when the stream is entered or iterated.

        Args:
            prompt: A text, a message, a sequence of them, or a ready `ChatRequest`.
            output_type: The type of `stream.response.parsed`; see `generate`.
            options: The options and settings below; None stands for the default of the model.

        Raises:
            ChatModelError: The arguments are wrong. The stream raises later failures.
        """
        ...


@runtime_checkable
class AsyncMessageStreamer(Protocol):
    """Streams a response; async."""

    @overload
    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> "AsyncChatStream[T]": ...
    @overload
    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> "AsyncChatStream[T]": ...
    @overload
    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> "AsyncChatStream[Any]": ...
    @list_options
    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> "AsyncChatStream[Any]":
        """Return a stream of events, read by awaiting.

        The request is sent when the stream is entered or iterated.

        Args:
            prompt: A text, a message, a sequence of them, or a ready `ChatRequest`.
            output_type: The type of `stream.response.parsed`; see `agenerate`.
            options: The options and settings below; None stands for the default of the model.

        Raises:
            ChatModelError: The arguments are wrong. The stream raises later failures.
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
