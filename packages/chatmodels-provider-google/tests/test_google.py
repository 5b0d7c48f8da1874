"""Tests specific to Google: options, headers, URLs and import cost."""

import json
import os
import pickle
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    AuthenticationError,
    ConfigurationError,
    Secret,
    Settings,
    create_chat_model,
    registry,
    tool,
)
from chatmodels.core.extending import ProviderOptions
from chatmodels.http import HttpProvider
from chatmodels.providers.google import GEMINI_PROVIDER, VERTEX_PROVIDER
from chatmodels.providers.google._encode import GEMINI_SETTINGS, VERTEX_SETTINGS
from chatmodels.testing import Recording, Simulator

MODEL = "google:gemini-3.8-flash"
VERTEX = "google-vertex:gemini-3.8-flash"
AT_P = (
    "/v1beta1/projects/p-1/locations/{}/publishers/google/models/gemini-3.8-flash:generateContent"
)


def token() -> str:
    return "ya29.token"


def test_importing_it_registers_both() -> None:
    assert registry.provider("google") is GEMINI_PROVIDER
    assert registry.provider("google-vertex") is VERTEX_PROVIDER


def test_import_does_not_load_http_event_loops_or_google_auth() -> None:
    program = "import sys, chatmodels.providers.google; print(*sys.modules)"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    loaded = set(done.stdout.split())
    assert "chatmodels.providers.google" in loaded
    heavy = {"httpx", "httpcore", "ssl", "asyncio", "anyio", "importlib.metadata", "google.auth"}
    assert not loaded & heavy


def test_each_setting_is_one_of_the_neutral_names() -> None:
    assert set(GEMINI_SETTINGS) | set(VERTEX_SETTINGS) <= set(Settings.__struct_fields__)


def test_the_key_is_in_a_header_and_the_model_in_the_address() -> None:
    explained = create_chat_model(MODEL, api_key="AIza").explain("Hello")
    assert explained.url == (
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.8-flash:generateContent"
    )
    assert explained.headers["x-goog-api-key"] == "***"
    assert explained.body == {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}


def test_streams_are_requested_as_server_sent_events(simulator: Simulator) -> None:
    create_chat_model(MODEL, api_key="k", base_url=simulator.url).stream("?").collect()
    target = simulator.exchanges[-1].request.target
    assert target == "/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("gemini-3.8-flash", "models/gemini-3.8-flash"),
        ("models/gemini-3.8-flash", "models/gemini-3.8-flash"),
        ("tunedModels/mine-1", "tunedModels/mine-1"),
        ("odd name?", "models/odd%20name%3F"),
    ],
)
def test_models_are_named_plainly_or_by_their_paths(name: str, path: str) -> None:
    url = create_chat_model(f"google:{name}", api_key="k").explain("?").url
    assert url == f"https://generativelanguage.googleapis.com/v1beta/{path}:generateContent"


@pytest.mark.parametrize("variables", [("GOOGLE_API_KEY",), ("GEMINI_API_KEY",)])
def test_the_key_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, simulator: Simulator, variables: tuple[str, ...]
) -> None:
    for variable in variables:
        monkeypatch.setenv(variable, "AIza-1")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", simulator.url)
    assert create_chat_model(MODEL).generate("?").text
    assert simulator.exchanges[-1].request.headers["x-goog-api-key"] == "AIza-1"


def test_without_a_key_the_variables_are_named() -> None:
    with pytest.raises(AuthenticationError, match="GOOGLE_API_KEY or GEMINI_API_KEY"):
        create_chat_model(MODEL)


@pytest.mark.parametrize("version", ["/v1", "/v1alpha", "/v1beta/"])
def test_an_address_may_end_with_the_version(version: str) -> None:
    base_url = f"https://proxy.example{version}"
    url = create_chat_model(MODEL, api_key="k", base_url=base_url).explain("?").url
    place = base_url.rstrip("/")
    assert url == f"{place}/models/gemini-3.8-flash:generateContent"


@pytest.mark.parametrize(
    ("location", "host"),
    [
        (None, "aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_vertex_is_reached_in_its_region(location: str | None, host: str) -> None:
    model = create_chat_model(VERTEX, project="p-1", location=location, credentials=token)
    explained = model.explain("?")
    assert explained.url == f"https://{host}{AT_P.format(location or 'global')}"
    assert explained.headers["authorization"] == "Bearer ***"


def test_vertex_reads_project_and_location_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p-1")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "us-central1")
    monkeypatch.setenv("GOOGLE_API_KEY", "not-used-where-there-is-a-project")
    explained = create_chat_model(VERTEX).explain("?")
    host = "https://us-central1-aiplatform.googleapis.com"
    assert explained.url == f"{host}{AT_P.format('us-central1')}"
    assert "authorization" in explained.headers


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        ({"api_key": "AIza"}, {}),
        ({"api_key": "AIza"}, {"GOOGLE_CLOUD_PROJECT": "p-1"}),
        ({}, {"GOOGLE_API_KEY": "AIza"}),
    ],
    ids=["passed", "passed, beside a project of the environment", "from the environment"],
)
def test_a_key_alone_means_the_express_mode(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    explained = create_chat_model(VERTEX, **options).explain("?")
    path = "/v1beta1/publishers/google/models/gemini-3.8-flash:generateContent"
    assert explained.url == f"https://aiplatform.googleapis.com{path}"
    assert explained.headers["x-goog-api-key"] == "***"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (
            "publishers/meta/models/llama-4",
            "projects/p-1/locations/eu/publishers/meta/models/llama-4",
        ),
        ("endpoints/123", "projects/p-1/locations/eu/endpoints/123"),
        ("projects/q/locations/eu/endpoints/1", "projects/q/locations/eu/endpoints/1"),
    ],
)
def test_models_on_vertex_may_be_named_by_their_paths(name: str, path: str) -> None:
    spec = f"google-vertex:{name}"
    model = create_chat_model(spec, project="p-1", location="eu", credentials=token)
    assert model.explain("?").url.endswith(f"/v1beta1/{path}:generateContent")


