"""The contract that every provider keeps."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="openai", model="gpt-5-mini")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_openai_keeps_the_contract(check: Check) -> None:
    check()
