"""The contract that every provider keeps."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(
    provider="ollama",
    model="qwen3",
    connect=lambda simulator: {"base_url": simulator.url},
    untold=frozenset({"id"}),
    exempt={
        f"fault-content-filtered-{mode}": "there is no filter, and so no word for it"
        for mode in ("whole", "stream")
    },
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_ollama_keeps_the_contract(check: Check) -> None:
    check()
