"""The contract that every provider keeps."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(
    provider="mock",
    model="echo",
    script=lambda replies: {"responses": list(replies), "on_exhausted": "echo"},
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_mock_keeps_the_contract(check: Check) -> None:
    check()
