"""Decoding of whole responses."""

import base64
import json
from decimal import Decimal
from typing import Any

import pytest

from chatmodels.core import (
    AudioOutput,
    AudioPart,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    Citation,
    ErrorCode,
    ImagePart,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ResponseInvalidError,
    Settings,
    TextPart,
    TokenLogprob,
    ToolCall,
    Usage,
    user,
)
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import NO_REASON
from chatmodels.openai_compatible import Dialect, chat_completions_codec

CODEC = chat_completions_codec(Dialect(name="vendor"))
REQUEST = ChatRequest(messages=(user("Hello"),))


def read(
    message: dict[str, Any], /, request: ChatRequest = REQUEST, choice: object = None, **body: Any
) -> ChatResponse:
    more: dict[str, Any] = choice if isinstance(choice, dict) else {}
    choices = [{"index": 0, "message": message, "finish_reason": "stop", **more}]
    return CODEC.decode(json.dumps({"choices": choices, **body}).encode(), request)


def test_the_parts_are_in_the_order_of_the_event_indexes() -> None:
    response = read(
        {
            "content": "Hi",
            "refusal": "No",
            "reasoning_content": "Hm",
            "audio": {"id": "audio_1", "data": "", "expires_at": 5},
            "annotations": [{"type": "file", "file": {"hash": "h"}}],
            "tool_calls": [{"id": "c", "function": {"name": "now", "arguments": "{}"}}],
        }
    )
    assert response.message.parts == (
        ReasoningPart("Hm"),
        TextPart("Hi"),
        RefusalPart("No"),
        AudioPart(file_id="audio_1", media_type="audio/wav", expires_at=5),
        ProviderPart(
            ProviderState("vendor", {"annotations": [{"type": "file", "file": {"hash": "h"}}]})
        ),
        ToolCall("c", "now", "{}"),
    )


def test_the_payload_is_the_unchanged_body() -> None:
    response = CODEC.decode(b'{"choices":[{}], "system_fingerprint": "fp"}', REQUEST)
    assert response.raw == {"choices": [{}], "system_fingerprint": "fp"}


def test_missing_fields_stay_unknown() -> None:
    assert CODEC.decode(b'{"choices":[{}]}', REQUEST) == ChatResponse(
        message=read({}).message, finish_reason="other", warnings=(NO_REASON,)
    )


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param([{"type": "text", "text": "a"}, {"text": "b"}], (TextPart("ab"),), id="texts"),
        pytest.param(
            [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}],
            (ReasoningPart("Hm", ProviderState("vendor", {"type": "thinking"})),),
            id="Mistral's reasoning",
        ),
        pytest.param(
            [{"type": "thinking", "thinking": [], "signature": "s", "closed": True}],
            (ReasoningPart("", ProviderState("vendor", {"type": "thinking", "signature": "s"})),),
            id="Mistral's reasoning, hidden",
        ),
        pytest.param([{"type": "thinking", "thinking": []}], (), id="no reasoning"),
        pytest.param(
            [
                {"type": "text", "text": "The sky"},
                {"type": "text", "text": " is blue"},
                {"type": "reference", "reference_ids": [3, "b"]},
                {"type": "tool_reference", "tool": "web_search", "title": "Sky", "url": "u"},
                {"type": "text", "text": "."},
                {"type": "reference", "reference_ids": "odd"},
            ],
            (
                TextPart(
                    "The sky is blue.",
                    (
                        Citation(source="3", start=0, end=15),
                        Citation(source="b", start=0, end=15),
                        Citation(title="Sky", url="u", start=0, end=15),
                        Citation(start=15, end=16),
                    ),
                ),
            ),
            id="Mistral's references",
        ),
        pytest.param(
            [{"type": "file", "file_id": "f"}, {"type": "text", "text": "a"}],
            (
                TextPart("a"),
                ProviderPart(
                    ProviderState("vendor", {"content": [{"type": "file", "file_id": "f"}]})
                ),
            ),
            id="a part of another kind",
        ),
        pytest.param(
            [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}],
            (ReasoningPart("Hm"),),
            id="Databricks's reasoning",
        ),
        pytest.param([{"type": "refusal", "refusal": "No"}], (RefusalPart("No"),), id="a refusal"),
        pytest.param([{"type": "text", "text": None}, "odd", 5], (), id="nothing readable"),
        pytest.param(
            [{"type": "text", "text": [{"text": [{"text": "deep"}]}, {"text": "flat"}]}],
            (TextPart("flat"),),
            id="texts in texts, which might go on for ever",
        ),
    ],
)
def test_content_can_be_a_list_of_parts(content: list[Any], parts: tuple[object, ...]) -> None:
    assert read({"content": content}).message.parts == parts


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({"reasoning_content": "Hm"}, id="reasoning_content"),
        pytest.param({"reasoning": "Hm"}, id="reasoning"),
        pytest.param({"reasoning_text": "Hm"}, id="reasoning_text"),
        pytest.param({"reasoning": "Hm", "reasoning_content": "Hm"}, id="the same twice"),
    ],
)
def test_reasoning_has_several_names(message: dict[str, Any]) -> None:
    assert read(message).reasoning == "Hm"


