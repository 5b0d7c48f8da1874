"""The interface of a provider.

It is `runtime_checkable`; `isinstance` checks that the methods are there, not their signatures.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._values.metadata import HealthReport, ModelInfo, ProviderMetadata


@runtime_checkable
class Provider(Protocol):
    """Creates the models of one vendor; registries hold providers.

    It is shared by threads.
    """

    @property
    def metadata(self) -> ProviderMetadata:
        """The metadata of the provider."""
        ...

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> ChatModel:
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

    def check_health(self, options: ProviderOptions, /) -> HealthReport:
        """Make the cheapest request that proves address and credentials; failures are reported."""
        ...

    def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """Request the models that the vendor lists.

        Raises:
            ChatModelError: The vendor has no listing (`unsupported`), or the request failed.
        """
        ...


@runtime_checkable
class AsyncModelLister(Protocol):
    """Lists the models of a vendor, awaited; providers without it are called in a thread."""

    async def alist_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """Request the models that the vendor lists, awaited; the twin of `list_models`."""
        ...
