"""The interface of a provider.

It is `runtime_checkable`: `isinstance` checks that the methods exist, not their signatures.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._values.metadata import HealthReport, ModelInfo, ProviderMetadata


@runtime_checkable
class Provider(Protocol):
    """Creates the models of one vendor; registries contain providers.

    It must be thread-safe.
    """

    @property
    def metadata(self) -> ProviderMetadata:
        """The metadata of the provider."""
        ...

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> ChatModel:
        """Create a model without sending a request.

        Args:
            model: The vendor's name of the model.
            options: The options, already checked against `metadata.options`.

        Raises:
            ChatModelError: The options are inconsistent.
        """
        ...

    def model_info(self, model: str, /) -> ModelInfo:
        """Describe a model from the package's own data, without a request."""
        ...

    def check_health(self, options: ProviderOptions, /) -> HealthReport:
        """Send the cheapest request that verifies address and credentials; report failures."""
        ...

    def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """Request the list of models from the vendor.

        Raises:
            ChatModelError: The vendor does not list models (`unsupported`), or the request failed.
        """
        ...


@runtime_checkable
class AsyncModelLister(Protocol):
    """Lists the models of a vendor, awaited; providers without it are called in a thread."""

    async def alist_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """Request the list of models from the vendor, awaited."""
        ...
