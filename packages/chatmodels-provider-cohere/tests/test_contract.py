"""The contract that every provider keeps."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(
    provider="cohere",
    model="command-a-plus-05-2026",
    connect=lambda simulator: {"base_url": simulator.url},
    untold=frozenset({"model"}),
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_cohere_keeps_the_contract(check: Check) -> None:
    check()
