"""All checks, by name."""

from collections.abc import Callable, Iterator

from chatmodels.testing.contract import (
    _calls,
    _capabilities,
    _connections,
    _failures,
    _provider,
    _secrets,
    _settings,
    _worlds,
)
from chatmodels.testing.contract._contract import Bench, Check, ProviderContract

_ALWAYS = (
    *_provider.CHECKS,
    *_capabilities.CHECKS,
    *_calls.CHECKS,
    *_settings.CHECKS,
    *_secrets.CHECKS,
    *_worlds.CHECKS,
)
_OVER_HTTP = (
    *_provider.HTTP_CHECKS,
    *_settings.HTTP_CHECKS,
    *_secrets.HTTP_CHECKS,
    *_connections.HTTP_CHECKS,
    *_failures.HTTP_CHECKS,
)


def checks(contract: ProviderContract, /) -> list[Check]:
    """Give the checks that a provider must pass, each with its name.

    Args:
        contract: What the provider tells of itself. A provider in process is checked for all
            that needs no wire.

    Raises:
        ValueError: `exempt` names a check that there is none of.
    """
    found = dict(_named(contract))
    if unknown := sorted(set(contract.exempt) - set(found)):
        raise ValueError(f"exempt from what does not exist: {', '.join(unknown)}")
    return [
        Check(name, contract, run) for name, run in found.items() if name not in contract.exempt
    ]


def _named(contract: ProviderContract) -> Iterator[tuple[str, Callable[[Bench], None]]]:
    for run in (*_ALWAYS, *(_OVER_HTTP if contract.over_http else ())):
        yield run.__name__.replace("_", "-"), run
    yield from _failures.fault_checks(over_http=contract.over_http)
