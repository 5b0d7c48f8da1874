"""The completion of providers and models in a shell."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


def complete_spec(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """Complete `PROVIDER:MODEL`: first the provider, then the models that its package knows."""
    from chatmodels.core import ChatModelError, list_providers
    from chatmodels.core.extending import provider

    name, separator, _ = incomplete.partition(":")
    if not separator:
        return [f"{each}:" for each in list_providers() if each.startswith(name)]
    try:
        models = provider(name).metadata.models
    except ChatModelError:
        return []
    specs = (f"{name}:{model.name}" for model in models)
    return [spec for spec in specs if spec.startswith(incomplete)]


def complete_provider(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """Complete the name of a provider."""
    from chatmodels.core import list_providers

    return [name for name in list_providers() if name.startswith(incomplete)]
