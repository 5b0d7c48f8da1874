"""Tests specific to OpenAI: options, headers, names of settings and import cost."""

import re
import subprocess
import sys
from typing import Any

import pytest

from chatmodels.core import (
    AudioOutput,
    AudioPart,
    ConfigurationError,
    FilePart,
    ImagePart,
    UnsupportedError,
    assistant,
    create_chat_model,
    registry,
    system,
    tool,
    user,
)
from chatmodels.core.extending import ProviderOptions
from chatmodels.providers.openai import DIALECT, PROVIDER, part_options
from chatmodels.testing import Simulator


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in PROVIDER.metadata.options:
        for variable in spec.env:
            monkeypatch.delenv(variable, raising=False)


def test_importing_it_registers_it() -> None:
    assert registry.provider("openai") is PROVIDER


def test_import_does_not_load_http_tls_or_event_loops() -> None:
    program = "import sys, chatmodels.providers.openai; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "chatmodels.providers.openai" in loaded
    assert not loaded & {"httpx", "httpcore", "ssl", "asyncio", "anyio", "importlib.metadata"}
    assert "chatmodels.openai_compatible.responses" not in loaded


def test_a_first_call_imports_only_what_it_needs() -> None:
    program = """
import sys
before = set(sys.modules)  # what measures coverage imports a lot
import chatmodels.core
assert "chatmodels.core._registry.registry" not in sys.modules
from chatmodels.core import create_chat_model
model = create_chat_model("openai:gpt-6.1-terra", api_key="key", base_url=sys.argv[1])
assert model.generate("Hi").text
print(*(set(sys.modules) - before))
"""
    with Simulator() as running:
        done = subprocess.run(
            [sys.executable, "-c", program, f"{running.url}/v1"],
            capture_output=True,
            text=True,
            check=True,
        )
    loaded = set(done.stdout.split())
    assert "chatmodels.http" in loaded
    assert not loaded & {"ssl", "asyncio", "logging", "urllib.parse", "ipaddress", "encodings.idna"}
    assert not loaded & {
        "chatmodels.core._schema.translation",
        "chatmodels.core._tools.tools",
        "chatmodels.http._health",
        "chatmodels.openai_compatible._listing",
    }


def test_chat_completions_honour_every_setting_but_two() -> None:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="sk-1", api="chat_completions")
    explained = model.explain(
        user("Hello", FilePart(file_id="file-1")),
        max_output_tokens=9,
        reasoning_effort="low",
        verbosity="low",
        store=True,
        metadata={"a": "b"},
        service_tier="flex",
        prompt_cache_key="k",
        prompt_cache_retention="24h",
        prediction="x",
        audio_output=AudioOutput("alloy"),
        user="u",
    )
    content = [
        {"type": "text", "text": "Hello"},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    assert explained.url == "https://api.openai.com/v1/chat/completions"
    assert explained.body == {
        "model": "gpt-6.1-terra",
        "messages": [{"role": "user", "content": content}],
        "max_completion_tokens": 9,
        "reasoning_effort": "low",
        "verbosity": "low",
        "store": True,
        "metadata": {"a": "b"},
        "service_tier": "flex",
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "prediction": {"type": "content", "content": "x"},
        "audio": {"voice": "alloy", "format": "wav"},
        "modalities": ["text", "audio"],
        "user": "u",
    }
    missing = {"top_k", "reasoning_budget"}
    assert set(ProviderOptions().settings.__struct_fields__) - set(DIALECT.settings) == missing


@pytest.mark.parametrize(
    ("model", "settings", "problem"),
    [
        ("gpt-5-mini", {"temperature": 0.5}, "temperature;"),
        ("o3", {"top_p": 0.5}, "top_p;"),
        ("gpt-6.2-astra", {"temperature": 0.5}, "temperature;"),
        ("gpt-5.1", {"temperature": 0.5, "reasoning_effort": "low"}, "temperature with reason"),
        ("gpt-6.1-terra", {"top_logprobs": 2, "reasoning_effort": "high"}, "top_logprobs with"),
    ],
)
@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_models_that_reason_do_not_accept_sampling_parameters(
    api: str, model: str, settings: Any, problem: str
) -> None:
    chosen = create_chat_model(f"openai:{model}", api_key="sk-1", api=api)
    with pytest.raises(UnsupportedError) as caught:
        chosen.explain("Hello", **settings)
    assert f"openai does not support {problem}" in caught.value.message
    free = chosen.explain("Hello", max_output_tokens=5)
    assert free.warnings == ()


@pytest.mark.parametrize("tier", ["batch", "reserved"])
@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_a_service_tier_of_another_vendor_is_refused(api: str, tier: Any) -> None:
    with pytest.raises(UnsupportedError) as caught:
        create_chat_model("openai:gpt-4o", api_key="sk-1", api=api, service_tier=tier)
    assert f"service_tier='{tier}' (supported: 'auto', 'default', 'flex'" in caught.value.message


def test_a_service_tier_is_left_to_other_servers() -> None:
    model = create_chat_model("openai:any", api_key="sk-1", base_url="http://[::1]/v1")
    assert model.explain("Hello", service_tier="batch").body["service_tier"] == "batch"


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o",
        "ft:gpt-4o-mini:acme",
        "gpt-4.1",
        "gpt-3.5-turbo",
        "chatgpt-4o-latest",
        "gpt-5-chat",
    ],
)
@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_models_that_do_not_reason_do_not_accept_an_effort(api: str, model: str) -> None:
    chosen = create_chat_model(f"openai:{model}", api_key="sk-1", api=api)
    with pytest.raises(UnsupportedError, match=r"reasoning_effort='low' \(supported: 'none'\)"):
        chosen.explain("Hello", reasoning_effort="low")
    body = chosen.explain("Hello", reasoning_effort="none").body
    assert not {"reasoning", "reasoning_effort"} & set(body)


