"""The contract that every provider keeps, at each kind of endpoint."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

V1 = ProviderContract(
    provider="azure", model="gpt-5-mini", connect=lambda simulator: {"base_url": simulator.url}
)
DATED = ProviderContract(
    provider="azure",
    model="my-deployment",
    connect=lambda simulator: {"base_url": simulator.url, "api_version": "2024-10-21"},
)
INFERENCE = ProviderContract(
    provider="azure",
    model="grok-4",
    connect=lambda simulator: {"base_url": f"{simulator.url}/models"},
    exempt={
        "the-capabilities-are-true": "models of all makers do not take what OpenAI's do",
        "models-are-listed-if-they-can-be": "this endpoint has none",
    },
)
RESPONSES = ProviderContract(
    provider="azure",
    model="gpt-5-mini",
    connect=lambda simulator: {"base_url": simulator.url},
    options={"api": "responses"},
    exempt={"the-capabilities-are-true": "sound and seeds are in chat completions alone"},
)


@pytest.mark.parametrize("check", checks(RESPONSES))
def test_azure_keeps_the_contract_in_the_responses_api(check: Check) -> None:
    check()


@pytest.mark.parametrize("check", checks(V1))
def test_azure_keeps_the_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize("check", checks(DATED))
def test_azure_keeps_the_contract_at_dated_endpoints(check: Check) -> None:
    check()


@pytest.mark.parametrize("check", checks(INFERENCE))
def test_azure_keeps_the_contract_at_inference_endpoints(check: Check) -> None:
    check()
