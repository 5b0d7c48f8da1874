"""The interfaces between users, models and providers: small, separate, sync and async.

They are `runtime_checkable`; `isinstance` checks that the methods are there, not their signatures.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, Unpack, runtime_checkable

from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.metadata import Explanation, HealthReport, ModelInfo, ProviderMetadata
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.settings import SettingsArguments
from chatmodels.core._values.timeout import Timeout

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from chatmodels.core._calls.call import Observer
    from chatmodels.core._calls.flow import Policy
    from chatmodels.core._calls.stream import AsyncChatStream, ChatStream
    from chatmodels.core._errors import ChatModelError
    from chatmodels.core._registry.options import ProviderOptions
    from chatmodels.core._tools.tools import ToolChoiceLike, ToolLike

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


class CallOptions(SettingsArguments, total=False):
    """What every call takes besides the prompt: the settings, and these.

    Attributes:
        tools: Functions, `Tool`s or `ToolDefinition`s that the model may call.
        tool_choice: "auto", "none", "required", a tool or its name, or a `ToolChoice`.
        timeout: Seconds for the whole call, or a `Timeout`.
        provider_options: Fields for the vendor's request body, put there as they are.
        repeatable: Whether policies may send the call again; True by default.
    """

    tools: "Sequence[ToolLike] | None"
    tool_choice: "ToolChoiceLike | None"
    timeout: Timeout | float | None
    provider_options: Mapping[str, Any] | None
    repeatable: bool


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
            ChatModelError: Anything went wrong; its `code` tells what.
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
            ChatModelError: Anything went wrong; its `code` tells what.
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
class ModelInfoProvider(Protocol):
    """Tells what is known of the model; asks nobody, so it needs no asynchronous twin."""

    def model_info(self) -> ModelInfo:
        """Describe the model from what the provider package knows."""
        ...


@runtime_checkable
class HealthChecker(Protocol):
    """Probes whether the provider answers."""

    def check_health(self) -> HealthReport:
        """Make the cheapest request that proves address and credentials; failures are reported."""
        ...


@runtime_checkable
class AsyncHealthChecker(Protocol):
    """Probes whether the provider answers, awaited."""

    async def acheck_health(self) -> HealthReport:
        """Make the cheapest request that proves address and credentials; failures are reported."""
        ...


@runtime_checkable
class ChatModel(
    MessageGenerator,
    AsyncMessageGenerator,
    MessageStreamer,
    AsyncMessageStreamer,
    ModelInfoProvider,
    HealthChecker,
    AsyncHealthChecker,
    Protocol,
):
    """All of it together: what `create_chat_model` returns.

    It may be shared by threads, tasks and event loops.
    """

    @property
    def provider(self) -> str:
        """The provider's registered name."""
        ...

    @property
    def model(self) -> str:
        """The model's name, as the provider wants to be told."""
        ...

    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> "list[ChatResponse[T] | ChatModelError]":
        """Answer many prompts at once, in threads: results in order, errors in their places."""
        ...

    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> "list[ChatResponse[T] | ChatModelError]":
        """Answer many prompts at once, in tasks: results in order, errors in their places."""
        ...

    def explain(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Explanation:
        """Show the request that `generate` would send, without sending it.

        Raises:
            ChatModelError: The arguments are wrong, or the provider speaks no HTTP.
        """
        ...

    def with_policies(self, *policies: "Policy") -> Self:
        """Give the same model with further policies around its own, the outermost first."""
        ...

    def with_observers(self, *observers: "Observer") -> Self:
        """Give the same model with further observers."""
        ...

    def close(self) -> None:
        """Release what the model holds; shared connections and injected clients stay open."""
        ...

    async def aclose(self) -> None:
        """Release what the model holds; shared connections and injected clients stay open."""
        ...


@runtime_checkable
class Provider(Protocol):
    """What a registry holds: makes the models of one vendor.

    It is shared by threads.
    """

    @property
    def metadata(self) -> ProviderMetadata:
        """What the provider is."""
        ...

    def create_chat_model(self, model: str, options: "ProviderOptions", /) -> ChatModel:
        """Make a model; no request is sent.

        Args:
            model: The vendor's name of it.
            options: Checked already against `metadata.options`.

        Raises:
            ChatModelError: The options do not fit together.
        """
        ...

    def model_info(self, model: str, /) -> ModelInfo:
        """Describe a model from what the package knows."""
        ...

    def check_health(self, options: "ProviderOptions", /) -> HealthReport:
        """Make the cheapest request that proves address and credentials; failures are reported."""
        ...

    def list_models(self, options: "ProviderOptions", /) -> Sequence[ModelInfo]:
        """Ask the vendor which models there are.

        Raises:
            ChatModelError: The vendor has no listing (`unsupported`), or the request failed.
        """
        ...
