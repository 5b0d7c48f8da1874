"""The interface of a chat model, and its parts besides the calls.

They are `runtime_checkable`: `isinstance` checks that the methods exist, not their signatures.
"""

from typing import TYPE_CHECKING, Protocol, Self, Unpack, runtime_checkable

from chatmodels.core._calls.batch_protocol import BatchModel
from chatmodels.core._calls.call import Observer
from chatmodels.core._calls.effects import Policy
from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._calls.options import CallOptions, list_options
from chatmodels.core._public import published_in
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.metadata import Explanation, HealthReport, ModelInfo
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.token_count import TokenCount

if TYPE_CHECKING:
    from typing_extensions import TypeVar

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
class TokenCounter(Protocol):
    """Counts the input tokens of a call before it is made; sync."""

    @list_options
    def count_tokens(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: object = None,
        **options: Unpack[CallOptions],
    ) -> TokenCount:
        """Count the input tokens of the request that `generate` would send.

        If the vendor has an endpoint for it, one request counts the messages, the tools, the media
        and the output schema. Otherwise chatmodels estimates the number, without a request:
        `is_estimate` and `note` of the result report it. Policies, such as retries, do not apply,
        and observers do not receive it.

        Args:
            prompt: A text, a message, a sequence of them, or a ready `ChatRequest`.
            output_type: A type or an `OutputSchema`; see `generate`.
            options: The options and settings below.

        Raises:
            ChatModelError: The arguments are wrong, or the vendor did not count the tokens.
        """
        ...


@runtime_checkable
class AsyncTokenCounter(Protocol):
    """Counts the input tokens of a call before it is made; async."""

    @list_options
    async def acount_tokens(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: object = None,
        **options: Unpack[CallOptions],
    ) -> TokenCount:
        """Count the input tokens of the request that `agenerate` would send.

        If the vendor has an endpoint for it, one request counts the messages, the tools, the media
        and the output schema. Otherwise chatmodels estimates the number, without a request:
        `is_estimate` and `note` of the result report it. Policies, such as retries, do not apply,
        and observers do not receive it.

        Args:
            prompt: A text, a message, a sequence of them, or a ready `ChatRequest`.
            output_type: A type or an `OutputSchema`; see `agenerate`.
            options: The options and settings below.

        Raises:
            ChatModelError: The arguments are wrong, or the vendor did not count the tokens.
        """
        ...


@published_in("chatmodels.core")
@runtime_checkable
class ChatModel(
    CallableModel,
    BatchModel,
    TokenCounter,
    AsyncTokenCounter,
    ModelInfoProvider,
    HealthChecker,
    AsyncHealthChecker,
    Protocol,
):
    """The complete interface of a model, as returned by `create_chat_model`.

    It can be shared by threads, tasks and event loops.
    """

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
        """Return a copy of the model with further policies around its own, the outermost first.

        Raises:
            ConfigurationError: One is not a policy.
        """
        ...

    def with_observers(self, *observers: Observer) -> Self:
        """Return a copy of the model with further observers.

        Raises:
            ConfigurationError: One is not an observer.
        """
        ...

    def close(self) -> None:
        """Release the model's resources; shared connections and injected clients stay open."""
        ...

    async def aclose(self) -> None:
        """Release the model's resources; shared connections and injected clients stay open."""
        ...
