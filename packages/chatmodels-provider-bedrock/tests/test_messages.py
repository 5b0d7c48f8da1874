"""How conversations become turns: texts, media, tool results, and what other vendors left."""

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
        "sound",
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
def test_media_that_the_api_lacks_are_refused(part: Any, why: str) -> None:
    assert why in problem(user("Look", part))


def test_documents_of_one_name_are_told_apart() -> None:
    report = FilePart(data=b"data", media_type="application/pdf", name="report.pdf")
    found = [block["document"]["name"] for block in blocks(user(report, report, report))]
    assert found == ["report", "report 2", "report 3"]


def test_results_of_tools_may_hold_media_and_errors() -> None:
    image = ImagePart(data=b"data", media_type="image/png")
    asked = body(
        user("?"),
        assistant(ToolCall("c:1", "look", '{"a": 1}'), ToolCall("c/2", "look", "{")),
        tool_result("c:1", "See:", image),
        tool_result("c/2", "It is dark.", is_error=True),
    )
    _, said, results = asked["messages"]
    assert said["content"] == [
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


def test_audio_in_a_result_goes_to_the_user_or_is_refused() -> None:
    call = assistant(ToolCall("c1", "hear"))
    sound = AudioPart(data=b"data", media_type="audio/wav")
    _, _, turn = body(user("?"), call, tool_result("c1", sound))["messages"]
    assert turn["content"][-1] == {"audio": {"format": "wav", "source": {"bytes": DATA}}}
    odd = AudioPart(data=b"data", media_type="audio/midi")
    refused = problem(user("?"), call, tool_result("c1", odd))
    assert "audio of type audio/midi in the result of the tool 'c1' (message 2)" in refused


def test_a_result_that_says_nothing_is_told_to_be_empty() -> None:
    call = assistant(ToolCall("c1", "look"), ToolCall("c2", "look"))
    image = ImagePart(data=b"data", media_type="image/png")
    results = [tool_result("c1", " "), tool_result("c2", "", image)]
    _, _, turn = body(user("?"), call, *results)["messages"]
    first, second = (block["toolResult"]["content"] for block in turn["content"])
    assert first == [{"text": "(empty)"}]
    assert second == [{"image": {"format": "png", "source": {"bytes": DATA}}}]


def test_an_id_that_is_too_long_is_cut() -> None:
    call = ToolCall("x" * 100, "look")
    _, said, result = body(user("?"), assistant(call), tool_result(call, "."))["messages"]
    assert said["content"][0]["toolUse"]["toolUseId"] == "x" * 55 + "_5e0e5d8f"
    assert result["content"][0]["toolResult"]["toolUseId"] == "x" * 55 + "_5e0e5d8f"


SIGNED = ReasoningPart("Hm.", ProviderState("bedrock", {"signature": "s"}))
REDACTED = ReasoningPart("", ProviderState("bedrock", {"redactedContent": "cg=="}))
FOREIGN = ReasoningPart("Hm.", ProviderState("anthropic", {"signature": "s"}))


def test_thinking_goes_back_to_those_who_signed_it() -> None:
    cited = TextPart("Yes.", (), ProviderState("bedrock", CITED))
    said = assistant(SIGNED, REDACTED, FOREIGN, ReasoningPart("Loud."), cited)
    assert blocks(user("?"), said) == [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
        {"reasoningContent": {"redactedContent": "cg=="}},
        {"citationsContent": {"content": [{"text": "Yes."}], **CITED}},
    ]
    assert blocks(user("?"), said, model=NOVA) == [{"text": "Yes."}]


def test_what_only_other_vendors_have_is_left_out() -> None:
    foreign = ProviderPart(ProviderState("openai", {"type": "web_search_call"}))
    turns = body(user("?"), assistant(foreign, FOREIGN, TextPart(" ")), user("!"))["messages"]
    assert turns == [{"role": "user", "content": [{"text": "?"}, {"text": "!"}]}]


def test_refusals_and_spoken_answers_are_texts() -> None:
    spoken = AudioPart(data=b"x", media_type="audio/wav", transcript="Yes.")
    assert blocks(user("?"), assistant(RefusalPart("No."), RefusalPart(" "), spoken)) == [
        {"text": "No."},
        {"text": "Yes."},
    ]


def test_options_are_joined_with_the_block_before_or_blocks_of_their_own() -> None:
    report = FilePart(data=b"data", media_type="application/pdf")
    cache = part_options(cachePoint={"type": "default"})
    asked = body(
        system("Long.", cache),
        user(report, part_options(document={"citations": {"enabled": True}}), cache, "?"),
    )
    assert asked["system"] == [{"text": "Long."}, {"cachePoint": {"type": "default"}}]
    document, point, _ = asked["messages"][0]["content"]
    assert document["document"]["citations"] == {"enabled": True}
    assert document["document"]["format"] == "pdf"
    assert point == {"cachePoint": {"type": "default"}}


def test_blocks_of_one_kind_stay_apart() -> None:
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
    said = assistant("Look.", *(part_options(**block) for block in used))
    assert blocks(user("?"), said)[1:] == used
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


def test_content_of_the_vendor_behind_an_image_is_sent_even_if_the_image_is_not() -> None:
    guarded = {"guardContent": {"text": {"text": "One."}}}
    made = create_chat_model(
        f"bedrock:{CLAUDE}", api_key="k", region="us-east-1", on_unsupported="warn"
    )
    image = ImagePart(data=b"BM", media_type="image/bmp")
    asked = user(image, part_options(image={"x": 1}), part_options(**guarded))
    line, *others = made.explain(asked).body["messages"][0]["content"]
    assert "is not shown" in line["text"]
    assert others == [guarded]