def test_reasoning_details_are_stored_and_read() -> None:
    details = [{"type": "reasoning.summary", "summary": "Hm"}, {"type": "x", "data": "??"}]
    response = read({"reasoning_details": details})
    assert response.message.parts == (ReasoningPart("Hm", ProviderState("vendor", details)),)


def test_audio_is_decoded_in_the_requested_format() -> None:
    settings = Settings(audio_output=AudioOutput("alloy", "mp3"))
    request = ChatRequest(messages=(user("Say hi"),), settings=settings)
    audio = {"id": "a1", "data": base64.b64encode(b"hi").decode(), "transcript": "Hi"}
    assert read({"audio": audio}, request).message.parts == (
        AudioPart(data=b"hi", file_id="a1", media_type="audio/mpeg", transcript="Hi"),
    )


def test_an_audio_object_of_empty_values_is_ignored() -> None:
    audio = {"id": "", "data": "", "transcript": "", "expires_at": 0}
    assert read({"audio": audio}).message.parts == ()


def test_annotations_and_search_results_are_citations() -> None:
    annotation = {
        "type": "url_citation",
        "url_citation": {
            "url": "u1",
            "title": "t1",
            "content": "q",
            "start_index": 1,
            "end_index": 2,
        },
    }
    response = read(
        {"content": "Hi", "annotations": [annotation, {"url_citation": 5}, 6]},
        search_results=[{"url": "u2", "title": "t2", "snippet": "s"}, 7],
        citations=["u3"],
    )
    assert response.message.parts == (
        TextPart(
            "Hi",
            (
                Citation(url="u1", title="t1", quote="q", start=1, end=2),
                Citation(url="u2", title="t2", quote="s"),
            ),
        ),
    )


def test_citations_can_be_plain_urls() -> None:
    parts = read({"content": "Hi"}, citations=["u"]).message.parts
    assert parts == (TextPart("Hi", (Citation(url="u"),)),)


