"""Settings and fixtures of the tests of all packages."""

import os

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is not a failure, and each run tries the same examples. HYPOTHESIS_PROFILE=default
# tries others.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio; one that is about trio parametrises this itself."""
    return "asyncio"
