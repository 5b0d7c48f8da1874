"""Health checks of a provider: the cheapest request that verifies address and credentials."""

import time

from chatmodels.core import AuthenticationError, ChatModelError, HealthReport, Timeout
from chatmodels.http._bodies import aread_body, read_body
from chatmodels.http._deadlines import single_attempt_limits
from chatmodels.http._sender import Sender


def check_health(sender: Sender, within: Timeout, /) -> HealthReport:
    """Check the health of a provider; failures are reported, not raised."""
    started = time.monotonic()
    try:
        limits = single_attempt_limits(within, sender.metadata.name)
        response = sender.open(sender.codec.health, limits, None)
        read_body(response, limits, sender.metadata.name, sender.complete_error)
    except ChatModelError as error:
        return _report(sender, started, error)
    return _report(sender, started, None)


async def acheck_health(sender: Sender, within: Timeout, /) -> HealthReport:
    """Async version of `check_health`."""
    started = time.monotonic()
    try:
        limits = single_attempt_limits(within, sender.metadata.name)
        response = await sender.aopen(sender.codec.health, limits, None)
        await aread_body(response, limits, sender.metadata.name, sender.complete_error)
    except ChatModelError as error:
        return _report(sender, started, error)
    return _report(sender, started, None)


def _report(sender: Sender, started: float, error: ChatModelError | None) -> HealthReport:
    latency = time.monotonic() - started
    name = sender.metadata.name
    if error is None:
        return HealthReport(
            provider=name,
            status="healthy",
            latency=latency,
            message=f"{sender.base_url} responds",
        )
    # Without a secret no request was sent, so that the status is not known.
    not_sent = isinstance(error, AuthenticationError) and error.status is None
    return HealthReport(
        provider=name,
        status="unknown" if not_sent else "unhealthy",
        latency=None if not_sent else latency,
        message=error.message,
        code=error.code,
    )
