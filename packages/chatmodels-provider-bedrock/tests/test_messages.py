"""Conversations are encoded as turns: texts, media, tool results, content of other vendors."""

import base64
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
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
    create_chat_model,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import ProviderState
from chatmodels.providers.bedrock import part_options

CLAUDE = "us.anthropic.claude-sonnet-4-6"
NOVA = "us.amazon.nova-2-lite-v1:0"
DATA = base64.b64encode(b"data").decode()
CITED = {"citations": [{"title": "Report"}]}


def body(*messages: Message, model: str = CLAUDE) -> dict[str, Any]:
    made = create_chat_model(f"bedrock:{model}", api_key="k", region="us-east-1")
    found: dict[str, Any] = made.explain(messages).body
    return found


def blocks(*messages: Message, model: str = CLAUDE) -> list[Any]:
    return body(*messages, model=model)["messages"][-1]["content"]


def problem(*messages: Message) -> str:
    with pytest.raises(UnsupportedError) as caught:
        body(*messages)
    return str(caught.value)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            ImagePart(data=b"data", media_type="image/png"),
            {"image": {"format": "png", "source": {"bytes": DATA}}},
        ),
        (
            ImagePart(url="s3://bucket/cat.jpg"),
            {"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/cat.jpg"}}}},
        ),
        (
            AudioPart(data=b"data", media_type="audio/x-wav"),
            {"audio": {"format": "wav", "source": {"bytes": DATA}}},
        ),
        (
            FilePart(data=b"data", media_type="video/quicktime"),
            {"video": {"format": "mov", "source": {"bytes": DATA}}},
        ),
        (
            FilePart(url="s3://bucket/film.3gp"),
            {
                "video": {
                    "format": "three_gp",
                    "source": {"s3Location": {"uri": "s3://bucket/film.3gp"}},
                }
            },
        ),
        (
            FilePart(data=b"data", media_type="image/webp"),
            {"image": {"format": "webp", "source": {"bytes": DATA}}},
        ),
        (
            FilePart(data=b"data", media_type="application/pdf", name="a/Re_port  2.pdf"),
            {"document": {"format": "pdf", "source": {"bytes": DATA}, "name": "Re port 2"}},
        ),
        (
            FilePart(data=b"data", media_type="text/x-python; charset=utf-8"),
            {"document": {"format": "txt", "source": {"bytes": DATA}, "name": "Document"}},
        ),
        (
            FilePart(url="s3://bucket/notes.markdown", name="notes"),
            {
                "document": {
                    "format": "md",
                    "source": {"s3Location": {"uri": "s3://bucket/notes.markdown"}},
                    "name": "notes",
                }
            },
        ),
    ],
    ids=[
        "image",
        "image in S3",
        "audio",
        "video",
        "video in S3",
        "image file",
        "document",
        "text",
        "document in S3",
    ],
)
def test_media_become_blocks(part: Any, expected: Any) -> None:
    assert blocks(user("Look", part))[1:] == [expected]


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (
            ImagePart(url="https://x.example/cat.png"),
            "an image by URL in a user message (message 0) (supported: s3://)",
        ),
        (
            ImagePart(file_id="f1"),
            "an image by file id in a user message (message 0) (supported: as bytes, by URL)",
        ),
        (
            ImagePart(data=b"x", media_type="image/tiff"),
            "an image of type image/tiff in a user message (message 0) (supported: image/png, ",
        ),
        (
            FilePart(data=b"x", media_type="application/zip"),
            "a file of type application/zip in a user message (message 0)",
        ),
        (
            FilePart(data=b"x", media_type="video/x-odd"),
            "a video of type video/x-odd in a user message (message 0)",
        ),
        (
            AudioPart(data=b"x", media_type="audio/midi"),
            "audio of type audio/midi in a user message (message 0)",
        ),
        (FilePart(url="s3://bucket/what"), "a file by URL in a user message (message 0)"),
    ],
)
def test_unsupported_media_are_refused(part: Any, why: str) -> None:
    assert why in problem(user("Look", part))


def test_documents_with_equal_names_get_unique_names() -> None:
    report = FilePart(data=b"data", media_type="application/pdf", name="report.pdf")
    found = [block["document"]["name"] for block in blocks(user(report, report, report))]
    assert found == ["report", "report 2", "report 3"]


def test_results_of_tools_may_hold_media_and_errors() -> None:
    image = ImagePart(data=b"data", media_type="image/png")
    encoded = body(
        user("?"),
        assistant(ToolCall("c:1", "look", '{"a": 1}'), ToolCall("c/2", "look", "{")),
        tool_result("c:1", "See:", image),
        tool_result("c/2", "It is dark.", is_error=True),
    )
    _, assistant_turn, results = encoded["messages"]
    assert assistant_turn["content"] == [
        {"toolUse": {"toolUseId": "c:1", "name": "look", "input": {"a": 1}}},
        {"toolUse": {"toolUseId": "c_2_6f1bc586", "name": "look", "input": {"invalid_json": "{"}}},
    ]
    assert results["content"] == [
        {
            "toolResult": {
                "toolUseId": "c:1",
                "content": [
                    {"text": "See:"},
                    {"image": {"format": "png", "source": {"bytes": DATA}}},
                ],
            }
        },
        {
            "toolResult": {
                "toolUseId": "c_2_6f1bc586",
                "content": [{"text": "It is dark."}],
                "status": "error",
            }
        },
    ]


