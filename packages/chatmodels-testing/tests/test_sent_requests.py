"""Requests are described as their vendor reads them."""

from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolChoice,
    ToolResult,
)
from chatmodels.core.extending import OutputSchema
from chatmodels.testing._sent import anthropic, bedrock, chat, cohere, gemini, ollama, responses
from chatmodels.testing._sent.media import decoded
from chatmodels.testing._sent.sent_request import SentRequest

PNG = ImagePart(data=b"png", media_type="image/png")


def content_of(sent: SentRequest) -> list[Part]:
    return list(sent.parts)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}},
            PNG,
        ),
        ({"type": "image_url", "image_url": "https://x/a.png"}, ImagePart(url="https://x/a.png")),
        (
            {"type": "input_audio", "input_audio": {"data": "cG5n", "format": "wav"}},
            AudioPart(data=b"png", media_type="audio/*"),
        ),
        ({"type": "input_audio", "input_audio": "https://x/a"}, AudioPart(url="https://x/a")),
        (
            {"type": "video_url", "video_url": {"url": "https://x/a.mp4"}},
            FilePart(url="https://x/a.mp4"),
        ),
        (
            {"type": "document_url", "document_url": "https://x/a.pdf", "document_name": "a.pdf"},
            FilePart(url="https://x/a.pdf", name="a.pdf"),
        ),
        ({"type": "file", "file": {"file_id": "f-1"}}, FilePart(file_id="f-1")),
        (
            {
                "type": "file",
                "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,cG5n"},
            },
            FilePart(data=b"png", media_type="text/plain", name="a.txt"),
        ),
        ({"type": "thinking", "thinking": [{"text": "So."}]}, ReasoningPart("So.")),
    ],
)
def test_parts_of_chat_completions_are_described(part: dict[str, Any], expected: Part) -> None:
    unknown = {"type": "unknown"}
    sent = chat.describe({"messages": [{"role": "user", "content": [part, unknown]}]})

    assert content_of(sent) == [expected]


def test_fields_of_an_assistant_message_are_described() -> None:
    message = {
        "role": "assistant",
        "content": None,
        "refusal": "No.",
        "reasoning": "One.",
        "thinking_blocks": [{"thinking": "Two."}],
        "reasoning_details": [{"text": "Three."}],
    }
    sent = chat.describe({"messages": [message]})

    assert content_of(sent) == [
        ReasoningPart("One."),
        ReasoningPart("Three."),
        ReasoningPart("Two."),
        RefusalPart("No."),
    ]


@pytest.mark.parametrize(
    ("format_", "expected"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, OutputSchema("", None, strict=False)),
        (
            {"type": "json_object", "schema": {"type": "object"}},
            OutputSchema("", {"type": "object"}, strict=False),
        ),
    ],
)
def test_output_formats_are_described(format_: dict[str, Any], expected: Any) -> None:
    assert chat.describe({"messages": [], "response_format": format_}).output == expected


@pytest.mark.parametrize("text", ["not base64!", "ä"])
def test_invalid_base64_has_no_bytes(text: str) -> None:
    assert decoded(text) == b""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"type": "url", "url": "https://x/a"}, ImagePart(url="https://x/a")),
        ({"type": "file", "file_id": "f-1"}, ImagePart(file_id="f-1")),
        (
            {"type": "text", "media_type": "text/plain", "data": "png"},
            ImagePart(data=b"png", media_type="text/plain"),
        ),
    ],
)
def test_media_of_anthropic_are_described(source: dict[str, Any], expected: Part) -> None:
    blocks = [{"type": "image", "source": source}, {"type": "server_tool_use"}]
    sent = anthropic.describe({"messages": [{"role": "user", "content": blocks}]})

    assert content_of(sent) == [expected]


def test_instructions_and_items_of_responses_are_described() -> None:
    content = [
        {"type": "refusal", "refusal": "No."},
        {"type": "input_image", "file_id": "f-1"},
        {"type": "input_file", "file_url": "https://x/a"},
    ]
    items = [{"role": "user", "content": content}, {"type": "web_search_call"}]
    sent = responses.describe({"instructions": "Be brief.", "input": items})

    assert sent.messages == (
        Message("system", (TextPart("Be brief."),)),
        Message(
            "user",
            (RefusalPart("No."), ImagePart(file_id="f-1"), FilePart(url="https://x/a")),
        ),
    )
    assert responses.describe({"input": "Hello"}).parts == (TextPart("Hello"),)
    assert responses.describe({"input": "?", "text": {"format": {"type": "text"}}}).output is None


def test_files_and_errors_of_gemini_are_described() -> None:
    parts = [
        {"fileData": {"fileUri": "https://x/a"}},
        {"thought": True, "text": "So."},
        {"functionResponse": {"name": "f", "response": {"error": "down"}}},
        {"executableCode": {}},
    ]
    sent = gemini.describe({"contents": [{"role": "model", "parts": parts}]})

    assert content_of(sent) == [
        ToolResult("", (TextPart("down"),), "f", is_error=True),
        FilePart(url="https://x/a"),
        ReasoningPart("So."),
    ]


def test_a_result_of_gemini_without_output_is_described_as_json() -> None:
    result = {"name": "f", "response": {"height": 3}}
    contents = [{"role": "user", "parts": [{"functionResponse": result}]}]

    assert content_of(gemini.describe({"contents": contents})) == [
        ToolResult("", (TextPart('{"height":3}'),), "f")
    ]


def test_plans_and_documents_of_cohere_are_described() -> None:
    body = {
        "messages": [
            {"role": "assistant", "tool_plan": "Look.", "content": None},
            {
                "role": "tool",
                "tool_call_id": "c",
                "content": [{"type": "document", "document": {"data": {"error": "down"}}}],
            },
        ],
        "documents": ["one", {"data": {"text": "two"}}],
        "response_format": {"type": "text"},
    }
    sent = cohere.describe(body)

    assert content_of(sent) == [
        ReasoningPart("Look."),
        ToolResult("c", (TextPart('{"error":"down"}'),), is_error=True),
        FilePart(data=b"one", media_type="text/plain"),
        FilePart(data=b'{"text":"two"}', media_type="text/plain"),
    ]
    assert sent.output is None


def test_content_of_cohere_is_described() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x/a", "detail": "low"}}
    content = [{"type": "thinking", "thinking": "So."}, image]

    assert content_of(cohere.describe({"messages": [{"role": "user", "content": content}]})) == [
        ReasoningPart("So."),
        ImagePart(url="https://x/a", detail="low"),
    ]


def test_messages_of_ollama_are_described() -> None:
    body = {
        "messages": [{"role": "assistant", "content": "", "thinking": "So.", "images": ["cG5n"]}],
        "format": "json",
    }
    sent = ollama.describe(body)

    assert content_of(sent) == [ReasoningPart("So."), ImagePart(data=b"png", media_type="image/*")]
    assert sent.output == OutputSchema("output", None)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        ({"auto": {}}, ToolChoice("auto")),
        ({"any": {}}, ToolChoice("required")),
        ({"tool": {"name": "f"}}, ToolChoice("tool", "f")),
    ],
)
def test_tool_choices_of_bedrock_are_described(choice: Any, expected: Any) -> None:
    body = {"messages": [], "toolConfig": {"tools": [{"cachePoint": {}}], "toolChoice": choice}}

    assert bedrock.describe(body).tool_choice == expected
