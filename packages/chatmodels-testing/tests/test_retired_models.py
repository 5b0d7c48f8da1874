"""Retired models in strict mode, as of a fixed date."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from client import Got, request

from chatmodels.testing import Simulator
from chatmodels.testing.__main__ import main
from chatmodels.testing._strict.retirement import AS_OF, RETIREMENTS

USER = {"messages": [{"role": "user", "content": "a"}]}
BLOCKS = {"messages": [{"role": "user", "content": [{"text": "a"}]}]}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "a"}]}]}
HEADERS = {"authorization": "Bearer k", "anthropic-version": "2023-06-01"}
ENDPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "OpenAI": ("/v1/chat/completions", USER),
    "DeepSeek": ("/v1/chat/completions", USER),
    "xAI": ("/v1/chat/completions", USER),
    "Responses": ("/v1/responses", {"input": "a"}),
    "Azure": ("/openai/v1/chat/completions", USER),
    "Azure's Responses": ("/openai/v1/responses", {"input": "a"}),
    "Groq": ("/groq/openai/v1/chat/completions", USER),
    "Anthropic": ("/v1/messages", USER | {"max_tokens": 9}),
    "Gemini": ("/v1beta/models/MODEL:generateContent", CONTENTS),
    "Vertex AI": (
        "/v1/projects/p/locations/global/publishers/google/models/MODEL:generateContent",
        CONTENTS,
    ),
    "Amazon Bedrock": ("/model/MODEL/converse", BLOCKS),
    "Cohere": ("/v2/chat", USER),
    "Mistral": ("/mistral/v1/chat/completions", USER),
}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def send(simulator: Simulator, vendor: str, model: str) -> Got:
    path, body = ENDPOINTS[vendor]
    if "MODEL" not in path:
        body = {"model": model, **body}
    path = path.replace("MODEL", model)
    return request(simulator, "POST", path, json.dumps(body).encode(), HEADERS)


NAMES = [
    (each.vendor, name, date)
    for each in RETIREMENTS
    for date, names in each.refused.items()
    for name in names.split()
]


def test_a_model_is_refused_from_its_date_on(simulator: Simulator) -> None:
    for vendor, name, date in NAMES:
        model = name.replace("*", "x")
        expected = 200 if date > AS_OF else {400, 404}
        status = send(simulator, vendor, model).status
        assert status in expected if isinstance(expected, set) else status == expected, model


def test_models_of_a_later_date_are_refused_on_request(simulator: Simulator) -> None:
    assert send(simulator, "OpenAI", "gpt-5-mini").status == 200
    simulator.as_of = "2026-12-11"
    assert send(simulator, "OpenAI", "gpt-5-mini").status == 404
    assert send(simulator, "Responses", "gpt-5-mini").status == 400
    assert send(simulator, "OpenAI", "gpt-4.1").status == 200
    simulator.strict = False
    assert send(simulator, "OpenAI", "gpt-5-mini").status == 200


def test_a_model_whose_requests_another_one_serves_is_accepted(simulator: Simulator) -> None:
    for each in RETIREMENTS:
        for names in each.replaced.values():
            for name in names.split():
                assert send(simulator, each.vendor, name).status == 200, name


def test_a_tuned_model_is_retired_with_its_base_and_a_region_is_part_of_no_name(
    simulator: Simulator,
) -> None:
    assert send(simulator, "OpenAI", "ft:gpt-3.5-turbo-0125:acme::1").status == 404
    assert send(simulator, "OpenAI", "ft:gpt-4.1-2025-04-14:acme::1").status == 200
    region = "us.anthropic.claude-sonnet-4-20250514-v1:0"
    assert send(simulator, "Amazon Bedrock", region).status == 404


def test_vendors_with_one_api_have_models_and_errors_of_their_own(simulator: Simulator) -> None:
    retired = "mixtral-8x7b-32768"
    assert send(simulator, "OpenAI", retired).status == 200  # of a server with the same API
    error = send(simulator, "Groq", retired).json["error"]
    assert error["code"] == "model_decommissioned"
    error = send(simulator, "Groq", "llama-3.3-70b-versatile").json["error"]
    assert error["code"] == "model_not_found"
    assert send(simulator, "Groq", "gpt-4").status == 200
    error = send(simulator, "DeepSeek", "deepseek-chat").json["error"]
    assert error["message"] == "Model Not Exist"


def test_a_deployment_of_azure_can_have_any_name(simulator: Simulator) -> None:
    assert send(simulator, "Azure", "gpt-4").status == 200
    assert send(simulator, "Azure's Responses", "o1").status == 200


def test_vertex_ai_and_the_gemini_api_retire_models_at_other_dates(simulator: Simulator) -> None:
    assert send(simulator, "Gemini", "gemini-2.5-flash-lite").status == 200
    assert send(simulator, "Vertex AI", "gemini-2.5-flash-lite").status == 404


def test_listings_have_the_announced_dates() -> None:
    claude, amazon = "claude-opus-4-5", "anthropic.claude-opus-4-1-20250805-v1:0"
    with Simulator(models=["gpt-4.1", claude, amazon]) as simulator:
        listed = request(simulator, "GET", "/v1/models").json["data"]
        assert [each["shutdown_date"] for each in listed] == ["2027-01-14", None, None]
        listed = request(simulator, "GET", "/v1/models", headers=HEADERS).json["data"]
        assert [each["retires_at"] for each in listed] == [None, "2027-01-22T00:00:00Z", None]
        assert [each["lifecycle"] for each in listed] == ["active", "deprecated", "active"]
        listed = request(simulator, "GET", "/foundation-models").json["modelSummaries"]
        assert [each["modelLifecycle"]["status"] for each in listed] == [
            "ACTIVE",
            "ACTIVE",
            "LEGACY",
        ]
        assert listed[2]["modelLifecycle"]["endOfLifeTime"] == "2027-01-08T00:00:00Z"


def test_the_date_is_an_iso_date() -> None:
    with pytest.raises(ValueError, match="as_of is an ISO date"):
        Simulator(as_of="tomorrow")


def test_the_command_has_the_date(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--as-of", "tomorrow"])
    assert "as_of is an ISO date" in capsys.readouterr().err
