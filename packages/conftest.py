"""Settings and fixtures of the tests of all packages."""

import pytest
from hypothesis import HealthCheck, settings

# a busy machine is not a failure
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio; one that is about trio parametrises this itself."""
    return "asyncio"
