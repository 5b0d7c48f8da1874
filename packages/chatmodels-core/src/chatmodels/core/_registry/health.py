"""Probes many providers at once, and waits for none of them longer than allowed."""

import time
from collections.abc import Callable, Sequence
from threading import Thread

from chatmodels.core._errors.classes import AuthenticationError, ChatModelError, ErrorCode
from chatmodels.core._errors.rules import error_code
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.provider import Provider
from chatmodels.core._values.metadata import HealthReport, HealthStatus

Find = Callable[[str], Provider]
GatherOptions = Callable[[str], ProviderOptions]


def check_all(
    names: Sequence[str], timeout: float, /, *, find: Find, gather_options: GatherOptions
) -> dict[str, HealthReport]:
    """Probe providers concurrently, each in a thread of its own.

    A probe that takes too long is reported and left behind; it ends by its own time limit, and
    does not keep the interpreter from exiting.

    Args:
        names: Which to probe.
        timeout: Seconds for each probe, import of the provider included.
        find: Returns the provider of a name, importing it if need be.
        gather_options: Returns the options that a provider is probed with.
    """
    from contextvars import copy_context

    reports: dict[str, HealthReport] = {}

    def note(name: str) -> None:
        reports[name] = _probed(name, find, gather_options)

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


def _probed(name: str, find: Find, gather_options: GatherOptions) -> HealthReport:
    try:
        provider = find(name)
        try:
            options = gather_options(name)
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
