"""Every provider keeps the contract."""

from importlib.metadata import entry_points

import pytest

from chatmodels.testing.contract import Check, checks
from conformance.contracts import CONTRACTS
from family import FAMILY


def test_every_installed_provider_has_a_contract() -> None:
    installed = {found.name for found in entry_points(group="chatmodels.providers")}

    here = {contract.provider for contract in CONTRACTS.values()}
    assert installed - FAMILY.keys() == here


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=f"{name}:{check.name}")
        for name, contract in CONTRACTS.items()
        for check in checks(contract)
    ],
)
def test_a_provider_keeps_the_contract(check: Check) -> None:
    check()
