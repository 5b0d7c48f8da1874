"""The mock as a provider in a registry."""

import inspect
import time

import pytest

from chatmodels.core import ConfigurationError, ErrorCode, Timeout, create_chat_model
from chatmodels.core.extending import (
    Capability,
    Provider,
    ProviderOptions,
    ProviderRegistry,
    provider,
)
from chatmodels.providers.mock import MockChatModel, MockProvider


def test_a_registry_finds_and_scripts_it() -> None:
    model = create_chat_model(
        "mock:scripted", responses=["Hi!"], temperature=0.5, timeout=3.0, on_unsupported="warn"
    )

    assert isinstance(model, MockChatModel)
    assert model.generate("?").text == "Hi!"
    call = model.calls[0]
    assert call.request.settings.temperature == 0.5


def test_problems_of_a_script_are_reported_when_a_model_is_created() -> None:
    with pytest.raises(ConfigurationError, match="latency must be at least 0"):
        create_chat_model("mock:scripted", latency=-1)


def test_it_is_a_provider() -> None:
    mock = MockProvider()

    assert isinstance(mock, Provider)
    assert mock.metadata.name == "mock"
    assert [model.name for model in mock.list_models(ProviderOptions())] == ["echo", "scripted"]
    assert mock.model_info("any") == MockChatModel("any").model_info()
    assert Capability.TOOLS in mock.model_info("any").capabilities
    assert provider("mock").metadata == mock.metadata


@pytest.mark.parametrize("status", ["healthy", "unhealthy", "unknown"])
async def test_its_health_is_that_of_the_option(status: str) -> None:
    options = ProviderOptions(extra={"health": status})

    assert MockProvider().check_health(options).status == status
    assert (await create_chat_model("mock:echo", health=status).acheck_health()).status == status


def test_time_limits_of_the_options_count() -> None:
    model = MockProvider().create_chat_model("a", ProviderOptions(timeout=Timeout(connect=1.0)))

    with model.stream("?") as stream:
        assert stream.call is not None
        assert stream.call.timeout.connect == 1.0


def test_the_options_have_the_types_and_defaults_of_the_model() -> None:
    parameters = inspect.signature(MockChatModel.__init__).parameters
    names = {"ErrorCode": ErrorCode, "time": time}
    for option in provider("mock").metadata.options:
        parameter = parameters[option.name]
        assert option.type
        if option.name != "capabilities":  # too many to write down
            assert eval(option.default, names) == parameter.default


async def test_it_can_stand_for_another_provider() -> None:
    registry = ProviderRegistry()
    registry.register_provider(MockProvider())

    registry.register_provider("acme", like="mock", responses=["Hello"], health="unhealthy")

    model = registry.create_chat_model("acme:large")
    response = model.generate("Hi")
    assert (response.provider, response.text) == ("acme", "Hello")
    assert model.model_info() == registry.provider("acme").model_info("large")
    assert model.model_info().provider == "acme"
    report = await model.acheck_health()
    assert (report.provider, report.status) == ("acme", "unhealthy")
    assert [each.provider for each in registry.list_models("acme")] == ["acme", "acme"]
