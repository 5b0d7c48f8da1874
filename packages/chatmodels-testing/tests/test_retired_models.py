"""Retired models in strict mode, as of a fixed date."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

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
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{region}"
    assert send(simulator, "Amazon Bedrock", quote(arn, safe="")).status == 404
    within = "acme.us.anthropic.claude-sonnet-4-20250514-v1:0"
    assert send(simulator, "Amazon Bedrock", within).status == 200


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


def test_a_deployment_of_azure_can_have_other_efforts(simulator: Simulator) -> None:
    path, body = ENDPOINTS["Azure"]
    body = {"model": "gpt-6-astra", "reasoning_effort": "none", **body}
    assert request(simulator, "POST", path, json.dumps(body).encode(), HEADERS).status == 200


def test_vertex_ai_and_the_gemini_api_retire_models_at_other_dates(simulator: Simulator) -> None:
    assert send(simulator, "Gemini", "gemini-2.5-flash-lite").status == 200
    assert send(simulator, "Vertex AI", "gemini-2.5-flash-lite").status == 404
    simulator.as_of = "2026-10-20"  # the retirement date, the last on which it is available
    assert send(simulator, "Vertex AI", "gemini-2.5-flash-lite").status == 200


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


@pytest.mark.parametrize("path", ["/openai/v1/models", "/groq/openai/v1/models"])
def test_only_openai_lists_the_dates_of_openai(path: str) -> None:
    with Simulator(models=["gpt-4.1"]) as simulator:
        headers = {"authorization": "Bearer k"}
        (listed,) = request(simulator, "GET", path, headers=headers).json["data"]
        assert listed["shutdown_date"] is None


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/models", "gpt-4"),
        ("/v1/models", "deepseek-chat"),
        ("/groq/openai/v1/models", "gemma2-9b-it"),
        ("/mistral/v1/models", "pixtral-12b-2409"),
        ("/v1beta/models", "models/gemini-2.0-flash"),
        ("/v1beta1/publishers/google/models", "publishers/google/models/gemini-2.5-pro"),
        ("/foundation-models", "amazon.nova-premier-v1:0"),
        ("/v1/models?page_size=9", "c4ai-aya-expanse-8b"),
    ],
)
def test_a_retired_model_is_not_listed(path: str, model: str) -> None:
    name = model.rpartition("/")[2]
    key = "x-goog-api-key" if path == "/v1beta/models" else "authorization"
    headers = {key: "Bearer k"}
    with Simulator(models=[name, "own"]) as simulator:
        assert name not in json.dumps(request(simulator, "GET", path, headers=headers).json)
        simulator.strict = False
        assert model in json.dumps(request(simulator, "GET", path, headers=headers).json)


def test_a_listing_of_retired_models_is_empty() -> None:
    with Simulator(models=["claude-2.1"]) as simulator:
        listed = request(simulator, "GET", "/v1/models", headers=HEADERS).json
        assert (listed["data"], listed["first_id"], listed["last_id"]) == ([], None, None)
        assert request(simulator, "GET", "/v1/models/claude-2.1", headers=HEADERS).status == 404


def test_the_date_is_an_iso_date() -> None:
    with pytest.raises(ValueError, match="as_of is an ISO date"):
        Simulator(as_of="tomorrow")


def test_the_command_has_the_date(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--as-of", "tomorrow"])
    assert "as_of is an ISO date" in capsys.readouterr().err
