"""Checks the health of many providers concurrently, with a time limit."""

import time
from collections.abc import Callable, Sequence
from threading import Thread

from chatmodels.core._errors.classes import AuthenticationError, ChatModelError
from chatmodels.core._errors.codes import ErrorCode
from chatmodels.core._errors.rules import error_code
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.provider import Provider
from chatmodels.core._values.metadata import HealthReport, HealthStatus

Find = Callable[[str], Provider]
LoadOptions = Callable[[str], ProviderOptions]


def check_all(
    names: Sequence[str], timeout: float, /, *, find: Find, load_options: LoadOptions
) -> dict[str, HealthReport]:
    """Check providers concurrently, each in a thread of its own.

    A check that exceeds the time limit is reported and abandoned. It ends by its own time limit,
    and does not prevent the interpreter from exiting.

    Args:
        names: The names of the providers.
        timeout: The time limit of each check in seconds, including the import of the provider.
        find: Returns the provider with a name, importing it if necessary.
        load_options: Returns the options to check a provider with.
    """
    from contextvars import copy_context

    reports: dict[str, HealthReport] = {}

    def check(name: str) -> None:
        reports[name] = _checked(name, find, load_options)

    threads = [
        # The interpreter does not wait for daemon threads at exit, unlike those of a pool.
        Thread(
            target=copy_context().run,
            args=(check, name),
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
    return {name: reports.get(name) or _timed_out(name, timeout) for name in names}


def _checked(name: str, find: Find, load_options: LoadOptions) -> HealthReport:
    try:
        provider = find(name)
        try:
            options = load_options(name)
        except AuthenticationError as error:
            # No request was sent, so the health is not known.
            return _report(name, error, "unknown")
        return provider.check_health(options)
    except Exception as error:
        return _report(name, error, "unhealthy")


def _report(name: str, error: Exception, status: HealthStatus) -> HealthReport:
    # The messages of other errors can contain anything, including secrets.
    message = str(error) if isinstance(error, ChatModelError) else type(error).__name__
    return HealthReport(provider=name, status=status, message=message, code=str(error_code(error)))


def _timed_out(name: str, timeout: float) -> HealthReport:
    return HealthReport(
        provider=name,
        status="unhealthy",
        latency=timeout,
        message=f"no response within {timeout:g} s",
        code=str(ErrorCode.TIMEOUT),
    )