@pytest.mark.parametrize(
    ("model", "effort", "supported"),
    [
        ("gpt-5.1", "xhigh", "'none', 'low', 'medium', 'high'"),
        ("gpt-5-mini", "none", "'minimal', 'low', 'medium', 'high'"),
        ("gpt-5-pro", "low", "'high'"),
        ("ft:o4-mini:acme", "minimal", "'low', 'medium', 'high'"),
    ],
)
@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_a_model_refuses_an_effort_that_it_does_not_have(
    api: str, model: str, effort: Any, supported: str
) -> None:
    chosen = create_chat_model(f"openai:{model}", api_key="sk-1", api=api)
    with pytest.raises(UnsupportedError, match=re.escape(f"(supported: {supported})")):
        chosen.explain("Hello", reasoning_effort=effort)
    assert chosen.explain("Hello", reasoning_effort="high").body


@pytest.mark.parametrize(
    ("model", "refused", "supported"),
    [
        ("gpt-6.2-sol", "none", "'low', 'medium', 'high', 'xhigh'"),
        ("gpt-6.1-terra", "minimal", "'none', 'low', 'medium', 'high', 'xhigh'"),
        ("gpt-5.6-luna", "minimal", "'none', 'low', 'medium', 'high', 'xhigh'"),
    ],
)
def test_only_the_responses_api_has_the_highest_effort(
    model: str, refused: Any, supported: str
) -> None:
    responses = create_chat_model(f"openai:{model}", api_key="sk-1", api="responses")
    assert responses.explain("Hello", reasoning_effort="max").body["reasoning"]
    with pytest.raises(UnsupportedError, match=re.escape(f"(supported: {supported}, 'max')")):
        responses.explain("Hello", reasoning_effort=refused)
    chat = create_chat_model(f"openai:{model}", api_key="sk-1", api="chat_completions")
    for effort in ("max", refused):
        with pytest.raises(UnsupportedError, match=re.escape(f"(supported: {supported})")):
            chat.explain("Hello", reasoning_effort=effort)


@tool
def clock() -> str:
    """The time."""
    return "noon"


@pytest.mark.parametrize(
    ("model", "settings", "switch"),
    [
        ("gpt-6.1-terra", {}, "the default; reasoning_effort='none' switches it off"),
        ("gpt-5.6-sol", {"reasoning_effort": "low"}, "the default; reasoning_effort='none' "),
        ("gpt-5.4-mini", {"reasoning_effort": "low"}, "reasoning_effort='none' switches it off"),
    ],
)
def test_functions_of_a_model_that_reasons_need_the_responses_api(
    model: str, settings: Any, switch: str
) -> None:
    chat = create_chat_model(f"openai:{model}", api_key="sk-1", api="chat_completions")
    with pytest.raises(UnsupportedError) as caught:
        chat.explain("Hello", tools=[clock], **settings)
    stated = f"openai does not support tools with reasoning ({switch}"
    assert caught.value.message.startswith(stated)
    assert 'with api="responses" for tools with reasoning' in caught.value.message
    assert chat.explain("Hello", tools=[clock], reasoning_effort="none").body["tools"]
    responses = create_chat_model(f"openai:{model}", api_key="sk-1", api="responses")
    assert responses.explain("Hello", tools=[clock], **settings).body["tools"]


