"""The suite finds out who breaks the contract."""

import os
import sys
from collections.abc import Iterator

import careless
import pytest

from chatmodels.core import ChatModelError, Usage
from chatmodels.core.extending import register_provider, unregister_provider
from chatmodels.testing.contract import Check, ProviderContract, checks
from chatmodels.testing.contract._calls import assert_usage_adds_up
from chatmodels.testing.contract._contract import CheckContext
from chatmodels.testing.contract._secrets import _environment

CARELESS = ProviderContract(provider="careless", model="m")
FOUND_OUT = {
    "the-metadata-is-correct",
    "importing-and-creating-is-light",
    "all-four-shapes-of-a-call-agree",
    "all-four-shapes-of-tool-calls-agree",
    "all-four-shapes-of-structured-output-agree",
    "a-tool-call-can-be-completed",
    "batches-keep-their-order",
    "streams-have-one-start-and-one-end",
    "responses-report-their-origin",
    "usage-adds-up",
    "responses-have-the-prices-of-their-model",
    "every-setting-is-applied-or-refused",
    "settings-of-the-model-apply-to-its-calls",
    "a-failed-call-is-retried",
    "the-capabilities-are-correct",
    "a-pickled-model-works-without-its-secret",
    "one-model-works-in-eight-threads",
    "one-model-makes-many-calls-at-once",
    "an-explanation-equals-the-request",
    "an-unhealthy-provider-is-reported",
    "models-are-listed-if-they-can-be",
    "provider-options-are-sent-unchanged",
    "headers-of-the-options-are-sent",
    "messages-arrive-with-their-roles",
    "names-of-speakers-arrive",
    "settings-arrive-in-their-fields",
    "finish-reasons-are-decoded",
    "usage-is-decoded",
    "secrets-do-not-leak",
    "a-rejected-secret-is-requested-once-more",
    "connections-are-reused",
    "async-connections-are-reused",
    "fault-connection-refused-whole",
    "fault-reset-in-body-whole",
    "fault-truncated-json-whole",
    "fault-rate-limited-retry-after-whole",
    "fault-empty-choices-stream",
    "fault-error-in-200-whole",
    "fault-keep-alive-comments-stream",
    "fault-redirect-stream",
}


@pytest.fixture
def careless_provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, CARELESS.module, careless)
    register_provider(careless.CarelessProvider())
    yield
    unregister_provider("careless")


@pytest.mark.parametrize(
    "check", [check for check in checks(CARELESS) if check.name in FOUND_OUT], ids=lambda c: c.name
)
@pytest.mark.usefixtures("careless_provider")
def test_a_careless_provider_is_found_out(check: Check) -> None:
    with pytest.raises((AssertionError, ChatModelError, ExceptionGroup)):
        check()


@pytest.mark.parametrize(
    "name",
    [
        "a-conversation-of-all-roles-is-accepted",
        "a-prompt-without-messages-is-refused",
        "models-implement-the-protocols",
        "the-secret-reaches-the-provider",
        "unknown-keywords-are-refused-with-the-nearest-name",
    ],
)
@pytest.mark.usefixtures("careless_provider")
def test_checks_that_a_careless_provider_meets_pass(name: str) -> None:
    (check,) = (check for check in checks(CARELESS) if check.name == name)

    check()


def test_every_defect_of_the_careless_provider_is_detected() -> None:
    assert {check.name for check in checks(CARELESS)} >= FOUND_OUT


def test_every_check_has_a_docstring() -> None:
    names = [check.name for check in checks(CARELESS)]

    assert len(set(names)) == len(names)
    assert all(check.__doc__ for check in checks(CARELESS))
    assert repr(checks(CARELESS)[0]) == "<Check the-metadata-is-correct of careless>"


def test_a_provider_in_process_is_spared_the_wire() -> None:
    in_process = ProviderContract(provider="careless", model="m", script=lambda _: {})
    names = {check.name for check in checks(in_process)}

    assert names < {check.name for check in checks(CARELESS)}
    assert "fault-rate-limited-stream" in names
    assert "fault-reset-in-body-whole" not in names
    with pytest.raises(AssertionError, match="no simulator"):
        _ = CheckContext(in_process, None).simulator


def test_a_provider_can_be_exempt_from_existing_checks() -> None:
    exempt = {"usage-adds-up": "it does not count", "one-model-works-under-trio": "no trio"}
    contract = ProviderContract(provider="careless", model="m", exempt=exempt)

    assert len(checks(contract)) == len(checks(CARELESS)) - 2
    with pytest.raises(ValueError, match="unknown checks in exempt: no-such-check"):
        checks(ProviderContract(provider="p", model="m", exempt={"no-such-check": "typing error"}))


@pytest.mark.parametrize(
    "usage",
    [
        Usage(),
        Usage(input_tokens=3, cached_input_tokens=3),
        Usage(input_tokens=3, output_tokens=4, total_tokens=7, reasoning_tokens=4),
        Usage(reasoning_tokens=4),
    ],
)
def test_usage_that_adds_up_passes(usage: Usage) -> None:
    assert_usage_adds_up(usage)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(input_tokens=-1),
        Usage(input_tokens=3, cached_input_tokens=4),
        Usage(input_tokens=3, output_tokens=4, total_tokens=8),
        Usage(output_tokens=3, reasoning_tokens=4),
    ],
)
def test_usage_that_does_not_add_up_is_found_out(usage: Usage) -> None:
    with pytest.raises(AssertionError):
        assert_usage_adds_up(usage)


def test_the_environment_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARELESS_KEY", "before")
    with _environment("CARELESS_KEY", "within"):
        assert os.environ["CARELESS_KEY"] == "within"

    assert os.environ["CARELESS_KEY"] == "before"
