"""The contract, and tests specific to OpenRouter."""

from typing import Any

import pytest

from chatmodels.core import FilePart, Secret, create_chat_model, list_models, system, user
from chatmodels.core.extending import ProviderOptions, provider
from chatmodels.providers.openrouter import part_options
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="openrouter", model="openai/gpt-5-mini")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_openrouter_keeps_the_contract(check: Check) -> None:
    check()


def explained(prompt: Any = "?", options: dict[str, Any] | None = None, **call: Any) -> Any:
    model = create_chat_model("openrouter:openai/gpt-5-mini", api_key="k", **(options or {}))
    return model.explain(prompt, **call)


def test_requests_are_sent_to_the_vendor() -> None:
    found = explained(max_output_tokens=9, reasoning_effort="low", top_k=5)

    assert found.url == "https://openrouter.ai/api/v1/chat/completions"
    assert found.body["max_completion_tokens"] == 9
    assert (found.body["reasoning"], found.body["top_k"]) == ({"effort": "low"}, 5)
    assert explained(reasoning_budget=1024).body["reasoning"] == {"max_tokens": 1024}


def test_an_app_is_named_by_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_HTTP_REFERER", "https://env.example")
    headers = explained(options={"app_title": "Tide tables"}).headers

    assert headers["http-referer"] == "https://env.example"
    assert headers["x-openrouter-title"] == "Tide tables"


def test_videos_and_files_are_sent_by_their_urls() -> None:
    video = FilePart(url="https://example.com/a.mp4", media_type="video/mp4")
    document = FilePart(url="https://example.com/a.pdf", media_type="application/pdf", name="a.pdf")
    content = explained(user("?", video, document)).body["messages"][0]["content"]

    assert content[1] == {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}
    assert content[2]["file"]["file_data"] == "https://example.com/a.pdf"


def test_health_is_that_of_the_key() -> None:
    with Simulator() as simulator:
        options = ProviderOptions(base_url=simulator.base_url, api_key=Secret("k"))
        report = provider("openrouter").check_health(options)
        (exchange,) = simulator.exchanges
    assert report.status == "healthy"
    assert exchange.request.path.endswith("/key")


LISTED = {
    "id": "acme/anvil",
    "created": 1_700_000_000,
    "context_length": 1_000,
    "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
    "top_provider": {"max_completion_tokens": 100},
    "expiration_date": "2027-01-31",
}


def test_the_list_of_models_has_their_limits_and_media() -> None:
    with Simulator() as simulator:
        simulator.respond("/v1/models", {"data": [LISTED]})
        (model,) = list_models("openrouter", api_key="k", base_url=simulator.base_url)
    assert (model.context_window, model.max_output_tokens) == (1_000, 100)
    assert (model.input_modalities, model.output_modalities) == (("text", "image"), ("text",))
    assert model.deprecated == "2027-01-31"


def test_a_cache_ends_behind_a_part() -> None:
    cached = part_options(cache_control={"type": "ephemeral"})
    model = create_chat_model("openrouter:anthropic/claude-sonnet-5", api_key="k")
    sent = model.explain([system("A long text.", cached), user("?")]).body["messages"]

    assert sent[0]["content"][0]["cache_control"] == {"type": "ephemeral"}