@pytest.mark.parametrize("model", ["gpt-6-astra", "gpt-6.1-sol", "gpt-6.2-sol"])
def test_the_remedy_is_one_that_the_model_has(model: str) -> None:
    chat = create_chat_model(f"openai:{model}", api_key="sk-1", api="chat_completions")
    with pytest.raises(UnsupportedError) as caught:
        chat.explain("Hello", tools=[clock])
    assert "'none'" not in caught.value.message
    assert 'api="responses"' in caught.value.message


def test_functions_of_a_model_that_reasons_are_left_out_with_a_warning() -> None:
    chat = create_chat_model(
        "openai:gpt-6.1-terra", api_key="sk-1", api="chat_completions", on_unsupported="warn"
    )
    explained = chat.explain("Hello", tools=[clock], tool_choice="required")
    assert not {"tools", "tool_choice"} & set(explained.body)
    assert explained.warnings == ("openai does not support tools with reasoning: omitted",)


@pytest.mark.parametrize("name", ["gpt-5.4", "gpt-5.5", "gpt-5.2", "gpt-4.1", "gpt-5-mini"])
def test_functions_without_an_effort_are_sent_to_other_models(name: str) -> None:
    chat = create_chat_model(f"openai:{name}", api_key="sk-1", api="chat_completions")
    assert chat.explain("Hello", tools=[clock]).body["tools"]


def test_functions_are_left_to_a_gateway() -> None:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="sk-1", base_url="http://[::1]/v1")
    assert model.explain("Hello", tools=[clock]).body["tools"]


@pytest.mark.parametrize(
    "model", ["gpt-6-luna", "gpt-6.1-terra", "gpt-5.6-sol", "gpt-5.5", "gpt-5.7", "gpt-7-nova"]
)
@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_sampling_of_a_model_that_reasons_by_default_is_refused(api: str, model: str) -> None:
    chosen = create_chat_model(f"openai:{model}", api_key="sk-1", api=api, temperature=0.2)
    with pytest.raises(UnsupportedError) as caught:
        chosen.explain("Hello")
    assert caught.value.message.startswith(
        "openai does not support temperature with reasoning (the default; "
        "reasoning_effort='none' switches it off); omit it"
    )
    body = chosen.explain("Hello", reasoning_effort="none").body
    assert body["temperature"] == 0.2


@pytest.mark.parametrize("model", ["gpt-5.1", "gpt-5.2", "gpt-5.4-mini", "gpt-4.1", "gpt-5-chat"])
def test_sampling_is_free_if_a_model_does_not_reason_by_default(model: str) -> None:
    chosen = create_chat_model(f"openai:{model}", api_key="sk-1")
    assert chosen.explain("Hello", temperature=0.2).body["temperature"] == 0.2


def test_a_model_that_is_not_known_accepts_each_effort() -> None:
    model = create_chat_model("openai:gpt-7-nova", api_key="sk-1")
    for effort in ("none", "minimal", "max"):
        assert model.explain("Hello", reasoning_effort=effort).body["reasoning"]


def test_a_gateway_may_have_a_model_of_the_same_name_that_reasons() -> None:
    model = create_chat_model("openai:gpt-4o", api_key="sk-1", base_url="http://[::1]/v1")
    assert model.explain("Hello", reasoning_effort="low").body["reasoning_effort"] == "low"


def test_sampling_is_free_without_reasoning() -> None:
    model = create_chat_model("openai:gpt-5.1", api_key="sk-1")
    body = model.explain("Hello", temperature=0.5, reasoning_effort="none").body
    assert (body["temperature"], body["reasoning"]) == (0.5, {"effort": "none"})


def test_the_limit_of_tokens_has_the_name_that_other_servers_know() -> None:
    model = create_chat_model("openai:deepseek-chat", api_key="sk-1", base_url="http://[::1]/v1")
    assert model.explain("Hello", max_output_tokens=5).body["max_tokens"] == 5


def test_the_limit_of_tokens_of_a_model_that_reasons_has_its_name_behind_a_gateway() -> None:
    model = create_chat_model("openai:gpt-5-mini", api_key="sk-1", base_url="http://[::1]/v1")
    body = model.explain("Hello", max_output_tokens=5).body
    assert (body["max_completion_tokens"], "max_tokens" in body) == (5, False)


def test_unsupported_settings_can_be_left_out_with_a_warning() -> None:
    model = create_chat_model("openai:gpt-5-mini", api_key="sk-1", on_unsupported="warn")
    explained = model.explain("Hello", temperature=0.5)
    assert "temperature" not in explained.body
    assert explained.warnings == ("openai does not support temperature: omitted",)
    with pytest.raises(UnsupportedError):
        create_chat_model("openai:gpt-5-mini", api_key="sk-1", temperature=0.5)


