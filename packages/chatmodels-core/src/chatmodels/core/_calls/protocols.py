"""The interface of a chat model, and its parts besides the calls.

They are `runtime_checkable`; `isinstance` checks that the methods are there, not their signatures.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, Unpack, runtime_checkable

from chatmodels.core._calls.call import Observer
from chatmodels.core._calls.flow import Policy
from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._calls.options import CallOptions
from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.metadata import Explanation, HealthReport, ModelInfo
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


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
class ChatModel(CallableModel, ModelInfoProvider, HealthChecker, AsyncHealthChecker, Protocol):
    """All of it together: what `create_chat_model` returns.

    It may be shared by threads, tasks and event loops.
    """

    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]:
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
    ) -> list[ChatResponse[T] | ChatModelError]:
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

    def with_policies(self, *policies: Policy) -> Self:
        """Give the same model with further policies around its own, the outermost first."""
        ...

    def with_observers(self, *observers: Observer) -> Self:
        """Give the same model with further observers."""
        ...

    def close(self) -> None:
        """Release what the model holds; shared connections and injected clients stay open."""
        ...

    async def aclose(self) -> None:
        """Release what the model holds; shared connections and injected clients stay open."""
        ...