@pytest.mark.parametrize(
    ("word", "message", "reason"),
    [
        pytest.param("stop", {}, "stop", id="stop"),
        pytest.param("eos", {}, "stop", id="another word for it"),
        pytest.param("abort", {}, "error", id="the server gave up"),
        pytest.param("length", {"content": "Hi"}, "length", id="length"),
        pytest.param("model_length", {"content": "Hi"}, "length", id="Mistral's word for it"),
        pytest.param("model_context_window_exceeded", {}, "length", id="Z.ai's word for it"),
        pytest.param("brand_new", {}, "other", id="an unknown word"),
        pytest.param(None, {}, "other", id="no word"),
        pytest.param("stop", {"refusal": "No"}, "refusal", id="stop and a refusal"),
        pytest.param("stop", {"tool_calls": [{"id": "c"}]}, "tool_calls", id="stop and calls"),
        pytest.param("", {"tool_calls": [{"id": "c"}]}, "tool_calls", id="no word and calls"),
        pytest.param("length", {"tool_calls": [{"id": "c"}]}, "length", id="length and calls"),
    ],
)
def test_the_finish_reason_is_normalised(
    word: str | None, message: dict[str, Any], reason: str
) -> None:
    response = read(message, choice={"finish_reason": word})
    assert (response.finish_reason, response.raw_finish_reason) == (reason, word or None)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param(
            {"prompt_tokens": 1, "completion_tokens": 2},
            Usage(input_tokens=1, output_tokens=2, total_tokens=3),
            id="no total",
        ),
        pytest.param(
            {
                "prompt_tokens": 11,
                "completion_tokens": 15,
                "total_tokens": 401,
                "prompt_tokens_details": {"audio_tokens": 375, "cached_tokens": 9},
            },
            Usage(
                input_tokens=386,
                output_tokens=15,
                total_tokens=401,
                cached_input_tokens=9,
                input_audio_tokens=375,
            ),
            id="sound beside the prompt",
        ),
        pytest.param(
            {"prompt_tokens": "1", "total_tokens": 9},
            Usage(input_tokens=1, total_tokens=9),
            id="a number as text, and none",
        ),
        pytest.param(
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "total_tokens": 22,
                "completion_tokens_details": {"reasoning_tokens": 7},
            },
            Usage(input_tokens=10, output_tokens=12, total_tokens=22, reasoning_tokens=7),
            id="reasoning beside the completion",
        ),
        pytest.param(
            {
                "prompt_tokens_details": {
                    "cached_tokens": 3,
                    "cache_write_tokens": 4,
                    "audio_tokens": 5,
                },
                "completion_tokens_details": {
                    "audio_tokens": 6,
                    "accepted_prediction_tokens": 7,
                    "rejected_prediction_tokens": 8,
                },
            },
            Usage(
                cached_input_tokens=3,
                cache_write_tokens=4,
                input_audio_tokens=5,
                output_audio_tokens=6,
                accepted_prediction_tokens=7,
                rejected_prediction_tokens=8,
            ),
            id="details",
        ),
        pytest.param(
            {"prompt_cache_hit_tokens": 3, "reasoning_tokens": 2, "cache_creation_input_tokens": 1},
            Usage(cached_input_tokens=3, reasoning_tokens=2, cache_write_tokens=1),
            id="other vendors' names",
        ),
        pytest.param(
            {"prompt_tokens": 1, "cost": 0.95, "cost_details": {"upstream_inference_cost": None}},
            Usage(input_tokens=1, reported_cost=Decimal("0.95")),
            id="OpenRouter's cost",
        ),
        pytest.param(
            {"cost": 0.05, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.95}},
            Usage(reported_cost=Decimal("1.00")),
            id="OpenRouter's cost with a key of the caller",
        ),
        pytest.param(
            {"cost": 0.05, "is_byok": True},
            Usage(reported_cost=Decimal("0.05")),
            id="the same without details",
        ),
        pytest.param(
            {"cost_in_usd_ticks": 37_756_000},
            Usage(reported_cost=Decimal("0.0037756")),
            id="xAI's cost",
        ),
        pytest.param(
            {"cost": {"currency": "USD", "total_cost": 0.25}},
            Usage(reported_cost=Decimal("0.25")),
            id="Perplexity's cost",
        ),
        pytest.param(
            {"prompt_tokens": 1, "cost": {"currency": "EUR", "total_cost": 0.25}},
            Usage(input_tokens=1),
            id="a cost in another currency",
        ),
        *[
            pytest.param({"prompt_tokens": 1, "cost": cost}, Usage(input_tokens=1), id=f"{cost!r}")
            for cost in ("free", -1, True, [], {})
        ],
    ],
)
def test_usage_is_read(usage: dict[str, Any], expected: Usage) -> None:
    assert read({}, usage=usage).usage == expected


def test_the_tier_can_be_in_the_usage() -> None:
    assert read({}, usage={"service_tier": "priority"}).service_tier == "priority"
    assert read({}, usage={"service_tier": 5}, service_tier="flex").service_tier == "flex"


def test_usage_can_be_in_an_extension() -> None:
    assert read({}, x_groq={"usage": {"prompt_tokens": 1}}).usage == Usage(input_tokens=1)
    assert read({}, x_groq="odd").usage == Usage()


def test_logprobs_are_read() -> None:
    top = [{"token": "Hi", "logprob": -0.1}, {"token": "Ho", "logprob": -2}]
    logprobs = {"content": [{"token": "Hi", "logprob": -0.1, "top_logprobs": top}]}
    tops = TokenLogprob("Hi", -0.1), TokenLogprob("Ho", -2)
    assert read({}, choice={"logprobs": logprobs}).logprobs == (TokenLogprob("Hi", -0.1, tops),)
    assert read({}, choice={"logprobs": {"content": None}}).logprobs == ()


