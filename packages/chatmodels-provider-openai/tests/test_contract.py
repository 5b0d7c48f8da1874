"""The contract that every provider keeps, through both of OpenAI's APIs."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

CHAT = ProviderContract(provider="openai", model="gpt-4o", options={"api": "chat_completions"})
RESPONSES = ProviderContract(
    provider="openai",
    model="gpt-6.1-terra",
    options={"api": "responses"},
    exempt={"the-capabilities-are-true": "sound, seed and prediction are in the other API alone"},
)


@pytest.mark.parametrize("check", checks(CHAT))
def test_openai_keeps_the_contract_over_chat_completions(check: Check) -> None:
    check()


@pytest.mark.parametrize("check", checks(RESPONSES))
def test_openai_keeps_the_contract_over_responses(check: Check) -> None:
    check()
