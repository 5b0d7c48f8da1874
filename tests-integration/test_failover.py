"""A policy passes a call on to another model, whatever policies the first model has inside."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatRequest,
    ConfigurationError,
    ErrorCode,
    Message,
    Settings,
    create_chat_model,
    image,
    user,
)
from chatmodels.core.extending import CallInfo, Flow, Policy, Send, Sleep
from chatmodels.providers.mock import MockChatModel
from chatmodels.resilience import Retry
from chatmodels.testing import Simulator
from vendors import VENDORS, model_of

SHAPES: dict[str, Callable[[ChatModel], Any]] = {
    "generate": lambda model: model.generate("Hi"),
    "agenerate": lambda model: model.agenerate("Hi"),
    "stream": lambda model: model.stream("Hi").collect(),
    "astream": lambda model: model.astream("Hi").collect(),
}

shapes = pytest.mark.parametrize("shape", SHAPES)


async def call(model: ChatModel, shape: str) -> Any:
    response = SHAPES[shape](model)
    return await response if inspect.isawaitable(response) else response


def fallback(backup: Any) -> Policy:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Send(request))
        except ChatModelError:
            return (yield Send(request, backup))

    return policy


def spare_mock() -> MockChatModel:
    return MockChatModel("spare", responses=["from the spare"], on_exhausted="cycle")


@shapes
@pytest.mark.parametrize("provider", VENDORS)
async def test_a_call_that_fails_reaches_the_model_of_another_provider(
    provider: str, shape: str
) -> None:
    other = "openai" if provider.startswith("anthropic") else "anthropic"
    with Simulator() as simulator:
        backup = model_of(other, simulator, max_retries=2)
        model = model_of(provider, simulator, max_retries=2).with_policies(fallback(backup))
        simulator.queue(ErrorCode.PERMISSION_DENIED, "from the spare")

        response = await call(model, shape)
        paths = [exchange.request.path for exchange in simulator.exchanges]
        await model.aclose()
        await backup.aclose()

    assert response.text == "from the spare"
    assert response.provider == other
    assert len(paths) == 2
    assert paths[1].endswith("/chat/completions" if other == "openai" else "/messages")


@shapes
async def test_the_spare_is_reached_after_the_inner_retries_are_used_up(shape: str) -> None:
    failing = MockChatModel(responses=[ErrorCode.RATE_LIMITED], on_exhausted="cycle")
    model = failing.with_policies(
        fallback(spare_mock()), Retry(max_retries=2, initial_delay=0), Retry(max_retries=0)
    )

    response = await call(model, shape)

    assert (response.text, response.timing.attempts) == ("from the spare", 4)


@shapes
async def test_a_retry_around_a_failover_tries_both_models_again(shape: str) -> None:
    failing = MockChatModel(responses=[ErrorCode.NETWORK], on_exhausted="cycle")
    backup = MockChatModel("spare", responses=[ErrorCode.NETWORK, "from the spare"])
    model = failing.with_policies(
        Retry(max_retries=1, initial_delay=0), fallback(backup), Retry(max_retries=0)
    )

    response = await call(model, shape)

    assert (response.text, response.timing.attempts) == ("from the spare", 4)
    assert (len(failing.calls), len(backup.calls)) == (2, 2)


@shapes
async def test_the_inner_policies_of_the_failing_model_do_not_apply_to_the_spare(
    shape: str,
) -> None:
    seen: list[str] = []

    def inner(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        seen.append("inner")
        yield Sleep(0)
        return (yield Send(request))

    def of_the_spare(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        seen.append("spare")
        return (yield Send(request))

    failing = MockChatModel(responses=[ErrorCode.PERMISSION_DENIED], policies=[inner])
    backup = spare_mock().with_policies(of_the_spare)

    response = await call(failing.with_policies(fallback(backup)), shape)

    assert response.text == "from the spare"
    assert seen == ["inner", "spare"]


@shapes
async def test_the_error_of_a_spare_that_fails_too_names_the_spare(shape: str) -> None:
    backup = MockChatModel("spare", responses=[ErrorCode.QUOTA_EXCEEDED])
    failing = MockChatModel(responses=[ErrorCode.PERMISSION_DENIED], policies=[Retry()])

    with pytest.raises(ChatModelError) as caught:
        await call(failing.with_policies(fallback(backup)), shape)

    assert (caught.value.code, caught.value.model) == (ErrorCode.QUOTA_EXCEEDED, "spare")


@shapes
@pytest.mark.parametrize(
    ("backup", "remedy"),
    [
        ("anthropic:claude-sonnet-5", "pass create_chat_model('anthropic:claude-sonnet-5')"),
        (MockChatModel, "pass a model"),
    ],
    ids=["text", "class"],
)
async def test_a_fallback_that_is_not_a_model_is_refused_clearly(
    shape: str, backup: Any, remedy: str
) -> None:
    failing = MockChatModel(responses=[ErrorCode.PERMISSION_DENIED], policies=[Retry()])

    with pytest.raises(ConfigurationError, match="not a ChatModel") as caught:
        await call(failing.with_policies(fallback(backup)), shape)

    assert remedy in caught.value.message
    assert caught.value.provider == "mock"


@pytest.mark.parametrize(
    ("spec", "prompt", "options"),
    [
        (
            "anthropic:claude-3-5-haiku-latest",
            user("Hi"),
            {"reasoning_effort": "none", "temperature": 0.3},
        ),
        ("cohere:command-a-03-2025", user("See.", image(b"\x89PNG\r\n\x1a\n")), {}),
    ],
    ids=["a setting that is left out", "an image that becomes a line of text"],
)
def test_the_fallback_gets_settings_that_the_first_model_does_not_support(
    spec: str, prompt: Message, options: dict[str, Any]
) -> None:
    backup = spare_mock()
    with Simulator() as simulator:
        simulator.queue(ErrorCode.PERMISSION_DENIED)
        model = create_chat_model(
            spec,
            base_url=simulator.url,
            api_key="sk-test",
            max_retries=0,
            on_unsupported="warn",
        )
        response = model.with_policies(fallback(backup)).generate(prompt, **options)

    assert response.warnings == ()
    (given,) = backup.calls
    assert given.request == ChatRequest(messages=(prompt,), settings=Settings(**options))
