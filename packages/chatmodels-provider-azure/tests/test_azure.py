"""Tests specific to Azure: URLs, credentials, content filters and the model listing."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chatmodels.core import (
    AuthenticationError,
    ChatModel,
    ChatModelError,
    ConfigurationError,
    ContentFilteredError,
    ErrorCode,
    FilePart,
    ImagePart,
    ResponseInvalidError,
    UnsupportedError,
    create_chat_model,
    registry,
    tool,
    user,
)
from chatmodels.providers.azure import DIALECT, PROVIDER, filter_results
from chatmodels.providers.azure._address import Address
from chatmodels.providers.azure._codec import azure_codec, azure_responses_codec
from chatmodels.providers.azure._listing import read_models
from chatmodels.testing import SimulatedResponse, Simulator

RESOURCE = "https://acme.openai.azure.com"
SAFE = {"filtered": False, "severity": "safe"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in PROVIDER.metadata.options:
        for variable in spec.env:
            monkeypatch.delenv(variable, raising=False)


def model(name: str = "prod", **options: Any) -> ChatModel:
    given: dict[str, Any] = {"api_key": "k-1", "base_url": RESOURCE, "max_retries": 0} | options
    return create_chat_model(f"azure:{name}", **given)


def sent(**options: Any) -> dict[str, str]:
    """Give the credentials that go with a request."""
    headers = {name.lower(): value for name, value in model(**options).explain("?").headers.items()}
    return {name: headers[name] for name in ("api-key", "authorization") if name in headers}


def test_importing_it_registers_it() -> None:
    assert registry.provider("azure") is PROVIDER


def test_import_does_not_load_http_tls_or_event_loops() -> None:
    program = "import sys, chatmodels.providers.azure; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "chatmodels.providers.azure" in loaded
    assert not loaded & {"httpx", "httpcore", "ssl", "asyncio", "anyio", "azure"}


@pytest.mark.parametrize(
    ("base_url", "api_version", "url"),
    [
        pytest.param(RESOURCE, None, "/openai/v1/chat/completions", id="a resource"),
        pytest.param(f"{RESOURCE}/", "v1", "/openai/v1/chat/completions", id="v1 named"),
        pytest.param(
            RESOURCE, "preview", "/openai/v1/chat/completions?api-version=preview", id="preview"
        ),
        pytest.param(f"{RESOURCE}/openai", None, "/openai/v1/chat/completions", id="with /openai"),
        pytest.param(
            f"{RESOURCE}/openai/v1/", "2024-10-21", "/openai/v1/chat/completions", id="v1 itself"
        ),
        pytest.param(
            f"{RESOURCE}/openai/v1",
            "preview",
            "/openai/v1/chat/completions?api-version=preview",
            id="v1 itself and preview",
        ),
        pytest.param(
            RESOURCE,
            "2024-10-21",
            "/openai/deployments/prod/chat/completions?api-version=2024-10-21",
            id="a date",
        ),
        pytest.param(
            f"{RESOURCE}/openai",
            "2025-03-01-preview",
            "/openai/deployments/prod/chat/completions?api-version=2025-03-01-preview",
            id="a date with /openai",
        ),
        pytest.param(
            f"{RESOURCE}/models",
            None,
            "/models/chat/completions?api-version=2024-05-01-preview",
            id="inference",
        ),
        pytest.param(
            f"{RESOURCE}/models",
            "2025-05-01",
            "/models/chat/completions?api-version=2025-05-01",
            id="inference and a date",
        ),
        pytest.param(
            f"{RESOURCE}/models",
            "preview",
            "/models/chat/completions?api-version=2024-05-01-preview",
            id="inference and a word for others",
        ),
    ],
)
def test_the_address_and_the_version_choose_the_endpoint(
    base_url: str, api_version: str | None, url: str
) -> None:
    explained = model(base_url=base_url, api_version=api_version).explain("?")
    assert explained.url == RESOURCE + url
    assert explained.body["model"] == "prod"


def test_a_deployment_may_be_named_otherwise_than_its_model() -> None:
    made = model("gpt-5-mini", deployment="prod/eu", api_version="2024-10-21")
    assert "/deployments/prod%2Feu/chat/completions" in made.explain("?").url
    assert made.explain("?").body["model"] == "prod/eu"
    assert made.model_info().context_window == 400_000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"api_version": "today"}, "api_version must be a date", id="no version"),
        pytest.param(
            {"base_url": f"{RESOURCE}/openai/deployments/prod"},
            "not of a deployment",
            id="a deployment",
        ),
        pytest.param(
            {"base_url": f"{RESOURCE}/openai/v1/chat/completions"},
            "or an operation",
            id="an operation",
        ),
        pytest.param({"base_url": f"{RESOURCE}/openai/responses/"}, "operation", id="another"),
        pytest.param({"auth": "magic"}, "auth must be", id="auth"),
        pytest.param({"api": "magic"}, "azure has no api 'magic'", id="api"),
        pytest.param(
            {"api": "responses", "api_version": "2025-03-01-preview"},
            "pass api_version='v1'",
            id="dated api",
        ),
        pytest.param({"base_url": None}, "set AZURE_OPENAI_ENDPOINT", id="no address"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        model(**options)


def test_environment_variables_are_those_of_the_official_sdk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{RESOURCE}/")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k-1")
    explained = create_chat_model("azure:prod").explain("?")
    assert explained.url.startswith(f"{RESOURCE}/openai/deployments/prod/")
    assert sent(api_key=None) == {"api-key": "***"}
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "t-1")
    assert sent(api_key=None) == {"authorization": "Bearer ***"}


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        pytest.param({}, {"api-key": "***"}, id="a key"),
        pytest.param({"auth": "bearer"}, {"authorization": "Bearer ***"}, id="a token"),
        pytest.param({"api_key": lambda: "t-1"}, {"authorization": "Bearer ***"}, id="a function"),
        pytest.param(
            {"api_key": lambda: "k-1", "auth": "api_key"}, {"api-key": "***"}, id="rotating keys"
        ),
    ],
)
def test_keys_and_tokens_go_into_their_headers(
    options: dict[str, Any], headers: dict[str, str]
) -> None:
    assert sent(**options) == headers


def tokens() -> Callable[[], str]:
    """Give another token each time, as get_bearer_token_provider of azure-identity may."""
    numbers = iter(range(9))
    return lambda: f"t-{next(numbers)}"


def test_a_token_function_is_called_for_each_request() -> None:
    with Simulator() as simulator:
        made = model(base_url=simulator.url, api_key=tokens())
        made.generate("?")
        made.generate("?")
        headers = [exchange.request.headers for exchange in simulator.exchanges]
    assert [found["authorization"] for found in headers] == ["Bearer t-0", "Bearer t-1"]
    assert all("api-key" not in found for found in headers)


def test_a_rejected_token_is_requested_once_more() -> None:
    given = iter(["bad-1", "t-2"])
    with Simulator() as simulator:
        model(base_url=simulator.url, api_key=lambda: next(given)).generate("?")
        assert [exchange.status for exchange in simulator.exchanges] == [401, 200]


async def test_a_token_function_can_be_async() -> None:
    async def token() -> str:
        return "t-1"

    give: Callable[[], Awaitable[str]] = token
    with Simulator() as simulator:
        made = model(base_url=simulator.url, api_key=give)
        await made.agenerate("?")
        assert simulator.exchanges[0].request.headers["authorization"] == "Bearer t-1"
        with pytest.raises(AuthenticationError, match="async function"):
            made.generate("?")


def test_old_versions_know_other_fields() -> None:
    old = model(api_version="2024-02-01").explain("?", max_output_tokens=9).body
    new = model(api_version="2024-09-01-preview").explain("?", max_output_tokens=9).body
    assert (old["max_tokens"], new["max_completion_tokens"]) == (9, 9)
    with Simulator() as simulator:
        made = model(base_url=simulator.url, api_version="2024-02-01")
        assert made.stream("?").collect().text == "You said: ?"
        assert "stream_options" not in simulator.requests[0]


def test_models_of_other_vendors_accept_only_the_common_settings() -> None:
    explained = model(base_url=f"{RESOURCE}/models").explain("?", max_output_tokens=9)
    assert explained.body["max_tokens"] == 9
    with pytest.raises(ChatModelError, match="verbosity"):
        model(base_url=f"{RESOURCE}/models").generate("?", verbosity="low")
    assert "verbosity" in DIALECT.settings


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_content_filter_results_are_available(streamed: bool) -> None:
    with Simulator() as simulator:
        made = model(base_url=simulator.url)
        response = made.stream("?").collect() if streamed else made.generate("?")
    found = filter_results(response)
    assert found.prompt["jailbreak"] == {"filtered": False, "detected": False}
    assert found.filtered == ()
    assert found.output == ({} if streamed else dict.fromkeys(found.output, SAFE))


def chunk(**body: Any) -> bytes:
    return b"data: %b\n\n" % json.dumps(body).encode()


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_content_filter_results_are_available_in_the_responses_api(streamed: bool) -> None:
    checked = {"prompt": {"jailbreak": {"detected": False}}, "completion": {"violence": SAFE}}
    filters = [{"source_type": at, "content_filter_results": checked[at]} for at in checked]
    content = [{"type": "output_text", "text": "Ahoy"}]
    whole = {
        "id": "resp_1",
        "status": "completed",
        "output": [{"type": "message", "id": "msg_1", "content": content}],
        "content_filters": filters,
    }
    started = whole | {"status": "in_progress", "output": [], "content_filters": None}
    if streamed:
        body = (
            chunk(type="response.created", response=started),
            chunk(type="response.completed", response=whole),
        )
        headers = {"content-type": "text/event-stream"}
        response = SimulatedResponse(headers=headers, body=body, streamed=True, terminal=1)
    else:
        response = SimulatedResponse(body=(json.dumps(whole).encode(),))
    with Simulator() as simulator:
        simulator.queue(response)
        made = model(base_url=simulator.url, api="responses")
        response = made.stream("?").collect() if streamed else made.generate("?")
        assert simulator.exchanges[0].request.target == "/openai/v1/responses"
    found = filter_results(response)
    assert response.text == "Ahoy"
    assert (found.prompt, found.output) == (checked["prompt"], checked["completion"])
    assert found.filtered == ()


@pytest.mark.parametrize("tier", ["batch", "fast", "reserved", "ultrafast"])
@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_a_service_tier_of_another_vendor_is_refused(api: str, tier: Any) -> None:
    with pytest.raises(UnsupportedError) as caught:
        model(api=api).explain("?", service_tier=tier)
    assert f"service_tier='{tier}' (supported: 'auto', 'default', 'flex'" in caught.value.message


@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_images_and_files_of_other_types_are_refused(api: str) -> None:
    image = ImagePart(data=b"II*", media_type="image/tiff")
    slides = FilePart(data=b"PK", media_type="application/vnd.ms-powerpoint")
    with pytest.raises(UnsupportedError) as caught:
        model(api=api).explain(user(image, slides))
    assert "image/tiff" in caught.value.message
    assert "application/vnd.ms-powerpoint" in caught.value.message
    model(api=api).explain(user(FilePart(data=b"%PDF", media_type="application/pdf")))


def test_the_inference_endpoint_accepts_all_types_of_images() -> None:
    image = ImagePart(data=b"II*", media_type="image/tiff")
    maker = model(base_url="https://acme.services.ai.azure.com/models")
    assert "data:image/tiff;base64," in str(maker.explain(user(image)).body)


@pytest.mark.parametrize("tier", ["auto", "default", "flex", "scale", "priority"])
@pytest.mark.parametrize("api", ["responses", "chat_completions"])
def test_azures_own_service_tiers_are_sent(api: str, tier: Any) -> None:
    assert model(api=api).explain("?", service_tier=tier).body["service_tier"] == tier


def test_a_deployment_has_its_name_in_the_responses_api_too() -> None:
    explained = model("gpt-5-mini", api="responses", deployment="prod-eu").explain("?")
    assert explained.body["model"] == "prod-eu"
    assert explained.headers["api-key"] == "***"


def test_the_responses_api_has_a_preview() -> None:
    explained = model(api="responses", api_version="preview").explain("?")
    assert explained.url == f"{RESOURCE}/openai/v1/responses?api-version=preview"


def test_the_responses_api_has_the_same_listing() -> None:
    codec = azure_responses_codec(Address("v1", "/openai/v1"))
    assert codec.models == azure_codec(Address("v1", "/openai/v1")).models


def test_content_filter_results_of_a_stream_are_merged() -> None:
    """With the asynchronous filter findings come in chunks of their own, and after the words."""
    hate = {"filtered": True, "severity": "high"}
    body = (
        chunk(id="", model="", choices=[], prompt_annotations=[{"content_filter_results": {}}]),
        chunk(id="r", model="m", choices=[{"index": 0, "delta": {"content": "Well"}}]),
        chunk(
            id="",
            model="",
            choices=[
                {
                    "index": 0,
                    "finish_reason": None,
                    "content_filter_results": {"hate": hate, "violence": SAFE},
                    "content_filter_offsets": {"check_offset": 4, "end_offset": 9},
                }
            ],
        ),
        chunk(choices=[{"index": 0, "content_filter_results": {"hate": SAFE}}, {"index": 1}]),
        chunk(id="", choices=[{"index": 0, "finish_reason": "content_filter"}]),
        b"data: [DONE]\n\n",
    )
    headers = {"content-type": "text/event-stream"}
    with Simulator() as simulator:
        simulator.queue(SimulatedResponse(headers=headers, body=body, streamed=True, terminal=1))
        response = model(base_url=simulator.url).stream("?").collect()
    assert (response.text, response.id, response.finish_reason) == ("Well", "r", "content_filter")
    found = filter_results(response)
    assert found.output == {"hate": hate, "violence": SAFE}
    assert found.filtered == ("hate",)


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        pytest.param({"severity": "medium"}, {"severity": "low"}, id="severity"),
        pytest.param({"detected": True}, {"detected": False}, id="detected"),
        pytest.param({"filtered": True}, {"severity": "high"}, id="filtered"),
        pytest.param({"severity": "safe"}, None, id="no finding"),
        pytest.param({"severity": "low"}, {"severity": ["?"]}, id="no severity"),
    ],
)
def test_of_several_findings_the_worst_counts(worse: Any, better: Any) -> None:
    for results in ([worse, better], [better, worse]):
        choices = [{"index": 0, "content_filter_results": {"hate": found}} for found in results]
        body = {"choices": [{"message": {"content": "Well"}}, *choices]}
        with Simulator() as simulator:
            simulator.queue(SimulatedResponse(body=(json.dumps(body).encode(),)))
            response = model(base_url=simulator.url).generate("?")
        assert filter_results(response).output == {"hate": worse}


def test_a_prompt_that_is_filtered_in_the_responses_api_is_an_error_with_the_findings() -> None:
    found = {"jailbreak": {"detected": True, "filtered": True}}
    error = {
        "message": "A filter stopped this prompt.",
        "type": "invalid_request_error",
        "param": "prompt",
        "code": "content_filter",
        "content_filters": [
            {"blocked": True, "source_type": "prompt", "content_filter_results": found}
        ],
        "innererror": {"code": "ContentFiltered"},
    }
    with Simulator() as simulator:
        body = json.dumps({"error": error}).encode()
        simulator.queue(SimulatedResponse(status=400, body=(body,)))
        with pytest.raises(ContentFilteredError) as caught:
            model(base_url=simulator.url, api="responses").generate("?")
    assert caught.value.details["content_filter_result"] == found


def test_a_prompt_that_is_filtered_is_an_error_with_the_findings() -> None:
    with Simulator() as simulator:
        simulator.queue(ErrorCode.CONTENT_FILTERED)
        with pytest.raises(ChatModelError) as caught:
            model(base_url=simulator.url).generate("?")
    assert caught.value.code is ErrorCode.CONTENT_FILTERED
    findings: Any = caught.value.details["content_filter_result"]
    assert findings["jailbreak"] == {"filtered": True, "detected": True}


@pytest.mark.parametrize(
    ("status", "word", "code"),
    [
        pytest.param(404, "DeploymentNotFound", ErrorCode.MODEL_NOT_FOUND, id="deployment"),
        pytest.param(404, "unknown_model", ErrorCode.MODEL_NOT_FOUND, id="model"),
        pytest.param(400, "OperationNotSupported", ErrorCode.UNSUPPORTED, id="operation"),
        pytest.param(401, "PermissionDenied", ErrorCode.PERMISSION_DENIED, id="role"),
        pytest.param(401, "401", ErrorCode.AUTHENTICATION, id="a number"),
        pytest.param(429, "429", ErrorCode.RATE_LIMITED, id="rate"),
        pytest.param(400, "ResponsibleAIPolicyViolation", ErrorCode.CONTENT_FILTERED, id="policy"),
    ],
)
def test_azures_error_codes_decide_the_error_class(status: int, word: str, code: ErrorCode) -> None:
    body = json.dumps({"error": {"code": word, "message": "No."}}).encode()
    with Simulator() as simulator:
        simulator.queue(
            SimulatedResponse(status=status, body=(body,), headers={"retry-after-ms": "1500"})
        )
        with pytest.raises(ChatModelError) as caught:
            model(base_url=simulator.url).generate("?")
    assert (caught.value.code, caught.value.retry_after) == (code, 1.5)
    assert caught.value.request_id == "req_1"


CODEC = azure_codec(Address("v1"))


@pytest.mark.parametrize(
    ("record", "known"),
    [
        pytest.param({}, (None, None, set()), id="nothing told"),
        pytest.param(
            {
                "created_at": 1_700_000_000,
                "capabilities": {"chat_completion": True, "inference": True},
                "deprecation": {"inference": 1_775_001_600, "fine_tune": 1},
            },
            (1_700_000_000, "2026-04-01", {"streaming"}),
            id="all told",
        ),
        pytest.param({"deprecation": {"inference": 10**18}}, (None, None, set()), id="no date"),
        pytest.param({"created": 5, "capabilities": []}, (5, None, set()), id="odd"),
    ],
)
def test_models_that_can_be_deployed_are_listed(record: dict[str, Any], known: object) -> None:
    (found,) = read_models(json.dumps({"data": [{"id": "gpt-5"} | record]}).encode())
    assert (found.name, found.provider) == ("gpt-5", "azure")
    assert (found.created, found.deprecated, found.capabilities) == known


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"data": [{"id": 5}]}', b"<html>"])
def test_an_invalid_listing_is_an_error(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="not a list of models"):
        read_models(body)


def test_the_inference_endpoint_has_no_model_listing() -> None:
    assert azure_codec(Address("inference")).models is None


def test_the_health_check_uses_the_cheapest_request() -> None:
    with Simulator() as simulator:
        reports = [
            model(base_url=simulator.url).check_health(),
            model(base_url=simulator.url, api_version="2024-10-21").check_health(),
            model(base_url=f"{simulator.url}/models").check_health(),
        ]
        targets = [exchange.request.target for exchange in simulator.exchanges]
    assert [report.status for report in reports] == ["healthy"] * 3
    assert targets == [
        "/openai/v1/models",
        "/openai/models?api-version=2024-10-21",
        "/models/info?api-version=2024-05-01-preview",
    ]


@pytest.mark.parametrize("version", ["v1", "preview"])
def test_tokens_are_counted_at_the_responses_api(version: str) -> None:
    with Simulator() as simulator:
        made = model(base_url=simulator.url, api="responses", api_version=version, deployment="d")
        counted = made.count_tokens("two words")
        sent = simulator.exchanges[-1].request
    query = "?api-version=preview" if version == "preview" else ""
    assert (counted.input_tokens, counted.is_estimate) == (2, False)
    assert sent.target == f"/openai/v1/responses/input_tokens{query}"
    assert sent.json["model"] == "d"


def test_tokens_of_chat_completions_are_estimated() -> None:
    counted = model().count_tokens("two words")
    assert counted.note == "azure (chat_completions) has no endpoint that counts tokens"


@tool
def clock() -> str:
    """The time."""
    return "noon"


@pytest.mark.parametrize("version", ["v1", "2024-10-21"])
def test_functions_of_a_model_that_reasons_need_the_responses_api(version: str) -> None:
    chat = model("gpt-5.6-terra", deployment="prod", api_version=version)
    with pytest.raises(UnsupportedError) as caught:
        chat.explain("Hello", tools=[clock])
    assert caught.value.message.startswith(
        "azure does not support tools with reasoning (the default; reasoning_effort='none' "
        'switches it off); omit it, or create the model with api="responses" for tools'
    )
    assert chat.explain("Hello", tools=[clock], reasoning_effort="none").body["tools"]


def test_functions_are_sent_in_the_responses_api_and_to_other_models() -> None:
    responses = model("gpt-5.6-terra", api="responses")
    assert responses.explain("Hello", tools=[clock]).body["tools"]
    for name in ("gpt-5.5", "gpt-5.4-mini", "gpt-4.1", "prod-eu"):
        assert model(name).explain("Hello", tools=[clock]).body["tools"]


def test_sampling_is_left_to_the_deployment() -> None:
    assert model("gpt-5.6-terra").explain("Hello", temperature=0.2).body["temperature"]