def test_another_base_url_of_vertex_is_kept() -> None:
    options = {"base_url": "https://proxy.example/v1", "project": "p-1", "location": "eu"}
    url = create_chat_model(VERTEX, credentials=token, **options).explain("?").url
    assert url.startswith("https://proxy.example/v1/projects/p-1/locations/eu/")


def test_all_problems_of_vertex_options_are_reported_in_one_error() -> None:
    odd: Any = 7
    with pytest.raises(ConfigurationError) as caught:
        create_chat_model(VERTEX, api_key="k", credentials=odd, project="../p", location="e/u")
    message = str(caught.value)
    for words in (
        "accepts credentials or an api_key, not both",
        "not int",
        "has '../p' as project",
        "has 'e/u' as location",
    ):
        assert words in message


def test_a_token_is_not_accepted_as_credentials_and_not_shown() -> None:
    text: Any = "ya29.secret"
    with pytest.raises(
        ConfigurationError, match="a function that returns an access token"
    ) as caught:
        create_chat_model(VERTEX, project="p-1", credentials=text)
    assert "ya29" not in str(caught.value)


def test_vertex_needs_a_project_or_a_key() -> None:
    with pytest.raises(ConfigurationError, match="GOOGLE_CLOUD_PROJECT"):
        create_chat_model(VERTEX)


async def test_functions_return_tokens_in_all_four_call_forms(simulator: Simulator) -> None:
    given = {"base_url": simulator.url, "project": "p-1", "max_retries": 0}
    model = create_chat_model(VERTEX, credentials=token, **given)
    assert model.generate("?").text
    assert model.stream("?").collect().text
    assert (await model.agenerate("?")).text
    assert (await model.astream("?").collect()).text
    sent = {exchange.request.headers["authorization"] for exchange in simulator.exchanges}
    assert sent == {"Bearer ya29.token"}


@pytest.mark.parametrize(
    ("provider", "extra", "path"),
    [
        (GEMINI_PROVIDER, {}, "/v1beta/models"),
        (VERTEX_PROVIDER, {}, "/v1beta1/publishers/google/models"),
        (
            VERTEX_PROVIDER,
            {"project": "p-1", "credentials": token},
            "/v1beta1/publishers/google/models",
        ),
    ],
    ids=["gemini", "express", "vertex"],
)
def test_models_are_listed_and_health_is_reported(
    simulator: Simulator, provider: HttpProvider, extra: dict[str, object], path: str
) -> None:
    key = None if extra else Secret("k")
    options = ProviderOptions(base_url=simulator.url, api_key=key, extra=extra)
    assert [info.name for info in provider.list_models(options)] == list(simulator.models)
    assert provider.check_health(options).status == "healthy"
    assert {exchange.request.path for exchange in simulator.exchanges} == {path}


def test_a_model_with_default_credentials_pickles() -> None:
    model = create_chat_model(VERTEX, project="p-1")
    again = pickle.loads(pickle.dumps(model))
    assert again.explain("?") == model.explain("?")


class City(msgspec.Struct):
    city: str


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError("the model only asks for it")


async def test_output_with_tools_is_equal_in_all_four_call_forms(simulator: Simulator) -> None:
    old = create_chat_model("google:gemini-2.5-flash", api_key="k", base_url=simulator.url)
    responses = [
        old.generate("Where?", output_type=City, tools=[weather], tool_choice="none"),
        old.stream("Where?", output_type=City, tools=[weather], tool_choice="none").collect(),
        await old.agenerate("Where?", output_type=City, tools=[weather], tool_choice="none"),
        await old.astream(
            "Where?", output_type=City, tools=[weather], tool_choice="none"
        ).collect(),
    ]
    for response in responses:
        assert response.parsed == City("city")
        assert (response.finish_reason, response.tool_calls) == ("stop", ())
        assert response.warnings == ()


def test_the_simulator_replays_whole_and_streamed_responses() -> None:
    def chunk(text: str) -> dict[str, Any]:
        content = {"role": "model", "parts": [{"text": text}]}
        return {"candidates": [{"content": content, "finishReason": "STOP"}]}

    stream = "".join(f"data: {json.dumps(chunk(text))}\n\n" for text in ("Fl", "ow"))
    responses: list[dict[str, Any]] = [{"body": chunk("Ebb")}, {"body_text": stream}]
    replay = [
        msgspec.convert(
            {"provider": "google", "api": "gemini.generate_content", "response": response},
            Recording,
        )
        for response in responses
    ]
    with Simulator(replay=replay) as simulator:
        model = create_chat_model(MODEL, api_key="k", base_url=simulator.url)
        assert model.generate("?").text == "Ebb"
        assert model.stream("?").collect().text == "Flow"
