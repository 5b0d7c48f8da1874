"""The contract that every provider keeps."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(
    provider="bedrock",
    model="us.anthropic.claude-sonnet-4-6",
    untold=frozenset({"id", "model"}),
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_bedrock_keeps_the_contract(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    check()
