"""Conversations are encoded as turns and documents."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
    UnsupportedError,
    assistant,
    system,
    tool_result,
    user,
)
from chatmodels.core._calls.negotiation import negotiate
from chatmodels.core.extending import ProviderState
from chatmodels.providers.cohere._codec import CODEC

SEEING, BLIND = "command-a-plus-05-2026", "command-a-03-2025"
PIXEL = ImagePart(data=b"png", media_type="image/png")
PAGE = ImagePart(url="https://example.com/cat.png", detail="original")
FACTS = FilePart(data=b'{"city": "Oslo"}', media_type="application/json", name="facts")
REASONING = ProviderState("cohere", {"type": "thinking"})
PLAN = ProviderState("cohere", {"type": "tool_plan"})


def turns(*messages: Message, model: str = SEEING) -> list[dict[str, Any]]:
    request, _ = negotiate(ChatRequest(messages=messages), CODEC.profile(model), provider="cohere")
    return json.loads(CODEC.encode(model, request, stream=False).body)["messages"]


def test_single_texts_are_strings_and_other_content_is_blocks() -> None:
    assert turns(system("Be brief."), user("What", PIXEL, PAGE)) == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}},
                {
                    "type": "image_url",
                    "image_url": {"url": "https://example.com/cat.png", "detail": "high"},
                },
            ],
        },
    ]


def test_thinking_and_plans_are_sent_back() -> None:
    call = ToolCall("1", "weather", '{"city": "Oslo"}')
    assistant_message = assistant(
        ReasoningPart("I will look.", PLAN),
        ReasoningPart("Hm.", REASONING),
        ReasoningPart("Another vendor's."),
        "Look:",
        call,
    )

    assert turns(assistant_message) == [
        {
            "role": "assistant",
            "tool_plan": "I will look.",
            "content": [
                {"type": "thinking", "thinking": "Hm."},
                {"type": "text", "text": "Look:"},
            ],
            "tool_calls": [
                {
                    "id": "1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("written", "sent"),
    [("", "{}"), ('{"a": 1', '{"invalid_json":"{\\"a\\": 1"}')],
    ids=["none", "cut off"],
)
def test_arguments_are_an_object_whatever_was_written(written: str, sent: str) -> None:
    (turn,) = turns(assistant(ToolCall("1", "weather", written)))

    assert turn["tool_calls"][0]["function"]["arguments"] == sent


def test_results_are_turns_with_documents_and_errors() -> None:
    call = ToolCall("1", "weather")
    results = (
        tool_result(call, "7 C"),
        tool_result(call, "See:", FACTS),
        tool_result(call, "no such city", is_error=True),
        tool_result(call),
    )

    assert [turn["content"] for turn in turns(*results)] == [
        "7 C",
        [
            {"type": "text", "text": "See:"},
            {"type": "document", "document": {"id": "facts", "data": {"city": "Oslo"}}},
        ],
        [{"type": "document", "document": {"data": {"error": "no such city"}}}],
        "",
    ]


def test_user_content_with_a_result_follows_it() -> None:
    both = Message("user", (TextPart("And?"), ToolResult("1", (TextPart("7 C"),))))

    assert turns(both) == [
        {"role": "tool", "tool_call_id": "1", "content": "7 C"},
        {"role": "user", "content": "And?"},
    ]


def test_media_of_tools_go_to_the_next_turn_of_the_user() -> None:
    result, shown = turns(tool_result("1", PIXEL))

    assert result["content"] == "The result is in the next message."
    assert shown["content"][1]["type"] == "image_url"


def test_refusals_are_texts_and_empty_turns_are_left_out() -> None:
    assert turns(assistant(RefusalPart("No.")), assistant(ReasoningPart("?")), assistant("")) == [
        {"role": "assistant", "content": "No."}
    ]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        ('{"city": "Würzburg"}'.encode(), "application/json; charset=utf-8"),
        ('{"city": "Würzburg"}'.encode("latin-1"), "Application/JSON; charset=latin-1"),
    ],
)
def test_json_is_fields_in_its_charset(data: bytes, media_type: str) -> None:
    file = FilePart(data=data, media_type=media_type)
    request, _ = negotiate(
        ChatRequest(messages=(user("?", file),)), CODEC.profile(BLIND), provider="cohere"
    )
    body = json.loads(CODEC.encode(BLIND, request, stream=False).body)
    assert body["documents"] == [{"data": {"city": "Würzburg"}}]


def test_own_provider_parts_add_fields_and_others_are_left_out() -> None:
    own = ProviderPart(ProviderState("cohere", {"citations": []}))
    other = ProviderPart(ProviderState("acme", {"x": 1}))

    assert turns(user("?", own, other, ReasoningPart("!")), assistant("!", own, other)) == [
        {"role": "user", "content": "?", "citations": []},
        {"role": "assistant", "content": "!", "citations": []},
    ]


@pytest.mark.parametrize(
    ("data", "fields"),
    [(b"[1]", {"text": "[1]"}), (b"{", {"text": "{"})],
)
def test_json_that_is_not_an_object_is_text(data: bytes, fields: dict[str, str]) -> None:
    request = ChatRequest(messages=(user("?", FilePart(data=data, media_type="application/json")),))
    body = json.loads(CODEC.encode(BLIND, request, stream=False).body)

    assert body["documents"] == [{"data": fields}]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (
            user(AudioPart(data=b"x", media_type="audio/wav")),
            "audio of type audio/wav in a user message",
        ),
        (user(FilePart(data=b"x", media_type="application/pdf")), "a file of type application/pdf"),
        (user(FilePart(url="https://example.com")), "a file by URL in a user message"),
        (user(ImagePart(file_id="f")), "an image by file id in a user message"),
        (user(ImagePart(data=b"x", media_type="image/tiff")), "an image of type image/tiff"),
        (user(ToolCall("1", "f")), "a tool call in a message of role 'user'"),
        (system(PIXEL), "an image of type image/png in a system message"),
        (system(ToolResult("1")), "a tool result in a message of role 'system'"),
        (Message("tool", (TextPart("?"),)), "text in a message of role 'tool'"),
        (assistant(ToolResult("1")), "a tool result in a message of role 'assistant'"),
        (
            tool_result("1", AudioPart(data=b"x", media_type="audio/wav")),
            "audio of type audio/wav in the result of the tool '1'",
        ),
        (
            tool_result("1", FilePart(data=b"x", media_type="application/pdf")),
            "a file of type application/pdf in the result of the tool '1'",
        ),
    ],
)
def test_unsupported_content_is_refused(message: Message, problem: str) -> None:
    with pytest.raises(UnsupportedError, match=problem):
        turns(message)


def test_a_model_that_does_not_see_refuses_images() -> None:
    with pytest.raises(UnsupportedError, match="an image of type image/png in a user message"):
        turns(user("?", PIXEL), model=BLIND)


def test_a_document_is_sent_in_its_charset_or_refused() -> None:
    latin = FilePart(data=b"Caf\xe9", media_type="text/plain; charset=latin-1")
    request = ChatRequest(messages=(user("?", latin),))
    sent = json.loads(CODEC.encode(SEEING, request, stream=False).body)
    assert sent["documents"] == [{"data": {"text": "Café"}}]
    with pytest.raises(UnsupportedError, match="not UTF-8"):
        turns(user("?", FilePart(data=b"Caf\xe9", media_type="text/plain")))


def test_media_that_were_not_negotiated_are_refused_in_results() -> None:
    request = ChatRequest(messages=(tool_result("1", PIXEL),))
    with pytest.raises(UnsupportedError, match="an image in a tool result"):
        CODEC.encode(SEEING, request, stream=False)
