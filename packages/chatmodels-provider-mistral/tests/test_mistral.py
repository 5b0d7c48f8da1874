"""Tests specific to Mistral: ids, message order, media, reasoning, models, errors."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    AuthenticationError,
    ChatModel,
    ChatModelError,
    Citation,
    ErrorCode,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ResponseInvalidError,
    TextPart,
    ToolCall,
    ToolResult,
    UnsupportedError,
    assistant,
    create_chat_model,
    registry,
    tool_result,
    user,
)
from chatmodels.core.extending import ProviderOptions, ProviderState, ToolDefinition
from chatmodels.providers.mistral import DIALECT, PROVIDER
from chatmodels.providers.mistral._listing import read_models
from chatmodels.resilience import Retry
from chatmodels.testing import FAULTS, SimulatedResponse, Simulator

REASONING = ReasoningPart("Hm.", ProviderState("mistral", {"type": "thinking"}))
WEATHER = ToolDefinition("weather", "Tell it.", {"type": "object"})


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in PROVIDER.metadata.options:
        for variable in spec.env:
            monkeypatch.delenv(variable, raising=False)


def model(name: str = "mistral-small-latest", **options: Any) -> ChatModel:
    return create_chat_model(f"mistral:{name}", **({"api_key": "k-1", "max_retries": 0} | options))


def body(
    *messages: Message, name: str = "mistral-small-latest", **call_options: Any
) -> dict[str, Any]:
    found: dict[str, Any] = model(name).explain(list(messages) or "?", **call_options).body
    return found


def messages(*given: Message, name: str = "mistral-small-latest") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(*given, name=name)["messages"]
    return found


def test_images_of_other_types_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="image/tiff"):
        body(user(ImagePart(data=b"II*", media_type="image/tiff")))
    assert "data:image/webp;base64," in str(
        messages(user(ImagePart(data=b"RIFF", media_type="image/webp")))
    )


def test_importing_it_registers_it() -> None:
    assert registry.provider("mistral") is PROVIDER


def test_import_does_not_load_http_tls_or_event_loops() -> None:
    program = "import sys, chatmodels.providers.mistral; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "chatmodels.providers.mistral" in loaded
    assert not loaded & {"httpx", "httpcore", "ssl", "asyncio", "anyio"}


def test_the_key_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "k-1")
    explained = create_chat_model("mistral:codestral-2508").explain("?")
    assert explained.url == "https://api.mistral.ai/v1/chat/completions"
    assert explained.headers["authorization"] == "Bearer ***"


@pytest.fixture
def token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "token"
    file.write_text("t-1\n")
    monkeypatch.setenv("MISTRAL_SA_TOKEN_PATH", str(file))
    return file


def test_the_token_of_a_service_account_is_read_for_each_request(token_file: Path) -> None:
    with Simulator() as simulator:
        made = model(base_url=f"{simulator.url}/mistral/v1", api_key=None)
        made.generate("?")
        token_file.write_text("t-2\n")
        made.generate("?")
        sent = [exchange.request.headers["authorization"] for exchange in simulator.exchanges]
    assert sent == ["Bearer t-1", "Bearer t-2"]


async def test_the_token_of_a_service_account_is_read_for_awaited_calls(token_file: Path) -> None:
    with Simulator() as simulator:
        await model(base_url=f"{simulator.url}/mistral/v1", api_key=None).agenerate("?")
        assert simulator.exchanges[0].request.headers["authorization"] == "Bearer t-1"


@pytest.mark.parametrize(
    ("passed", "token"),
    [
        pytest.param("k-passed", "k-passed", id="a key that is passed counts before it"),
        pytest.param(None, "t-1", id="it counts before a key of the environment"),
    ],
)
@pytest.mark.usefixtures("token_file")
def test_keys_and_tokens_have_the_precedence_of_the_official_sdk(
    passed: str | None, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "k-environment")
    with Simulator() as simulator:
        model(base_url=f"{simulator.url}/mistral/v1", api_key=passed).generate("?")
        assert simulator.exchanges[0].request.headers["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("no/such/file", "cannot read the token in 'no/such/file'", id="no file"),
        pytest.param("no\0file", "cannot read the token", id="no path"),
        pytest.param(os.devnull, "an empty str", id="an empty file"),
    ],
)
def test_a_token_that_cannot_be_read_is_an_error(path: str, words: str) -> None:
    made = model(api_key=None, token_path=path)
    with pytest.raises(AuthenticationError, match=words):
        made.generate("?")


def test_a_model_without_a_key_and_a_token_is_refused() -> None:
    with pytest.raises(AuthenticationError, match="mistral has no API key; set MISTRAL_API_KEY"):
        model(api_key=None)
    report = PROVIDER.check_health(ProviderOptions())
    assert (report.status, report.code) == ("unknown", ErrorCode.AUTHENTICATION)


def test_settings_have_mistrals_names() -> None:
    written = body(
        seed=7,
        max_output_tokens=9,
        top_k=5,
        metadata={"a": "b"},
        prompt_cache_key="k",
        prediction="x",
    )
    del written["messages"], written["model"]
    assert written == {
        "random_seed": 7,
        "max_tokens": 9,
        "top_k": 5,
        "metadata": {"a": "b"},
        "prompt_cache_key": "k",
        "prediction": {"type": "content", "content": "x"},
    }
    missing = set(ProviderOptions().settings.__struct_fields__) - set(DIALECT.settings)
    assert missing == {
        "audio_output",
        "logit_bias",
        "prompt_cache_retention",
        "reasoning_budget",
        "store",
        "user",
        "verbosity",
    }


@pytest.mark.parametrize("stream", [False, True])
def test_streams_report_usage_by_default(stream: bool) -> None:
    with Simulator() as simulator:
        made = model(base_url=f"{simulator.url}/mistral/v1")
        response = made.stream("?").collect() if stream else made.generate("?")
        assert "stream_options" not in simulator.requests[0]
    assert response.usage.total_tokens
    assert response.service_tier == "standard"


def test_a_required_tool_call_is_sent_as_any() -> None:
    assert body(tools=[WEATHER], tool_choice="required")["tool_choice"] == "any"
    assert body(tools=[WEATHER], tool_choice="auto")["tool_choice"] == "auto"


def test_provider_options_are_passed_on() -> None:
    options = {"safe_prompt": True, "prompt_mode": "reasoning", "tool_choice": "required"}
    written = body(provider_options=options)
    assert {name: written[name] for name in options} == options


@pytest.mark.parametrize(
    ("name", "effort", "written"),
    [
        pytest.param("mistral-small-2603", "none", "none", id="off"),
        pytest.param("mistral-small-2603", "low", "high", id="on or off alone"),
        pytest.param("mistral-medium-3-5", "max", "high", id="the most there is"),
        pytest.param("mistral-large-4-0", "medium", "medium", id="in steps"),
        pytest.param("mistral-large-4-0", "minimal", "low", id="the least there is"),
        pytest.param("labs-any", "xhigh", "xhigh", id="of an unknown model"),
    ],
)
def test_the_effort_is_mapped_to_the_levels_of_a_model(
    name: str, effort: Any, written: str
) -> None:
    assert body(name=name, reasoning_effort=effort)["reasoning_effort"] == written


@pytest.mark.parametrize(
    ("tier", "written"), [("auto", "auto"), ("default", "standard_only")], ids=["auto", "default"]
)
def test_service_tiers_have_the_names_of_the_api(tier: Any, written: str) -> None:
    assert body(service_tier=tier)["service_tier"] == written


def test_an_unsupported_service_tier_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="supported: 'auto', 'default'"):
        body(service_tier="flex")


@pytest.mark.parametrize("name", ["mistral-large-2512", "magistral-medium-2509", "codestral-2508"])
def test_models_whose_effort_is_fixed_refuse_one(name: str) -> None:
    with pytest.raises(UnsupportedError, match="reasoning_effort"):
        body(name=name, reasoning_effort="high")


@pytest.mark.parametrize(
    ("part", "written"),
    [
        pytest.param(
            AudioPart(data=b"mp3", media_type="audio/mpeg"),
            {"type": "input_audio", "input_audio": "bXAz"},
            id="sound",
        ),
        pytest.param(
            AudioPart(url="https://acme.example/a.mp3"),
            {"type": "input_audio", "input_audio": "https://acme.example/a.mp3"},
            id="sound by address",
        ),
        pytest.param(
            FilePart(data=b"pdf", media_type="application/pdf", name="a.pdf"),
            {
                "type": "document_url",
                "document_url": "data:application/pdf;base64,cGRm",
                "document_name": "a.pdf",
            },
            id="a document",
        ),
        pytest.param(
            FilePart(url="https://acme.example/a.pdf", name="a.pdf"),
            {
                "type": "document_url",
                "document_url": "https://acme.example/a.pdf",
                "document_name": "a.pdf",
            },
            id="a document by address",
        ),
        pytest.param(
            FilePart(file_id="f-1"), {"type": "file", "file_id": "f-1"}, id="an uploaded file"
        ),
        pytest.param(
            ImagePart(url="https://acme.example/a.png", detail="low"),
            {
                "type": "image_url",
                "image_url": {"url": "https://acme.example/a.png", "detail": "low"},
            },
            id="an image",
        ),
    ],
)
def test_a_medium_is_written_as_mistral_has_it(part: Any, written: dict[str, Any]) -> None:
    assert messages(user(part), name="labs-any") == [{"role": "user", "content": [written]}]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        pytest.param("codestral-2508", ImagePart(url="https://acme.example/a.png"), id="image"),
        pytest.param("voxtral-small-2507", ImagePart(url="https://acme.example/a.png"), id="deaf"),
        pytest.param("ministral-8b-2512", AudioPart(data=b"w", media_type="audio/wav"), id="sound"),
    ],
)
def test_settings_that_a_model_is_known_not_to_support_are_refused(name: str, part: Any) -> None:
    with pytest.raises(UnsupportedError, match="mistral does not support"):
        messages(user(part), name=name)


def test_ids_of_other_vendors_are_converted_and_stay_unique() -> None:
    calls = [ToolCall(given, "weather", "") for given in ("call_1", "call_2", "D681PevKs")]
    first, *results = messages(
        assistant(*calls), *(tool_result(ToolResult(call.id, (TextPart("7"),))) for call in calls)
    )
    sent = [call["id"] for call in first["tool_calls"]]
    assert sent == [result["tool_call_id"] for result in results]
    assert sent[2] == "D681PevKs"
    assert len(set(sent)) == 3
    assert all(given.isascii() and given.isalnum() and len(given) == 9 for given in sent)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"colour": "red"}, id="without a type"),
        pytest.param({"type": ["a"]}, id="a type that is none"),
        pytest.param({"type": "file", "file": {"id": 7}}, id="another file"),
        pytest.param({"type": "input_audio", "input_audio": {}}, id="another sound"),
    ],
)
def test_parts_that_only_mistral_knows_go_back_as_they_came(part: dict[str, Any]) -> None:
    body = {"choices": [{"message": {"content": [{"type": "text", "text": "Well."}, part]}}]}
    with Simulator() as simulator:
        simulator.queue(SimulatedResponse(body=(json.dumps(body).encode(),)))
        made = model(base_url=f"{simulator.url}/mistral/v1")
        response = made.generate("?")
    model_messages = made.explain([user("?"), response.message, user("And?")]).body["messages"][1]
    assert model_messages["content"] == [{"type": "text", "text": "Well."}, part]


def test_part_options_of_a_document_are_sent_with_it() -> None:
    limit = ProviderPart(ProviderState("mistral", {"document_image_limit": 3}))
    (encoded,) = messages(user(FilePart(file_id="f-1"), limit))
    assert encoded["content"] == [{"type": "file", "file_id": "f-1", "document_image_limit": 3}]


def test_speaker_names_are_left_out() -> None:
    assert messages(Message("user", (TextPart("Hi"),), name="Ann")) == [
        {"role": "user", "content": "Hi"}
    ]


def test_a_final_assistant_message_is_continued() -> None:
    *_, last = messages(user("Count."), assistant("One, two,"))
    assert last == {"role": "assistant", "content": "One, two,", "prefix": True}


@pytest.mark.parametrize("shape", ["stream", "astream"])
async def test_a_stream_that_breaks_continues_without_the_text_that_is_repeated(shape: str) -> None:
    with Simulator() as simulator:
        chat = model(base_url=f"{simulator.url}/mistral/v1")
        resuming = chat.with_policies(Retry(resume=True, initial_delay=0))
        simulator.queue(FAULTS["closed-in-body"])
        if shape == "stream":
            response = resuming.stream("Count to five: 1, 2, 3, 4, 5.").collect()
        else:
            response = await resuming.astream("Count to five: 1, 2, 3, 4, 5.").collect()
        last = simulator.requests[1]["messages"][-1]
        await chat.aclose()
    assert response.text == "You said: Count to five: 1, 2, 3, 4, 5."
    assert last["prefix"] is True
    assert response.text.startswith(last["content"])


def test_refusals_are_texts() -> None:
    both = assistant("Well.", RefusalPart("I will not."))
    assert messages(both, user("?"))[0]["content"] == [
        {"type": "text", "text": "Well."},
        {"type": "text", "text": "I will not."},
    ]
    assert messages(assistant(RefusalPart("I will not.")), user("?"))[0]["content"] == [
        {"type": "text", "text": "I will not."}
    ]
    reasoning = assistant(REASONING, RefusalPart("I will not."))
    kinds = [part["type"] for part in messages(reasoning, user("?"))[0]["content"]]
    assert kinds == ["thinking", "text"]


def test_an_empty_message_is_left_out() -> None:
    foreign = assistant(ReasoningPart("Hm."), ProviderPart(ProviderState("other", {"a": 1})))
    assert messages(user("a"), foreign, user("b")) == [
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b"},
    ]


def test_reasoning_is_sent_back_to_models_that_reason() -> None:
    model_messages = assistant(REASONING, "42")
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    text = {"type": "text", "text": "42"}
    assert messages(model_messages, user("?"))[0]["content"] == [thinking, text]
    assert messages(model_messages, user("?"), name="ministral-8b-2512")[0]["content"] == "42"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_conversation_with_reasoning_can_continue(streamed: bool) -> None:
    with Simulator() as simulator:
        made = model(base_url=f"{simulator.url}/mistral/v1")
        simulator.queue((ReasoningPart("Hm, hm."), "Well."))
        response = made.stream("?").collect() if streamed else made.generate("?")
        made.generate([user("?"), response.message, user("And?")])
        sent = simulator.requests[-1]["messages"][1]["content"]
    assert response.reasoning == "Hm, hm."
    assert sent == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm, hm."}]},
        {"type": "text", "text": "Well."},
    ]


def test_references_are_citations() -> None:
    content = [
        {"type": "text", "text": "The prize went to Nihon Hidankyo"},
        {"type": "reference", "reference_ids": [0]},
        {"type": "text", "text": "."},
    ]
    body = {"choices": [{"message": {"role": "assistant", "content": content}}]}
    with Simulator() as simulator:
        simulator.queue(SimulatedResponse(body=(json.dumps(body).encode(),)))
        response = model(base_url=f"{simulator.url}/mistral/v1").generate("?")
    assert response.message.parts == (
        TextPart("The prize went to Nihon Hidankyo.", (Citation(source="0", start=0, end=32),)),
    )


def test_results_of_mistrals_tools_are_kept_and_not_sent_back() -> None:
    draw = {"id": "D681PevKs", "function": {"name": "generate_image", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "D681PevKs", "content": "https://acme.example/a.png"}
    model_messages = [
        {"role": "assistant", "content": "", "tool_calls": [draw]},
        result,
        {"role": "assistant", "content": "Here it is."},
    ]
    body = {"choices": [{"messages": model_messages, "finish_reason": "stop"}]}
    with Simulator() as simulator:
        simulator.queue(SimulatedResponse(body=(json.dumps(body).encode(),)))
        response = model(base_url=f"{simulator.url}/mistral/v1").generate(
            "Draw.", provider_options={"tools": [{"type": "image_generation"}]}
        )
    text, references = response.message.parts
    assert text == TextPart("Here it is.")
    assert isinstance(references, ProviderPart)
    assert references.signature.data["steps"][1] == result
    assert messages(user("Draw."), response.message, user("Thanks."))[1] == {
        "role": "assistant",
        "content": "Here it is.",
    }


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        pytest.param(
            401,
            {"detail": "Invalid API Key"},
            ErrorCode.AUTHENTICATION,
            "Invalid API Key",
            id="key",
        ),
        pytest.param(
            422,
            {"detail": [{"type": "missing", "loc": ["body", "model"], "msg": "Field required"}]},
            ErrorCode.INVALID_REQUEST,
            "body.model: Field required",
            id="a list of details",
        ),
        pytest.param(
            422,
            {
                "object": "error",
                "message": {"detail": [{"loc": ["body"], "msg": "Extra inputs"}]},
                "type": "invalid_request_error",
                "code": None,
            },
            ErrorCode.INVALID_REQUEST,
            "body: Extra inputs",
            id="details within the message",
        ),
        pytest.param(
            400,
            {"object": "error", "message": "Invalid model: x", "type": "invalid_model"},
            ErrorCode.MODEL_NOT_FOUND,
            "Invalid model: x",
            id="model",
        ),
        pytest.param(
            400,
            {
                "message": "Prompt contains 40960 tokens, too large for model with 32768 maximum "
                "context length",
                "type": "invalid_request_prompt",
                "code": "3051",
            },
            ErrorCode.CONTEXT_LENGTH_EXCEEDED,
            "Prompt contains",
            id="context",
        ),
        pytest.param(
            429,
            {
                "message": "Service tier capacity exceeded for this model.",
                "type": "service_tier_capacity_exceeded",
                "code": "3505",
            },
            ErrorCode.RATE_LIMITED,
            "capacity exceeded",
            id="capacity",
        ),
    ],
)
def test_failures_have_mistrals_formats(
    status: int, body: dict[str, Any], code: ErrorCode, words: str
) -> None:
    with Simulator() as simulator:
        simulator.queue(SimulatedResponse(status=status, body=(json.dumps(body).encode(),)))
        with pytest.raises(ChatModelError, match=words) as caught:
            model(base_url=f"{simulator.url}/mistral/v1").generate("?")
    assert (caught.value.code, caught.value.request_id) == (code, "req_1")


CARD: dict[str, Any] = {
    "id": "mistral-small-2603",
    "created": 1_700_000_000,
    "owned_by": "mistralai",
    "max_context_length": 262_144,
    "capabilities": {
        "completion_chat": True,
        "function_calling": True,
        "vision": True,
        "audio": False,
        "reasoning": True,
    },
    "deprecation": "2027-03-31T12:00:00Z",
}


def read(*cards: dict[str, Any]) -> Any:
    return read_models(json.dumps({"data": cards}).encode())


def test_models_are_listed_with_their_capabilities() -> None:
    (found,) = read(CARD)
    assert (found.context_window, found.deprecated) == (262_144, "2027-03-31")
    assert found.input_modalities == ("text", "image")
    assert {"tools", "vision", "reasoning", "structured_output"} <= set(found.capabilities)
    assert "audio_input" not in found.capabilities
    assert found.raw == CARD


def test_models_without_chat_have_no_capabilities() -> None:
    for reported in ({"vision": True}, None):
        (found,) = read({"id": "mistral-ocr-4", "capabilities": reported})
        assert (found.capabilities, found.input_modalities) == (frozenset(), ())
        assert found.deprecated is None


@pytest.mark.parametrize("listing", [b"{}", b"[]", b'{"data": [{}]}', b"<html>"])
def test_an_invalid_listing_is_an_error(listing: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="not a list of models"):
        read_models(listing)


def test_the_health_check_uses_the_model_listing() -> None:
    with Simulator() as simulator:
        assert model(base_url=f"{simulator.url}/mistral/v1").check_health().status == "healthy"
        assert simulator.exchanges[0].request.target == "/mistral/v1/models"


def test_known_models_are_described_and_all_others_accepted() -> None:
    known = PROVIDER.model_info("mistral-large-4-0")
    assert known.context_window == 1_000_000
    assert PROVIDER.model_info("mistral-99").context_window is None
    assert len({known.name for known in PROVIDER.metadata.models}) == len(PROVIDER.metadata.models)
