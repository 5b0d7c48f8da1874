import threading
from contextvars import ContextVar
from types import SimpleNamespace

import pytest

from chatmodels.core import HealthReport, NetworkError
from chatmodels.core._registry import front, health
from chatmodels.core._registry.registry import ProviderRegistry
from chatmodels.core._values.metadata import OptionSpec

LONG = 60.0
"""Seconds that no test waits for."""


@pytest.fixture
def registry() -> ProviderRegistry:
    return ProviderRegistry()


def test_every_registered_provider_is_probed(registry, fake) -> None:
    for name in ("one", "two"):
        registry.register_provider(fake(name))
    reports = registry.check_health()
    assert list(reports) == ["one", "two"]
    assert {report.status for report in reports.values()} == {"healthy"}


def test_only_the_named_providers_are_probed(registry, fake) -> None:
    for name in ("one", "two"):
        registry.register_provider(fake(name))
    assert list(registry.check_health(["two", "two"])) == ["two"]
    assert registry.provider("one").probed == []
    assert len(registry.provider("two").probed) == 1


def test_one_name_is_one_provider_and_not_its_letters(registry, fake) -> None:
    registry.register_provider(fake("acme"))
    assert list(registry.check_health("acme")) == ["acme"]


def test_an_empty_registry_is_probed_at_once(registry) -> None:
    assert registry.check_health() == {}


def test_a_health_check_has_the_time_limit_and_no_retries(registry, fake) -> None:
    registry.register_provider(fake("one"))
    registry.check_health(timeout=3.0)
    (options,) = registry.provider("one").probed
    assert (options.timeout.total, options.max_retries) == (3.0, 0)


def test_probes_run_at_the_same_time(registry, fake) -> None:
    together = threading.Barrier(3)

    def probe() -> HealthReport:
        together.wait(LONG)
        return HealthReport(provider="any", status="healthy")

    for name in ("one", "two", "three"):
        registry.register_provider(fake(name, probe=probe))
    reports = registry.check_health(timeout=LONG)
    assert [report.status for report in reports.values()] == ["healthy"] * 3


def test_a_health_check_that_hangs_is_reported_and_abandoned(registry, fake, monkeypatch) -> None:
    release = threading.Event()

    def hang() -> HealthReport:
        release.wait(LONG)
        return HealthReport(provider="slow", status="healthy")

    registry.register_provider(fake("fast"))
    registry.register_provider(fake("slow", probe=hang))
    passing = iter([0.0, 0.0])  # the beginning, and the wait for the fast one
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: next(passing, 60.0)))
    reports = registry.check_health(timeout=60)
    release.set()
    assert reports["fast"].status == "healthy"
    assert reports["slow"] == HealthReport(
        provider="slow",
        status="unhealthy",
        latency=60,
        message="no response within 60 s",
        code="timeout",
    )


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        pytest.param(NetworkError("no route"), "no route", "network", id="of ours"),
        pytest.param(KeyError("sk-1"), "KeyError", "internal", id="foreign"),
    ],
)
def test_a_probe_that_raises_is_unhealthy(registry, fake, error, message: str, code: str) -> None:
    def probe() -> HealthReport:
        raise error

    registry.register_provider(fake("one", probe=probe))
    report = registry.check_health()["one"]
    assert (report.status, report.message, report.code) == ("unhealthy", message, code)


def test_a_provider_without_credentials_is_unknown(registry, fake, monkeypatch) -> None:
    monkeypatch.delenv("ONE_KEY", raising=False)
    key = OptionSpec(name="api_key", description="", env=("ONE_KEY",), required=True, secret=True)
    registry.register_provider(fake("one", options=(key,)))
    assert registry.check_health()["one"] == HealthReport(
        provider="one",
        status="unknown",
        message="one has no API key; set ONE_KEY or pass api_key=...",
        code="authentication",
    )


def test_a_provider_with_wrong_options_is_unhealthy(registry, fake) -> None:
    registry.register_provider(fake("one", base_url="nowhere"))
    report = registry.check_health()["one"]
    assert (report.status, report.code) == ("unhealthy", "configuration_invalid")


def test_an_unknown_provider_is_unhealthy(registry, fake) -> None:
    registry.register_provider(fake("one"))
    report = registry.check_health(["onne"])["onne"]
    assert (report.status, report.code) == ("unhealthy", "provider_not_found")
    assert "did you mean 'one'?" in report.message


def test_installed_providers_are_checked_and_broken_ones_reported_with_their_cause(
    site, global_registry
) -> None:
    site.install("alpha", "import a_module_that_is_missing")
    report = front.check_health(["alpha"])["alpha"]
    assert (report.status, report.code) == ("unhealthy", "provider_unavailable")
    assert "cannot be imported from plugin_alpha: ModuleNotFoundError: " in report.message
    assert "alpha" in global_registry.list_providers()


def test_a_probe_sees_the_context_of_the_caller(registry, fake) -> None:
    trace: ContextVar[str] = ContextVar("trace", default="none")

    def probe() -> HealthReport:
        return HealthReport(provider="one", status="healthy", message=trace.get())

    registry.register_provider(fake("one", probe=probe))
    token = trace.set("t-1")
    try:
        assert registry.check_health()["one"].message == "t-1"
    finally:
        trace.reset(token)


async def test_probes_can_be_awaited(registry, fake, global_registry) -> None:
    registry.register_provider(fake("one"))
    assert (await registry.acheck_health())["one"].status == "healthy"
    global_registry.register_provider(fake("zz-acme"))
    assert (await front.acheck_health(["zz-acme"], timeout=LONG))["zz-acme"].status == "healthy"
