"""Isolation of the tests from environment variables."""

import pytest

from chatmodels.providers.google import GEMINI_PROVIDER, VERTEX_PROVIDER


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in (GEMINI_PROVIDER, VERTEX_PROVIDER):
        for spec in provider.metadata.options:
            for variable in spec.env:
                monkeypatch.delenv(variable, raising=False)
