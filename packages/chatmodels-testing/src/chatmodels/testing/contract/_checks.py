"""All checks, by name."""

from collections.abc import Callable, Iterator

from chatmodels.testing.contract._calls import CHECKS as CALLS
from chatmodels.testing.contract._capabilities import CHECKS as CAPABILITIES
from chatmodels.testing.contract._connections import HTTP_CHECKS as CONNECTIONS
from chatmodels.testing.contract._contract import Bench, Check, ProviderContract
from chatmodels.testing.contract._failures import HTTP_CHECKS as FAILURES
from chatmodels.testing.contract._failures import fault_checks
from chatmodels.testing.contract._provider import CHECKS as PROVIDER
from chatmodels.testing.contract._provider import HTTP_CHECKS as HTTP_PROVIDER
from chatmodels.testing.contract._secrets import CHECKS as SECRETS
from chatmodels.testing.contract._secrets import HTTP_CHECKS as HTTP_SECRETS
from chatmodels.testing.contract._settings import CHECKS as SETTINGS
from chatmodels.testing.contract._settings import HTTP_CHECKS as HTTP_SETTINGS
from chatmodels.testing.contract._sync_async import CHECKS as WORLDS

_ALWAYS = (
    *PROVIDER,
    *CAPABILITIES,
    *CALLS,
    *SETTINGS,
    *SECRETS,
    *WORLDS,
)
_OVER_HTTP = (
    *HTTP_PROVIDER,
    *HTTP_SETTINGS,
    *HTTP_SECRETS,
    *CONNECTIONS,
    *FAILURES,
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
    yield from fault_checks(over_http=contract.over_http)