def test_audio_in_a_result_is_sent_as_a_user_message_or_refused() -> None:
    call = assistant(ToolCall("c1", "hear"))
    audio = AudioPart(data=b"data", media_type="audio/wav")
    _, _, turn = body(user("?"), call, tool_result("c1", audio))["messages"]
    assert turn["content"][-1] == {"audio": {"format": "wav", "source": {"bytes": DATA}}}
    odd = AudioPart(data=b"data", media_type="audio/midi")
    refused = problem(user("?"), call, tool_result("c1", odd))
    assert "audio of type audio/midi in the result of the tool 'c1' (message 2)" in refused


def test_an_empty_result_is_sent_as_empty() -> None:
    call = assistant(ToolCall("c1", "look"), ToolCall("c2", "look"))
    image = ImagePart(data=b"data", media_type="image/png")
    results = [tool_result("c1", " "), tool_result("c2", "", image)]
    _, _, turn = body(user("?"), call, *results)["messages"]
    first, second = (block["toolResult"]["content"] for block in turn["content"])
    assert first == [{"text": "(empty)"}]
    assert second == [{"image": {"format": "png", "source": {"bytes": DATA}}}]


def test_an_id_that_is_too_long_is_cut() -> None:
    call = ToolCall("x" * 100, "look")
    _, assistant_turn, result = body(user("?"), assistant(call), tool_result(call, "."))["messages"]
    assert assistant_turn["content"][0]["toolUse"]["toolUseId"] == "x" * 55 + "_5e0e5d8f"
    assert result["content"][0]["toolResult"]["toolUseId"] == "x" * 55 + "_5e0e5d8f"


SIGNED = ReasoningPart("Hm.", ProviderState("bedrock", {"signature": "s"}))
REDACTED = ReasoningPart("", ProviderState("bedrock", {"redactedContent": "cg=="}))
FOREIGN = ReasoningPart("Hm.", ProviderState("anthropic", {"signature": "s"}))


def test_thinking_is_sent_back_only_to_the_signing_family() -> None:
    cited = TextPart("Yes.", (), ProviderState("bedrock", CITED))
    assistant_turn = assistant(SIGNED, REDACTED, FOREIGN, ReasoningPart("Loud."), cited)
    assert blocks(user("?"), assistant_turn) == [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
        {"reasoningContent": {"redactedContent": "cg=="}},
        {"citationsContent": {"content": [{"text": "Yes."}], **CITED}},
    ]
    assert blocks(user("?"), assistant_turn, model=NOVA) == [{"text": "Yes."}]


def test_content_of_other_vendors_is_left_out() -> None:
    foreign = ProviderPart(ProviderState("openai", {"type": "web_search_call"}))
    turns = body(user("?"), assistant(foreign, FOREIGN, TextPart(" ")), user("!"))["messages"]
    assert turns == [{"role": "user", "content": [{"text": "?"}, {"text": "!"}]}]


def test_refusals_and_audio_of_the_model_are_sent_as_text() -> None:
    spoken = AudioPart(data=b"x", media_type="audio/wav", transcript="Yes.")
    assert blocks(user("?"), assistant(RefusalPart("No."), RefusalPart(" "), spoken)) == [
        {"text": "No."},
        {"text": "Yes."},
    ]


def test_options_are_joined_with_the_block_before_or_blocks_of_their_own() -> None:
    report = FilePart(data=b"data", media_type="application/pdf")
    cache = part_options(cachePoint={"type": "default"})
    encoded = body(
        system("Long.", cache),
        user(report, part_options(document={"citations": {"enabled": True}}), cache, "?"),
    )
    assert encoded["system"] == [{"text": "Long."}, {"cachePoint": {"type": "default"}}]
    document, point, _ = encoded["messages"][0]["content"]
    assert document["document"]["citations"] == {"enabled": True}
    assert document["document"]["format"] == "pdf"
    assert point == {"cachePoint": {"type": "default"}}


def test_blocks_of_one_kind_are_not_merged() -> None:
    used = [
        {
            "toolUse": {
                "type": "server_tool_use",
                "toolUseId": f"s{number}",
                "name": "nova_grounding",
            }
        }
        for number in range(2)
    ]
    assistant_turn = assistant("Look.", *(part_options(**block) for block in used))
    assert blocks(user("?"), assistant_turn)[1:] == used
    guarded = [{"guardContent": {"text": {"text": text}}} for text in ("One.", "Two.")]
    assert blocks(user("?", *(part_options(**block) for block in guarded)))[1:] == guarded


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (
            system(ImagePart(data=b"x", media_type="image/png")),
            "an image of type image/png in a system message (message 0)",
        ),
        (Message("user", (ToolCall("c", "t"),)), "a tool call in a message of role 'user'"),
        (assistant(ToolResult("c")), "a tool result in a message of role 'assistant'"),
        (user(RefusalPart("No.")), "a refusal in a message of role 'user'"),
    ],
)
def test_parts_in_the_wrong_place_are_refused(message: Message, why: str) -> None:
    assert why in problem(message, user("?"))


def test_part_options_after_an_image_are_sent_even_if_the_image_is_not() -> None:
    guarded = {"guardContent": {"text": {"text": "One."}}}
    made = create_chat_model(
        f"bedrock:{CLAUDE}", api_key="k", region="us-east-1", on_unsupported="warn"
    )
    image = ImagePart(data=b"BM", media_type="image/bmp")
    encoded = user(image, part_options(image={"x": 1}), part_options(**guarded))
    line, *others = made.explain(encoded).body["messages"][0]["content"]
    assert "is omitted" in line["text"]
    assert others == [guarded]
