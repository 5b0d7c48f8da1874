"""List the models of a provider, with errors that name the provider and the operation."""

from chatmodels.core._errors.classes import ChatModelError, InternalError
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.provider import AsyncModelLister, Provider
from chatmodels.core._values.metadata import ModelInfo


def list_models(provider: Provider, options: ProviderOptions, /) -> list[ModelInfo]:
    """Request the models that a vendor lists.

    Raises:
        ChatModelError: The vendor has no listing, or the request failed.
    """
    try:
        return list(provider.list_models(options))
    except Exception as error:
        raise _failure(provider, error)


async def alist_models(provider: Provider, options: ProviderOptions, /) -> list[ModelInfo]:
    """Request the models that a vendor lists, awaited; the twin of `list_models`."""
    if not isinstance(provider, AsyncModelLister):
        from chatmodels.core._calls.fallbacks import in_thread

        return await in_thread(list_models, provider, options)
    try:
        return list(await provider.alist_models(options))
    except Exception as error:
        raise _failure(provider, error)


def _failure(provider: Provider, error: Exception) -> ChatModelError:
    metadata = provider.metadata
    if isinstance(error, ChatModelError):
        return error.located(op="list_models", provider=metadata.name)
    failure = InternalError(
        f"{metadata.name} failed to list its models: {type(error).__name__}; please report it to "
        f"the maintainers of {metadata.distribution}",
        op="list_models",
        provider=metadata.name,
    )
    failure.__cause__ = error
    return failure
