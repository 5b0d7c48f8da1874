"""A simulator that only has certain models."""

import json

import pytest
from client import request
from test_simulated_limits import KEYS, PATHS

from chatmodels.testing import Simulator

REFUSALS = {
    "openai": (404, "model_not_found"),
    "responses": (400, "model_not_found"),
    "azure": (404, "model_not_found"),
    "groq": (404, "model_not_found"),
    "mistral": (400, "invalid_model"),
    "anthropic": (404, "not_found_error"),
    "gemini": (404, "NOT_FOUND"),
    "bedrock": (400, "model identifier is invalid"),
    "cohere": (404, "make sure the correct model ID was used"),
    "ollama": (404, "not found"),
}


@pytest.mark.parametrize("vendor", REFUSALS)
@pytest.mark.parametrize("strict", [True, False])
def test_an_unknown_model_is_refused_as_the_vendor_refuses_it(vendor: str, strict: bool) -> None:
    path, body = PATHS[vendor]
    data = json.dumps(body).encode()
    with Simulator(models=["m", "vendor.m"], strict=strict) as simulator:
        assert request(simulator, "POST", path, data, KEYS).status == 200
    with Simulator(models=["other"], strict=strict) as simulator:
        got = request(simulator, "POST", path, data, KEYS)
        status, words = REFUSALS[vendor]
        assert got.status == status
        assert words in got.content.decode()


def test_the_known_models_are_listed_and_faults_remain() -> None:
    with Simulator(models=["m"]) as simulator:
        listed = request(simulator, "GET", "/v1/models").json["data"]
        assert [model["id"] for model in listed] == ["m"]
        body = json.dumps(PATHS["openai"][1] | {"model": "fault-overloaded"}).encode()
        assert request(simulator, "POST", "/v1/chat/completions", body, KEYS).status == 529
        simulator.models = ("other",)
        body = json.dumps(PATHS["openai"][1]).encode()
        assert request(simulator, "POST", "/v1/chat/completions", body, KEYS).status == 404


def test_there_is_at_least_one_model() -> None:
    with pytest.raises(ValueError, match="at least one model"):
        Simulator(models=())