def test_invalid_metadata_never_discards_a_response() -> None:
    response = read(
        {"content": "Hi", "audio": {"id": "a", "data": "abc"}},
        choice={"logprobs": [5]},
        usage={"prompt_tokens": "many"},
    )
    assert response.text == "Hi"
    assert response.usage == Usage()
    assert [warning.split(" omitted")[0] for warning in response.warnings] == [
        "audio was",
        "the log probabilities were",
        "the usage was",
    ]


def test_the_service_tier_is_read() -> None:
    assert read({}, service_tier="flex").service_tier == "flex"
    assert read({}, service_tier="").service_tier is None


def test_ids_can_be_numbers_and_metadata_anything() -> None:
    call = {"id": 0, "function": {"name": "now", "arguments": "{}"}}
    message = {"tool_calls": [call], "annotations": "odd", "reasoning_details": 5}
    response = read(message, id=7, created="2026", service_tier=1, usage=[])
    assert (response.id, response.tool_calls) == ("7", (ToolCall("0", "now", "{}"),))
    assert response.service_tier is None
    assert len(response.warnings) == 1


def test_the_first_of_several_choices_is_the_response() -> None:
    other = {"index": 1, "message": {"content": "other"}}
    body = {"choices": [other, {"index": 0, "message": {"content": "first"}}]}
    assert CODEC.decode(json.dumps(body).encode(), REQUEST).text == "first"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b'{"choices": []}', "without a choice", id="no choices"),
        pytest.param(b'{"id": "x"}', "without a choice", id="choices missing"),
        pytest.param(b'{"choices": [{"index": 1}]}', "without a choice", id="only another choice"),
        pytest.param(b"<html>Bad gateway</html>", "not a chat completion", id="a web page"),
        pytest.param(b"", "not a chat completion", id="nothing"),
        pytest.param(b"[" * 100_000, "not a chat completion", id="too deep"),
        pytest.param(b'{"id": "\xff"}', "not a chat completion", id="no UTF-8"),
        pytest.param(b'{"choices": 5}', "not a chat completion", id="another type"),
    ],
)
def test_a_body_that_is_not_a_chat_completion_is_an_error(body: bytes, words: str) -> None:
    with pytest.raises(ResponseInvalidError, match=words) as caught:
        CODEC.decode(body, REQUEST)
    assert str(caught.value).startswith("vendor ")


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        pytest.param(
            {"error": "overloaded"}, ErrorCode.PROVIDER_UNAVAILABLE, "overloaded", id="text"
        ),
        pytest.param(
            {"error": {"message": "slow down", "code": 429}, "choices": []},
            ErrorCode.RATE_LIMITED,
            "slow down",
            id="an object with a status",
        ),
        pytest.param(
            {"detail": "gone", "choices": None}, ErrorCode.PROVIDER_UNAVAILABLE, "gone", id="detail"
        ),
        pytest.param(
            {"message": "no key", "code": 401}, ErrorCode.AUTHENTICATION, "no key", id="flat"
        ),
        pytest.param(
            {"error": {"message": "long", "code": "context_length_exceeded"}, "choices": "?"},
            ErrorCode.CONTEXT_LENGTH_EXCEEDED,
            "long",
            id="beside nonsense",
        ),
        pytest.param(
            {
                "choices": [
                    {"error": {"message": "upstream", "code": 502}, "finish_reason": "error"}
                ]
            },
            ErrorCode.PROVIDER_UNAVAILABLE,
            "upstream",
            id="in a choice",
        ),
    ],
)
def test_an_error_inside_a_success_is_an_error(
    body: dict[str, Any], code: ErrorCode, words: str
) -> None:
    with pytest.raises(ChatModelError, match=words) as caught:
        CODEC.decode(json.dumps(body).encode(), REQUEST)
    assert caught.value.code is code


def test_a_response_that_mentions_an_error_is_a_response() -> None:
    assert read({"content": "Hi"}, error=None, message="fine").text == "Hi"


