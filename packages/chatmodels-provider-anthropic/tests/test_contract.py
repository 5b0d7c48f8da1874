"""The contract that every provider keeps."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(
    provider="anthropic",
    model="claude-sonnet-4-6",
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_anthropic_keeps_the_contract(check: Check) -> None:
    check()
