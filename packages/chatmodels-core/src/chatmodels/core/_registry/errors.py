"""Errors of a registry for unknown providers and aliases, and failed imports."""

from collections.abc import Callable, Collection, Mapping

from chatmodels.core._errors.classes import ProviderImportError, ProviderNotFoundError
from chatmodels.core._spelling import hint, is_provider_name, listing, nearest


def not_found(
    name: str, known: Collection[str], /, *, removed: Collection[str], discover: bool
) -> ProviderNotFoundError:
    """Create the error for an unknown provider, with the nearest name or how to install it."""
    near = nearest(name, known)
    if name in removed:
        remedy = "it was unregistered; register it again with register_provider(...)"
    elif near is not None:
        remedy = f"did you mean {near!r}?"
    elif discover and is_provider_name(name):
        remedy = f"try: pip install chatmodels-provider-{name}"
    else:
        remedy = "register it with register_provider(...)"
    return ProviderNotFoundError(
        f"no provider named {name!r} ({'installed' if discover else 'registered'}: "
        f"{listing(known)}); {remedy}",
        op="resolve",
        provider=name,
    )


def no_alias(
    name: str,
    aliases: Mapping[str, str],
    providers: Collection[str],
    providers_for_model: Callable[[str], list[str]],
    /,
) -> ProviderNotFoundError:
    """Create the error for an unknown alias, with the alias or spec that was probably meant."""
    while (target := aliases.get(name)) is not None:
        # The alias that this one refers to was removed.
        name = target
    provider, _, model = name.partition("/")
    if name in providers:
        remedy = f"name a model as well, as in '{name}:<model>'"
    elif model and provider in providers:
        remedy = f"did you mean '{provider}:{model}'?"
    elif near := hint(name, aliases):
        remedy = near
    elif matches := providers_for_model(name):
        remedy = f"did you mean '{matches[0]}:{name}'?"
    else:
        remedy = (
            "write 'provider:model', as in 'openai:gpt-6.1-terra', or call set_alias(...) first"
        )
    return ProviderNotFoundError(
        f"no alias named {name!r} (aliases: {listing(aliases)}); {remedy}", op="resolve"
    )


def unimportable(name: str, module: str, error: BaseException, /) -> ProviderImportError:
    """Create the error for an installed provider that cannot be imported, with the reason."""
    text = " ".join(str(error).split())
    reason = f"{type(error).__name__}: {text if len(text) <= 200 else f'{text[:197]}...'}"
    return ProviderImportError(
        f"provider {name!r} cannot be imported from {module}: {reason}; repair or uninstall its "
        "distribution",
        op="resolve",
        provider=name,
        details={"module": module},
    )