def test_a_body_without_choices_is_an_error() -> None:
    with pytest.raises(ResponseInvalidError, match="without a choice"):
        CODEC.decode(b'{"id": "r1", "note": "\xff"}', REQUEST)


STEPS = [
    {
        "role": "assistant",
        "content": "One moment.",
        "tool_calls": [
            {
                "id": "a",
                "function": {"name": "draw", "arguments": "{}"},
                "metadata": {"type": "image"},
            },
            {"id": "b", "metadata": {}},
        ],
    },
    {"role": "tool", "tool_call_id": "a", "content": "https://acme.example/a.png"},
    {
        "role": "assistant",
        "content": [{"type": "text", "text": " Here."}],
        "tool_calls": [{"id": "c", "function": {"name": "now", "arguments": "{}"}}],
    },
    {"role": "assistant"},
]


def test_a_response_can_be_several_messages_with_the_vendors_own_tools_between() -> None:
    body = {"choices": [{"messages": STEPS, "finish_reason": "tool_calls"}]}
    response = CODEC.decode(json.dumps(body).encode(), REQUEST)
    draw = {"name": "draw", "arguments": "{}"}
    assert response.message.parts == (
        TextPart("One moment. Here."),
        ProviderPart(
            ProviderState(
                "vendor",
                {
                    "steps": [
                        {"id": "a", "function": draw, "metadata": {"type": "image"}},
                        {"id": "b", "function": None, "metadata": {}},
                        {
                            "role": "tool",
                            "tool_call_id": "a",
                            "content": "https://acme.example/a.png",
                        },
                    ]
                },
            )
        ),
        ToolCall("c", "now", "{}"),
    )


def test_a_call_that_the_vendor_has_run_is_not_for_the_caller() -> None:
    call = {"id": "a", "function": {"name": "draw", "arguments": "{}"}}
    messages = [{"tool_calls": [call]}, {"tool_call_id": "a", "content": "done"}]
    body = {"choices": [{"messages": messages}]}
    assert CODEC.decode(json.dumps(body).encode(), REQUEST).tool_calls == ()


def test_unreadable_messages_cause_a_warning() -> None:
    response = CODEC.decode(b'{"choices": [{"messages": 5}]}', REQUEST)
    assert "the messages were omitted" in response.warnings[0]


@pytest.mark.parametrize(
    ("image", "part"),
    [
        pytest.param(
            {"image_url": {"url": "https://draw.example/1"}},
            ImagePart(url="https://draw.example/1"),
            id="an address",
        ),
        pytest.param(
            {"image_url": "data:;base64,AAA="},
            ImagePart(data=b"\0\0", media_type="image/png"),
            id="an address without an object or a type",
        ),
    ],
)
def test_an_image_beside_the_text_is_a_part(image: Any, part: ImagePart) -> None:
    assert read({"content": "Here.", "images": [image]}).message.parts == (TextPart("Here."), part)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param({"type": "image_url"}, id="no URL"),
        pytest.param({"image_url": {"url": "data:image/png;base64,A"}}, id="not base64"),
    ],
)
def test_an_unreadable_image_causes_a_warning(image: Any) -> None:
    response = read({"content": "Here.", "images": [image]})
    assert response.text == "Here."
    assert len(response.warnings) == 1


def test_the_content_of_a_message_among_several_can_be_an_object() -> None:
    body = {"choices": [{"messages": [{"content": {"n": 1}}, {}], "finish_reason": "stop"}]}
    assert CODEC.decode(json.dumps(body).encode(), REQUEST).text == '{"n":1}'


def test_the_state_of_gemini_stays_with_a_custom_call() -> None:
    call = {"id": "c", "custom": {"name": "sql"}, "extra_content": {"google": 1}}
    (found,) = read({"tool_calls": [call]}).tool_calls
    state = {"extra_content": {"google": 1}, "type": "custom"}
    assert found == ToolCall("c", "sql", '{"input":""}', ProviderState("vendor", state))


def test_an_empty_source_is_not_cited() -> None:
    tools = [{}, {"search_results": {}}]
    response = read({"content": "Yes.", "executed_tools": tools}, citations=[1])
    (text, other) = response.message.parts
    assert (text, other.type) == (TextPart("Yes."), "provider")
