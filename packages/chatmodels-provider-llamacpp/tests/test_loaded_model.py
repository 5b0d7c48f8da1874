"""The server is asked for the properties of the model that it has loaded."""

import json
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from chatmodels.core import ModelInfo, ProviderUnavailableError, ResponseInvalidError
from chatmodels.core.extending import Capability
from chatmodels.providers.llamacpp import PROVIDER, LoadedModel, aloaded_model, loaded_model
from chatmodels.testing import SimulatedResponse, Simulator
from chatmodels.testing._protocols.openai_chat import OpenAIChat

PROPS: dict[str, Any] = {
    "default_generation_settings": {"n_ctx": 1024},
    "total_slots": 2,
    "model_alias": "smollm2",
    "modalities": {"vision": False, "audio": False},
    "chat_template_caps": {"supports_tools": False},
    "build_info": "b11434-0a1b2c3",
}
LISTING: dict[str, Any] = {
    "data": [
        {"id": "another"},
        {"id": "smollm2", "meta": {"n_ctx": 1024, "n_ctx_train": 8192, "n_params": 134515008}},
    ]
}
Loaded = Callable[..., LoadedModel]


def _awaited(**options: Any) -> LoadedModel:
    async def load() -> LoadedModel:
        return await aloaded_model(**options)

    return anyio.run(load)


@pytest.fixture(params=[loaded_model, _awaited], ids=["blocking", "awaited"])
def loaded(request: pytest.FixtureRequest) -> Loaded:
    found: Loaded = request.param
    return found


def described(
    monkeypatch: pytest.MonkeyPatch, loaded: Loaded, props: Any, listing: Any, status: int = 200
) -> LoadedModel:
    paths: list[str] = []

    def respond(_: Any, request: Any, models: Any) -> SimulatedResponse:
        paths.append(request.path)
        body = props if request.path == "/props" else listing
        return SimulatedResponse(
            status=status,
            headers={"content-type": "application/json"},
            body=(json.dumps(body).encode(),),
        )

    monkeypatch.setattr(OpenAIChat, "other", respond)
    with Simulator() as simulator:
        found = loaded(base_url=simulator.base_url, api_key="k", max_retries=0)
    assert paths == ["/props", "/v1/models"]
    return found


def test_the_properties_of_the_loaded_model_are_read(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = described(monkeypatch, loaded, PROPS, LISTING)

    assert isinstance(found, ModelInfo)
    assert (found.name, found.provider, found.build) == ("smollm2", "llamacpp", "b11434-0a1b2c3")
    assert (found.context_window, found.trained_context_window, found.slots) == (1024, 8192, 2)
    assert (found.parameters, found.input_modalities) == (134515008, ("text",))
    assert found.raw == PROPS


def test_a_simulated_server_has_properties(loaded: Loaded) -> None:
    with Simulator() as simulator:
        found = loaded(base_url=simulator.base_url, api_key="k")

    assert (found.name, found.context_window, found.slots) == (simulator.models[0], 4096, 1)
    assert Capability.TOOLS in found.capabilities


def test_a_model_without_a_template_for_tools_cannot_call_them(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = described(monkeypatch, loaded, PROPS, LISTING)

    assert PROVIDER.metadata.capabilities - found.capabilities == {
        Capability.TOOLS,
        Capability.STRICT_TOOLS,
        Capability.PARALLEL_TOOLS,
        Capability.REASONING,
        Capability.VISION,
        Capability.AUDIO_INPUT,
    }


def test_a_model_of_many_modalities_has_all_capabilities(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    caps = ("supports_tools", "supports_parallel_tool_calls", "supports_preserve_reasoning")
    props = {
        "modalities": {"vision": True, "audio": True},
        "chat_template_caps": dict.fromkeys(caps, True),
    }
    found = described(monkeypatch, loaded, props, {"data": [{"id": "m", "meta": {"n_ctx": 512}}]})

    assert found.capabilities == PROVIDER.metadata.capabilities
    assert found.input_modalities == ("text", "image", "audio")
    assert (found.name, found.context_window, found.slots) == ("m", 512, None)


def test_a_server_that_describes_nothing_has_no_properties(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = described(monkeypatch, loaded, {}, {})
    assert (found.name, found.context_window, found.build) == ("", None, None)


@pytest.mark.parametrize("body", ["[]", "[{}]"])
def test_a_body_without_properties_is_reported(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    response = SimulatedResponse(
        headers={"content-type": "application/json"}, body=(body.encode(),)
    )
    monkeypatch.setattr(OpenAIChat, "other", lambda *_: response)
    with Simulator() as simulator, pytest.raises(ResponseInvalidError, match="properties"):
        loaded(base_url=simulator.base_url, api_key="k")


def test_a_server_that_loads_its_model_is_reported(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
    response = SimulatedResponse(status=503, body=(json.dumps(error).encode(),))
    monkeypatch.setattr(OpenAIChat, "other", lambda *_: response)
    with Simulator() as simulator, pytest.raises(ProviderUnavailableError) as caught:
        loaded(base_url=simulator.base_url, api_key="k")
    assert caught.value.op == "loaded_model"
