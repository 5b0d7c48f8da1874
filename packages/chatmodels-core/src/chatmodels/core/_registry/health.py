"""Probes many providers at once, and waits for none of them longer than allowed."""

import time
from collections.abc import Sequence
from threading import Thread
from typing import TYPE_CHECKING

from chatmodels.core._error_rules import error_code
from chatmodels.core._errors import AuthenticationError, ChatModelError, ErrorCode
from chatmodels.core._values.metadata import HealthReport, HealthStatus

if TYPE_CHECKING:
    from chatmodels.core._registry.registry import ProviderRegistry


def check_all(
    registry: "ProviderRegistry", names: Sequence[str], timeout: float, /
) -> dict[str, HealthReport]:
    """Probe providers concurrently, each in a thread of its own.

    A probe that takes too long is reported and left behind; it ends by its own time limit, and
    does not keep the interpreter from exiting.

    Args:
        registry: Where the providers are.
        names: Which to probe.
        timeout: Seconds for each probe, import of the provider included.
    """
    from contextvars import copy_context

    reports: dict[str, HealthReport] = {}

    def note(name: str) -> None:
        reports[name] = _probed(registry, name, timeout)

    threads = [
        # Daemons, unlike the threads of a pool, are not waited for at exit.
        Thread(
            target=copy_context().run,
            args=(note, name),
            name=f"chatmodels-health-{name}",
            daemon=True,
        )
        for name in dict.fromkeys(names)
    ]
    deadline = time.monotonic() + timeout
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {name: reports.get(name) or _late(name, timeout) for name in names}


def _probed(registry: "ProviderRegistry", name: str, timeout: float) -> HealthReport:
    try:
        provider = registry.provider(name)
        try:
            options = registry.provider_options(name, timeout=timeout, max_retries=0)
        except AuthenticationError as error:
            # Nothing was asked, so nothing is known.
            return _report(name, error, "unknown")
        return provider.check_health(options)
    except Exception as error:
        return _report(name, error, "unhealthy")


def _report(name: str, error: Exception, status: HealthStatus) -> HealthReport:
    # The words of foreign errors may quote anything, secrets included.
    message = str(error) if isinstance(error, ChatModelError) else type(error).__name__
    return HealthReport(provider=name, status=status, message=message, code=str(error_code(error)))


def _late(name: str, timeout: float) -> HealthReport:
    return HealthReport(
        provider=name,
        status="unhealthy",
        latency=timeout,
        message=f"no answer within {timeout:g} s",
        code=str(ErrorCode.TIMEOUT),
    )
