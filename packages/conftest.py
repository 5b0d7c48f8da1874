"""What the tests of all packages share."""

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

# a busy machine is no failure
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio; one that is about trio parametrises this itself."""
    return "asyncio"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Save what was covered, since xdist kills a worker that needs ten seconds to end."""
    current = Coverage.current()
    _ = current and current.save()
