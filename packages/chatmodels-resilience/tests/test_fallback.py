"""Other models are called, in order, if a model fails."""

import logging
import time
from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    AuthenticationError,
    ChatRequest,
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    NetworkError,
    ProviderUnavailableError,
    RateLimitError,
    Settings,
    Timeout,
    UnsupportedError,
    user,
)
from chatmodels.core.extending import CallInfo, Flow, Send
from chatmodels.resilience import FALLBACK_CODES, Budget, Fallback, Retry


def down() -> ProviderUnavailableError:
    return ProviderUnavailableError("down", status=503)


async def test_the_next_model_responds_if_the_first_fails(call: Any, scripted: Any) -> None:
    second, third = scripted(down(), name="second"), scripted("Hello", name="third")
    model = scripted(AuthenticationError("wrong key")).with_policies(Fallback(second, third))

    response = await call(model)

    assert response.text == "Hello"
    assert [(each.model, each.code) for each in response.failed_attempts] == [
        ("large", "authentication"),
        ("second", "provider_unavailable"),
    ]


async def test_the_last_error_is_raised_with_all_attempts(call: Any, scripted: Any) -> None:
    model = scripted(down()).with_policies(Fallback(scripted(NetworkError("lost"), name="spare")))

    with pytest.raises(NetworkError, match="lost") as raised:
        await call(model)

    assert [each.model for each in raised.value.failed_attempts] == ["large", "spare"]


async def test_a_defect_of_the_program_is_raised_at_once(call: Any, scripted: Any) -> None:
    fallback = scripted("Hello")
    model = scripted(InvalidRequestError("bad")).with_policies(Fallback(fallback))

    with pytest.raises(InvalidRequestError):
        await call(model)

    assert fallback.requests == []


async def test_only_the_given_codes_lead_to_another_model(call: Any, scripted: Any) -> None:
    policy = Fallback(scripted("Hello"), on=["rate_limited"])

    assert (await call(scripted(RateLimitError("slow")).with_policies(policy))).text == "Hello"
    with pytest.raises(ProviderUnavailableError):
        await call(scripted(down()).with_policies(policy))


async def test_a_request_that_is_not_idempotent_goes_to_one_model(call: Any, scripted: Any) -> None:
    fallback = scripted("Hello")
    model = scripted(down()).with_policies(Fallback(fallback))

    with pytest.raises(ProviderUnavailableError) as raised:
        await call(model, idempotent=False)

    assert fallback.requests == []
    assert raised.value.__notes__ == ["no other model was called: the request is not idempotent"]


async def test_no_model_is_called_after_the_total_time(
    call: Any, scripted: Any, clock: Any
) -> None:
    fallback = scripted("Hello")
    clock.now = time.monotonic() + 100
    model = scripted(down()).with_policies(Fallback(fallback, clock=clock))

    with pytest.raises(ProviderUnavailableError) as raised:
        await call(model, timeout=5)

    assert fallback.requests == []
    assert raised.value.__notes__ == [
        "no other model was called: the total timeout of 5.0 s is over"
    ]


async def test_the_next_model_gets_the_rest_of_the_total_time(
    call: Any, scripted: Any, clock: Any
) -> None:
    fallback = scripted("Hello")
    clock.now = time.monotonic() + 400
    model = scripted(down()).with_policies(Fallback(fallback, clock=clock))

    await call(model, timeout=Timeout(connect=3, total=1000))

    timeout = fallback.requests[0].timeout
    assert timeout.connect == 3
    assert timeout.total == pytest.approx(600, abs=60)


async def test_each_model_applies_its_own_settings(call: Any, scripted: Any) -> None:
    fallback = scripted("Hello", settings=Settings(temperature=0.9))
    model = scripted(down(), settings=Settings(temperature=0.1, seed=1))

    await call(model.with_policies(Fallback(fallback)), top_p=0.5)

    assert fallback.requests[0].settings == Settings(temperature=0.9, top_p=0.5)


async def test_a_model_that_does_not_support_the_request_is_replaced(
    call: Any, scripted: Any
) -> None:
    first = scripted("never", supported_settings=frozenset())
    model = first.with_policies(Fallback(scripted("Hello", name="able")))

    response = await call(model, seed=7)

    assert response.text == "Hello"
    assert [(each.model, each.code) for each in response.failed_attempts] == [
        ("large", "unsupported")
    ]
    assert first.requests == []


async def test_a_fallback_for_other_codes_does_not_see_an_unsupported_request(
    call: Any, scripted: Any
) -> None:
    second = scripted("Hello")
    first = scripted(supported_settings=frozenset())

    with pytest.raises(UnsupportedError) as raised:
        await call(first.with_policies(Fallback(second, on=["timeout"])), seed=7)

    assert raised.value.failed_attempts == ()
    assert second.requests == []


async def test_the_first_model_is_called_with_what_it_supports_after_a_change(
    call: Any, scripted: Any
) -> None:
    def without_settings(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Send(replace(request, settings=Settings())))

    first = scripted("Hello", supported_settings=frozenset())
    model = first.with_policies(Fallback(scripted()), without_settings)

    assert (await call(model, seed=7)).text == "Hello"


def test_an_explanation_refuses_what_the_first_model_does_not_support(scripted: Any) -> None:
    model = scripted(supported_settings=frozenset()).with_policies(Fallback(scripted()))

    with pytest.raises(UnsupportedError, match="seed"):
        model.explain("Hi", seed=7)


async def test_retries_of_a_model_come_before_its_replacement(call: Any, scripted: Any) -> None:
    first = scripted(down(), down(), policies=[Retry(max_retries=1, initial_delay=0)])
    model = first.with_policies(Fallback(scripted("Hello", name="spare")))

    response = await call(model)

    assert [each.model for each in response.failed_attempts] == ["large", "large"]


def test_each_replacement_is_logged(scripted: Any, caplog: pytest.LogCaptureFixture) -> None:
    model = scripted(down()).with_policies(Fallback(scripted("Hello")))

    with caplog.at_level(logging.WARNING, "chatmodels.resilience"):
        model.generate(ChatRequest(messages=(user("Hi"),)))

    assert caplog.messages == [
        "generate of 'acme:large' failed: provider_unavailable; the next model is called"
    ]


def test_the_replacement_of_a_model_whose_policy_refused_is_logged_with_its_name(
    scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    budget = Budget(tokens=1)
    model = scripted("Hello").with_policies(Fallback(scripted("Hi")), budget)
    model.generate("Hi")

    with caplog.at_level(logging.WARNING, "chatmodels.resilience"):
        model.generate("Hi")

    assert caplog.messages == [
        "generate of 'acme:large' failed: quota_exceeded; the next model is called"
    ]


def test_wrong_arguments_are_refused_together() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Fallback("openai:gpt-5", on=["nothing"])  # type: ignore[arg-type] - untyped callers
    assert raised.value.message == (
        "Fallback: str is not a model; create one with create_chat_model(...); "
        "there is no ErrorCode 'nothing'"
    )
    with pytest.raises(ConfigurationError, match="Fallback: pass at least one model"):
        Fallback()


def test_its_repr_names_the_models(scripted: Any) -> None:
    fallback = scripted()

    assert repr(Fallback(fallback)) == f"Fallback({fallback!r})"
    assert ErrorCode.INVALID_REQUEST not in FALLBACK_CODES
