"""What the tests of all packages share."""

import pytest
from hypothesis import HealthCheck, settings

# a busy machine is no failure
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio; one that is about trio parametrises this itself."""
    return "asyncio"
