"""What a registry says when it has not got what is asked for."""

from collections.abc import Callable, Collection, Mapping

from chatmodels.core._errors.classes import ProviderImportError, ProviderNotFoundError
from chatmodels.core._spelling import hint, is_provider_name, listing, nearest


def not_found(
    name: str, known: Collection[str], /, *, removed: Collection[str], discover: bool
) -> ProviderNotFoundError:
    """Say that there is no such provider, and propose another or the way to get it."""
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
    """Say that something without a colon is no alias, and guess what was meant."""
    while (target := aliases.get(name)) is not None:
        # The alias that this one stands for was removed.
        name = target
    maker, _, model = name.partition("/")
    if name in providers:
        remedy = f"name a model as well, as in '{name}:<model>'"
    elif model and maker in providers:
        remedy = f"did you mean '{maker}:{model}'?"
    elif near := hint(name, aliases):
        remedy = near
    elif makers := providers_for_model(name):
        remedy = f"did you mean '{makers[0]}:{name}'?"
    else:
        remedy = (
            "write 'provider:model', as in 'openai:gpt-6.1-terra', or call set_alias(...) first"
        )
    return ProviderNotFoundError(
        f"no alias named {name!r} (aliases: {listing(aliases)}); {remedy}", op="resolve"
    )


def unimportable(name: str, module: str, error: BaseException, /) -> ProviderImportError:
    """Say that a provider is installed but cannot be imported, and why."""
    words = " ".join(str(error).split())
    why = f"{type(error).__name__}: {words if len(words) <= 200 else f'{words[:197]}...'}"
    return ProviderImportError(
        f"provider {name!r} cannot be imported from {module}: {why}; repair or uninstall its "
        "distribution",
        op="resolve",
        provider=name,
        details={"module": module},
    )
