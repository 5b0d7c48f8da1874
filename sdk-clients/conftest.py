"""Fixtures of the tests of clients; `simulator` is the one of the plugin."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Return asyncio, which the clients use."""
    return "asyncio"
