"""The contract that every provider keeps."""

import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

GEMINI = ProviderContract(provider="google", model="gemini-3.5-flash")
VERTEX = ProviderContract(
    provider="google-vertex",
    model="gemini-2.5-flash",
    registered_by="chatmodels.providers.google",
)


@pytest.mark.parametrize("check", checks(GEMINI))
def test_google_keeps_the_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize("check", checks(VERTEX))
def test_google_vertex_keeps_the_contract(check: Check) -> None:
    check()