def test_the_responses_api_supports_the_settings_of_reasoning_models() -> None:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="sk-1")
    explained = model.explain(
        "Hello", reasoning_effort="max", verbosity="low", store=False, user="u"
    )
    assert explained.url == "https://api.openai.com/v1/responses"
    assert explained.body == {
        "model": "gpt-6.1-terra",
        "input": [{"role": "user", "content": "Hello"}],
        "reasoning": {"effort": "max"},
        "text": {"verbosity": "low"},
        "store": False,
        "safety_identifier": "u",
        "stream": False,
    }
    assert explained.mapped["reasoning_effort"] == "reasoning.effort"


def test_settings_that_the_responses_api_lacks_are_refused_with_a_remedy() -> None:
    with pytest.raises(UnsupportedError) as caught:
        create_chat_model("openai:gpt-6.1-terra", api_key="sk-1", seed=1, stop="x", top_k=3)
    assert caught.value.message == (
        "openai does not support top_k, stop, seed; omit it, or create the model with "
        'api="chat_completions" for stop, seed, or with on_unsupported="warn" to omit it '
        "with a warning; provider_options send the field unchecked"
    )
    model = create_chat_model("openai:gpt-6.1-terra", api_key="sk-1")
    with pytest.raises(UnsupportedError, match='api="chat_completions" for prediction, audio_outp'):
        model.explain("Hello", prediction="x", audio_output=AudioOutput("alloy"))


def test_audio_that_responses_lack_is_refused() -> None:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="sk-1")
    with pytest.raises(UnsupportedError, match="audio of type audio/wav"):
        model.explain(user(AudioPart(data=b"RIFF", media_type="audio/wav")))


@pytest.mark.parametrize(
    ("model", "path"),
    [
        *((name, "/responses") for name in ("gpt-6.1-terra", "gpt-6-luna", "gpt-5-mini")),
        *((name, "/responses") for name in ("o3", "o4-mini", "o3-deep-research", "gpt-10-sol")),
        *((name, "/responses") for name in ("gpt-rosalind-research", "gpt-daybreak-red-latest")),
        *((name, "/responses") for name in ("codex-mini-latest", "ft:o4-mini:a::b", "gpt-5-pro")),
        *((name, "/chat/completions") for name in ("gpt-4o", "gpt-4.1-mini", "gpt-audio-1.5")),
        *((name, "/chat/completions") for name in ("gpt-4o-audio-preview", "chatgpt-4o-latest")),
        *((name, "/chat/completions") for name in ("gpt-5-search-api", "gpt-5.3-chat-latest")),
        *((name, "/chat/completions") for name in ("ft:gpt-4.1-mini:a::b", "gpt-oss-120b", "own")),
    ],
)
def test_models_that_reason_use_the_responses_api(model: str, path: str) -> None:
    explained = create_chat_model(f"openai:{model}", api_key="sk-1").explain("Hello")
    assert explained.url == f"https://api.openai.com/v1{path}"


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://eu.api.openai.com/v1", "/responses"),
        ("https://api.openai.com", "/responses"),
        ("https://gateway.example/openai/v1", "/chat/completions"),
        ("https://api.openai.com.example/v1", "/chat/completions"),
        ("http://localhost:8000/v1", "/chat/completions"),
    ],
)
def test_other_servers_use_chat_completions(base_url: str, path: str) -> None:
    def url(**options: str) -> str:
        model = create_chat_model("openai:gpt-5.6", api_key="sk-1", base_url=base_url, **options)
        return model.explain("Hello").url

    assert url() == base_url + path
    assert url(api="responses") == f"{base_url}/responses"
    assert url(api="chat_completions") == f"{base_url}/chat/completions"


@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_part_options_work_in_both_apis(api: str) -> None:
    mark = part_options(prompt_cache_breakpoint={"mode": "explicit"})
    model = create_chat_model("openai:gpt-5.6", api_key="sk-1", api=api)
    body = model.explain([system("Be brief.", mark), user("Long.", mark, "Why?")]).body
    sent_items = body["input" if api == "responses" else "messages"]
    marks = [
        part.get("prompt_cache_breakpoint")
        for sent_item in sent_items
        for part in sent_item["content"]
    ]
    assert marks == [{"mode": "explicit"}, {"mode": "explicit"}, None]


