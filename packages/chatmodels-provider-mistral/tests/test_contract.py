"""The contract that every provider keeps."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(
    provider="mistral",
    model="labs-any",  # of which nothing is known: it takes what at least one model takes
    connect=lambda simulator: {"base_url": f"{simulator.url}/mistral/v1"},
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_mistral_keeps_the_contract(check: Check) -> None:
    check()
