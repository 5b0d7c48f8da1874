"""Finds installed providers by their entry points, without importing them.

A provider's distribution declares, in the group `chatmodels.providers`,

```toml
openai = "chatmodels.providers.openai [contract-1]"
```

its name, the module that registers it when imported, and the version of the contract between core
and providers that it implements (1 by default).
"""

import re
from collections.abc import Mapping
from threading import Lock

import msgspec

from chatmodels.core._errors.classes import ProviderConflictError, ProviderImportError
from chatmodels.core._registry.entry_points import entry_points

CONTRACT_VERSION = 1
"""The version of the contract that this core implements; the previous one is accepted as well."""

GROUP = "chatmodels.providers"

# EntryPoint.extras is not used: it splits "contract-1" into two words.
_VALUE = r"\s*([\w.]+)\s*(?::[^\[]*)?(?:\[(.*)\])?\s*"
_CONTRACT = r"contract-(\d+)"


class InstalledProvider(msgspec.Struct, frozen=True):
    """Metadata read from a provider's entry point.

    Attributes:
        name: The name that its module registers when it is imported.
        module: The module to import.
        distribution: The name of the installed distribution, as pip lists it.
        version: The version of the distribution.
        contract: The version of the contract that it implements.
    """

    name: str
    module: str
    distribution: str
    version: str
    contract: int = 1


class Discovery:
    """The installed providers of this process, looked up once, on first use."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cache: dict[str, tuple[InstalledProvider, ...]] | None = None

    def names(self) -> frozenset[str]:
        """List the names that entry points declare."""
        return frozenset(self._installed())

    def find(self, name: str, /) -> InstalledProvider | None:
        """Find the installed provider with a name; None if there is none.

        Raises:
            ProviderConflictError: Several distributions declare the name.
            ProviderImportError: It implements a contract that this core does not support.
        """
        candidates = self._installed().get(name)
        if candidates is None:
            return None
        installed = candidates[0]
        conflicts = [each for each in candidates if each.module != installed.module]
        if conflicts:
            raise ProviderConflictError(
                f"two distributions provide {name!r}: {_described(installed)} and "
                f"{_described(conflicts[0])}; uninstall one of them",
                op="resolve",
                provider=name,
            )
        check_contract(installed)
        return installed

    def reset(self) -> None:
        """Scan again on the next use, for example after an installation."""
        with self._lock:
            self._cache = None

    def _installed(self) -> Mapping[str, tuple[InstalledProvider, ...]]:
        installed = self._cache
        if installed is None:
            with self._lock:
                # Another thread may have scanned in between.
                installed = self._cache = _scan() if self._cache is None else self._cache
        return installed


def check_contract(installed: InstalledProvider, /, *, current: int = CONTRACT_VERSION) -> None:
    """Check that this core supports the contract of a provider.

    Args:
        installed: The provider.
        current: The current version of the contract.

    Raises:
        ProviderImportError: It does not; the message contains the command that fixes it.
    """
    if current - 1 <= installed.contract <= current:
        return
    outdated = "chatmodels-core" if installed.contract > current else installed.distribution
    raise ProviderImportError(
        f"{_described(installed)} implements version {installed.contract} of the provider "
        f"contract, and this chatmodels-core implements {current}; run: pip install -U {outdated}",
        op="resolve",
        provider=installed.name,
    )


def _scan() -> dict[str, tuple[InstalledProvider, ...]]:
    providers: dict[str, tuple[InstalledProvider, ...]] = {}
    for entry_point in entry_points(GROUP):
        match = re.fullmatch(_VALUE, entry_point.value)
        contract = re.search(_CONTRACT, match[2]) if match and match[2] else None
        installed = InstalledProvider(
            name=entry_point.name,
            # A malformed value fails to import under its own text.
            module=match[1] if match else entry_point.value,
            distribution=entry_point.distribution or "an unknown distribution",
            version=entry_point.version,
            contract=int(contract[1]) if contract else 1,
        )
        providers[installed.name] = (*providers.get(installed.name, ()), installed)
    return providers


def _described(installed: InstalledProvider) -> str:
    return f"{installed.distribution} {installed.version} ({installed.module})"
