"""The interface of a chat model, and its parts besides the calls.

They are `runtime_checkable`: `isinstance` checks that the methods exist, not their signatures.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, Unpack, overload, runtime_checkable

from chatmodels.core._calls.call import Observer
from chatmodels.core._calls.flow import Policy
from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._calls.options import CallOptions, list_options
from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.metadata import Explanation, HealthReport, ModelInfo
from chatmodels.core._values.request import ChatRequest, OutputSchema
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeForm, TypeVar

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


@runtime_checkable
class ModelInfoProvider(Protocol):
    """Describes the model without a request, so that there is no async version."""

    def model_info(self) -> ModelInfo:
        """Describe the model from the provider package's own data, without a request."""
        ...


@runtime_checkable
class HealthChecker(Protocol):
    """Checks the health of the provider; sync."""

    def check_health(self) -> HealthReport:
        """Send the cheapest request that verifies address and credentials; report failures."""
        ...


@runtime_checkable
class AsyncHealthChecker(Protocol):
    """Checks the health of the provider; async."""

    async def acheck_health(self) -> HealthReport:
        """Send the cheapest request that verifies address and credentials; report failures."""
        ...


@runtime_checkable
class ChatModel(CallableModel, ModelInfoProvider, HealthChecker, AsyncHealthChecker, Protocol):
    """The complete interface of a model, as returned by `create_chat_model`.

    It can be shared by threads, tasks and event loops.
    """

    @overload
    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]: ...
    @overload
    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]: ...
    @overload
    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[Any] | ChatModelError]: ...
    @list_options
    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[Any] | ChatModelError]:
        """Return the responses to many prompts, called in threads.

        Args:
            prompts: The prompts, or ready `ChatRequest`s.
            max_concurrency: Limit of calls that run at the same time, at least 1.
            output_type: The type of `parsed` of each response; see `generate`.
            options: The options and settings below, which apply to each call.

        Returns:
            A response for each prompt, in order; the error of a call that failed stands in its
            place.

        Raises:
            InvalidRequestError: The prompts are not a sequence, or `max_concurrency` is below 1.
        """
        ...

    @overload
    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]: ...
    @overload
    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]: ...
    @overload
    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[Any] | ChatModelError]: ...
    @list_options
    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[Any] | ChatModelError]:
        """Return the responses to many prompts, called in tasks.

        Args:
            prompts: The prompts, or ready `ChatRequest`s.
            max_concurrency: Limit of calls that run at the same time, at least 1.
            output_type: The type of `parsed` of each response; see `agenerate`.
            options: The options and settings below, which apply to each call.

        Returns:
            A response for each prompt, in order; the error of a call that failed stands in its
            place.

        Raises:
            InvalidRequestError: The prompts are not a sequence, or `max_concurrency` is below 1.
        """
        ...

    @list_options
    def explain(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: object = None,
        **options: Unpack[CallOptions],
    ) -> Explanation:
        """Describe the request that `generate` would send, without sending it.

        Args:
            prompt: A text, a message, a sequence of them, or a ready `ChatRequest`.
            output_type: A type or an `OutputSchema`; see `generate`.
            options: The options and settings below.

        Raises:
            ChatModelError: The arguments are wrong, or the provider does not use HTTP.
        """
        ...

    def with_policies(self, *policies: Policy) -> Self:
        """Return a copy of the model with further policies around its own, the outermost first."""
        ...

    def with_observers(self, *observers: Observer) -> Self:
        """Return a copy of the model with further observers."""
        ...

    def close(self) -> None:
        """Release the model's resources; shared connections and injected clients stay open."""
        ...

    async def aclose(self) -> None:
        """Release the model's resources; shared connections and injected clients stay open."""
        ...
