"""Finds installed providers by their entry points, without importing them.

A provider's distribution declares, in the group `chatmodels.providers`,

```toml
openai = "chatmodels.providers.openai [contract-1]"
```

its name, the module that registers it when imported, and the version of the contract between core
and providers that it was written for (1 if none is given).
"""

import re
from collections.abc import Mapping
from threading import Lock

import msgspec

from chatmodels.core._errors.classes import ProviderConflictError, ProviderImportError

CONTRACT_VERSION = 1
"""The version of the contract that this core speaks; the one before is understood as well."""

GROUP = "chatmodels.providers"

# Not from EntryPoint.extras, which splits "contract-1" into two words.
_VALUE = r"\s*([\w.]+)\s*(?::[^\[]*)?(?:\[(.*)\])?\s*"
_CONTRACT = r"contract-(\d+)"


class InstalledProvider(msgspec.Struct, frozen=True):
    """What an entry point tells of a provider.

    Attributes:
        name: What it is registered under when its module is imported.
        module: The module to import.
        distribution: What was installed, by pip's name.
        version: The distribution's version.
        contract: The version of the contract that it was written for.
    """

    name: str
    module: str
    distribution: str
    version: str
    contract: int = 1


class Discovery:
    """The installed providers of this process, looked up once, when first asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: dict[str, tuple[InstalledProvider, ...]] | None = None

    def names(self) -> frozenset[str]:
        """List the names that entry points declare."""
        return frozenset(self._scanned())

    def find(self, name: str, /) -> InstalledProvider | None:
        """Find the provider of a name, None if none is installed.

        Raises:
            ProviderConflictError: Several distributions declare the name.
            ProviderImportError: It was written for a contract that this core does not speak.
        """
        candidates = self._scanned().get(name)
        if candidates is None:
            return None
        found = candidates[0]
        others = [other for other in candidates if other.module != found.module]
        if others:
            raise ProviderConflictError(
                f"two distributions provide {name!r}: {_described(found)} and "
                f"{_described(others[0])}; uninstall one of them",
                op="resolve",
                provider=name,
            )
        check_contract(found)
        return found

    def forget(self) -> None:
        """Look again when next asked, as after something was installed."""
        with self._lock:
            self._found = None

    def _scanned(self) -> Mapping[str, tuple[InstalledProvider, ...]]:
        found = self._found
        if found is None:
            with self._lock:
                # Another thread may have scanned in between.
                found = self._found = _scan() if self._found is None else self._found
        return found


def check_contract(installed: InstalledProvider, /, *, spoken: int = CONTRACT_VERSION) -> None:
    """Make sure that a provider and this core understand each other.

    Args:
        installed: The provider.
        spoken: The present version of the contract.

    Raises:
        ProviderImportError: They do not; the message has the command that mends it.
    """
    if spoken - 1 <= installed.contract <= spoken:
        return
    older = "chatmodels-core" if installed.contract > spoken else installed.distribution
    raise ProviderImportError(
        f"{_described(installed)} was written for version {installed.contract} of the provider "
        f"contract, and this chatmodels-core speaks {spoken}; run: pip install -U {older}",
        op="resolve",
        provider=installed.name,
    )


def _scan() -> dict[str, tuple[InstalledProvider, ...]]:
    from importlib.metadata import entry_points

    found: dict[str, tuple[InstalledProvider, ...]] = {}
    for entry_point in entry_points(group=GROUP):
        distribution = entry_point.dist
        match = re.fullmatch(_VALUE, entry_point.value)
        contract = re.search(_CONTRACT, match[2]) if match and match[2] else None
        installed = InstalledProvider(
            name=entry_point.name,
            # What is malformed fails to import under that very name.
            module=match[1] if match else entry_point.value,
            distribution=distribution.name if distribution else "an unknown distribution",
            version=distribution.version if distribution else "",
            contract=int(contract[1]) if contract else 1,
        )
        found[installed.name] = (*found.get(installed.name, ()), installed)
    return found


def _described(installed: InstalledProvider) -> str:
    return f"{installed.distribution} {installed.version} ({installed.module})"
