"""All checks by name."""

from collections.abc import Callable, Iterator

from chatmodels.testing._former import CHECKS, warn_former
from chatmodels.testing.contract._calls import CHECKS as CALLS
from chatmodels.testing.contract._capabilities import CHECKS as CAPABILITIES
from chatmodels.testing.contract._connections import HTTP_CHECKS as CONNECTIONS
from chatmodels.testing.contract._contract import Check, CheckContext, ProviderContract
from chatmodels.testing.contract._failures import HTTP_CHECKS as FAILURES
from chatmodels.testing.contract._failures import fault_checks
from chatmodels.testing.contract._provider import CHECKS as PROVIDER
from chatmodels.testing.contract._provider import HTTP_CHECKS as HTTP_PROVIDER
from chatmodels.testing.contract._requests import HTTP_CHECKS as REQUESTS
from chatmodels.testing.contract._responses import HTTP_CHECKS as RESPONSES
from chatmodels.testing.contract._secrets import CHECKS as SECRETS
from chatmodels.testing.contract._secrets import HTTP_CHECKS as HTTP_SECRETS
from chatmodels.testing.contract._settings import CHECKS as SETTINGS
from chatmodels.testing.contract._settings import HTTP_CHECKS as HTTP_SETTINGS
from chatmodels.testing.contract._sync_async import CHECKS as SYNC_ASYNC

_ALL_PROVIDERS = (
    *PROVIDER,
    *CAPABILITIES,
    *CALLS,
    *SETTINGS,
    *SECRETS,
    *SYNC_ASYNC,
)
_HTTP_PROVIDERS = (
    *HTTP_PROVIDER,
    *REQUESTS,
    *RESPONSES,
    *HTTP_SETTINGS,
    *HTTP_SECRETS,
    *CONNECTIONS,
    *FAILURES,
)


def checks(contract: ProviderContract, /) -> list[Check]:
    """Return the checks that a provider must pass, each with its name.

    Args:
        contract: The description of the provider. An in-process provider gets only the checks
            that do not need HTTP.

    Raises:
        ValueError: `exempt` contains an unknown check.
    """
    exempt = set[str]()
    for name in contract.exempt:
        if name in CHECKS:
            warn_former(f"the check {name!r}", repr(CHECKS[name]))
        exempt.add(CHECKS.get(name, name))
    functions = dict(_named(contract))
    if unknown := sorted(exempt - functions.keys()):
        raise ValueError(f"unknown checks in exempt: {', '.join(unknown)}")
    return [Check(name, contract, run) for name, run in functions.items() if name not in exempt]


def _named(contract: ProviderContract) -> Iterator[tuple[str, Callable[[CheckContext], None]]]:
    for run in (*_ALL_PROVIDERS, *(_HTTP_PROVIDERS if contract.over_http else ())):
        yield run.__name__.replace("_", "-"), run
    yield from fault_checks(over_http=contract.over_http)