def test_only_chat_completions_accept_fields_of_a_text_of_the_model() -> None:
    mark = part_options(prompt_cache_breakpoint={"mode": "explicit"})
    prompt = [user("Hi"), assistant("Long.", mark, "Yes?"), user("No.")]
    model = create_chat_model("openai:gpt-5.6", api_key="sk-1", api="chat_completions")
    assert model.explain(prompt).body["messages"][1]["content"] == [
        {"type": "text", "text": "Long.", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "text", "text": "Yes?"},
    ]
    with pytest.raises(UnsupportedError, match="'prompt_cache_breakpoint'"):
        create_chat_model("openai:gpt-5.6", api_key="sk-1").explain(prompt)


def test_a_response_is_fetched_without_a_body() -> None:
    model = create_chat_model("openai:gpt-5.6", api_key="sk-1")
    explained = model.explain("Hello", provider_options={"retrieve": "resp_1"})
    assert (explained.method, explained.body) == ("GET", None)
    assert explained.url == "https://api.openai.com/v1/responses/resp_1"


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param(
            {"organization": "org-1"}, {"openai-organization": "org-1"}, id="an organization"
        ),
        pytest.param({"project": "proj-1"}, {"openai-project": "proj-1"}, id="a project"),
        pytest.param({"api": "chat_completions"}, {}, id="the API named"),
        pytest.param(
            {"api": "responses", "project": "p"}, {"openai-project": "p"}, id="the other API named"
        ),
    ],
)
def test_the_account_to_bill_is_sent_in_headers(
    options: dict[str, str], headers: dict[str, str]
) -> None:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="sk-1", **options)
    sent = model.explain("Hello").headers
    found = {name.lower(): value for name, value in sent.items()}
    assert {name: value for name, value in found.items() if name.startswith("openai-")} == headers
    assert found["authorization"] == "Bearer ***"


def test_environment_variables_are_those_of_the_official_sdk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example/v1/")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    explained = create_chat_model("openai:gpt-6.1-terra").explain("Hello")
    sent = {name.lower(): value for name, value in explained.headers.items()}
    assert explained.url == "https://proxy.example/v1/chat/completions"
    assert (sent["openai-organization"], sent["openai-project"]) == ("org-1", "proj-1")


@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_service_tiers_of_other_vendors_are_refused_at_openais_url(api: str) -> None:
    model = create_chat_model("openai:gpt-4.1", api_key="k", api=api)
    with pytest.raises(UnsupportedError, match="service_tier='reserved'"):
        model.explain("?", service_tier="reserved")
    assert model.explain("?", service_tier="ultrafast").body["service_tier"] == "ultrafast"
    elsewhere = create_chat_model("openai:m", api_key="k", api=api, base_url="https://gw.test/v1")
    assert elsewhere.explain("?", service_tier="reserved").body["service_tier"] == "reserved"


@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_all_types_of_images_and_files_are_sent_to_other_servers(api: str) -> None:
    image = ImagePart(data=b"BM", media_type="image/bmp")
    file = FilePart(data=b"<svg/>", media_type="image/svg+xml")
    official = create_chat_model("openai:gpt-4.1", api_key="k", api=api)
    with pytest.raises(UnsupportedError, match="an image of type image/bmp"):
        official.explain(user(image, file))
    elsewhere = create_chat_model("openai:m", api_key="k", api=api, base_url="https://gw.test/v1")
    sent = str(elsewhere.explain(user(image, file)).body)
    assert "data:image/bmp;base64," in sent
    assert "data:image/svg+xml;base64," in sent


def test_an_api_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="openai has no api 'assistants'; pass"):
        create_chat_model("openai:gpt-6.1-terra", api_key="sk-1", api="assistants")


def test_all_problems_of_the_options_are_reported_in_one_error() -> None:
    with pytest.raises(ConfigurationError) as caught:
        create_chat_model("openai:o3", api_key="sk-1", api="x", organization="ö", project="\n")
    for problem in ("no api 'x'", "organization must be", "project must be"):
        assert problem in str(caught.value)


@pytest.mark.parametrize("value", ["org\nX-Other: 1", "örg"], ids=["line end", "letter"])
def test_an_account_that_cannot_be_a_header_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="organization must be printable ASCII text"):
        create_chat_model("openai:gpt-4o", api_key="sk-1", organization=value)


def test_known_models_are_described_and_all_others_accepted() -> None:
    known = PROVIDER.model_info("gpt-5-mini")
    assert (known.context_window, known.max_output_tokens) == (400_000, 128_000)
    assert known.deprecated == "2026-12-11"
    assert PROVIDER.model_info("gpt-99").context_window is None
    assert len({model.name for model in PROVIDER.metadata.models}) == len(PROVIDER.metadata.models)
