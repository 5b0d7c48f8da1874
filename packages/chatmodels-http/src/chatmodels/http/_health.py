"""Probes of a provider: the cheapest request that proves address and credentials."""

import time

from chatmodels.core import AuthenticationError, ChatModelError, HealthReport, Timeout
from chatmodels.http._bodies import aread_body, read_body
from chatmodels.http._deadlines import limits_of_one
from chatmodels.http._sender import Sender


def check_health(caller: Sender, within: Timeout, /) -> HealthReport:
    """Probe a provider; failures are reported, not raised."""
    started = time.monotonic()
    try:
        limits = limits_of_one(within, caller.metadata.name)
        answer = caller.open(caller.codec.health, limits, None)
        read_body(answer, limits, caller.metadata.name, caller.finished)
    except ChatModelError as error:
        return _report(caller, started, error)
    return _report(caller, started, None)


async def acheck_health(caller: Sender, within: Timeout, /) -> HealthReport:
    """Probe a provider, awaited; the twin of `check_health`."""
    started = time.monotonic()
    try:
        limits = limits_of_one(within, caller.metadata.name)
        answer = await caller.aopen(caller.codec.health, limits, None)
        await aread_body(answer, limits, caller.metadata.name, caller.finished)
    except ChatModelError as error:
        return _report(caller, started, error)
    return _report(caller, started, None)


def _report(caller: Sender, started: float, error: ChatModelError | None) -> HealthReport:
    latency = time.monotonic() - started
    name = caller.metadata.name
    if error is None:
        where = caller.base_url
        return HealthReport(
            provider=name, status="healthy", latency=latency, message=f"{where} answers"
        )
    # Without a secret nobody was asked, so nothing is known.
    unasked = isinstance(error, AuthenticationError) and error.status is None
    return HealthReport(
        provider=name,
        status="unknown" if unasked else "unhealthy",
        latency=None if unasked else latency,
        message=error.message,
        code=error.code,
    )
