"""Conversations are encoded as turns of the Messages API."""

from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    Citation,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    UnsupportedError,
    assistant,
    create_chat_model,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import ProviderState
from chatmodels.providers.anthropic import part_options

EPHEMERAL = {"type": "ephemeral"}
FOREIGN = ProviderState("openai", {"type": "thinking", "signature": "s"})


def body(*messages: Message, model: str = "claude-sonnet-5-5") -> dict[str, Any]:
    explained = create_chat_model(f"anthropic:{model}", api_key="k").explain(messages)
    found: dict[str, Any] = explained.body
    return found


def content(*parts: Any) -> Any:
    return body(user("?"), assistant(*parts), user("!"))["messages"][1]["content"]


def test_instructions_at_the_beginning_are_the_system_prompt() -> None:
    made = body(system("Be brief."), system("Be kind."), user("Hello"))
    assert made["system"] == [
        {"type": "text", "text": "Be brief."},
        {"type": "text", "text": "Be kind."},
    ]
    assert made["messages"] == [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    ("model", "prompt", "roles"),
    [
        ("claude-opus-4-8", "Be brief.", ["user", "assistant", "user", "system"]),
        (
            "claude-sonnet-4-6",
            [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
            ["user", "assistant", "user"],
        ),
    ],
)
def test_later_system_messages_are_turns_if_the_model_supports_them(
    model: str, prompt: Any, roles: list[str]
) -> None:
    conversation = (system("Be brief."), user("a"), assistant("b"), user("c"), system("Be kind."))
    made = body(*conversation, model=model)
    assert made["system"] == prompt
    assert [turn["role"] for turn in made["messages"]] == roles


def test_results_of_parallel_calls_and_the_next_user_message_are_one_user_turn() -> None:
    made = body(
        user("Oslo and Rome?"),
        assistant(ToolCall("a", "weather", '{"city": "Oslo"}'), ToolCall("b", "weather", "")),
        tool_result("a", "rain"),
        tool_result("b", "no such", "city", is_error=True),
        user("Well?"),
    )
    _, called, results = made["messages"]
    assert called["content"] == [
        {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Oslo"}},
        {"type": "tool_use", "id": "b", "name": "weather", "input": {}},
    ]
    texts = [{"type": "text", "text": "no such"}, {"type": "text", "text": "city"}]
    assert results["content"] == [
        {"type": "tool_result", "tool_use_id": "a", "content": "rain"},
        {"type": "tool_result", "tool_use_id": "b", "content": texts, "is_error": True},
        {"type": "text", "text": "Well?"},
    ]


def test_results_can_contain_media_or_be_empty() -> None:
    made = body(
        user("?"),
        assistant(ToolCall("a", "look"), ToolCall("b", "wait")),
        tool_result("a", "See:", ImagePart(data=b"GIF", media_type="image/gif")),
        tool_result("b"),
    )
    see, nothing = made["messages"][2]["content"]
    assert see["content"][1]["source"]["media_type"] == "image/gif"
    assert nothing == {"type": "tool_result", "tool_use_id": "b"}


def test_ids_and_arguments_of_other_vendors_are_converted() -> None:
    call = ToolCall("functions.weather:0", "weather", '{"city": "Os')
    made = body(user("?"), assistant(call), tool_result(call, "rain"))
    _, called, results = made["messages"]
    assert called["content"][0]["id"] == "functions_weather_0_1399225b"
    assert called["content"][0]["input"] == {"invalid_json": '{"city": "Os'}
    assert results["content"][0]["tool_use_id"] == "functions_weather_0_1399225b"


@pytest.mark.parametrize(
    ("part", "block"),
    [
        pytest.param(
            ImagePart(data=b"GIF", media_type="image/gif", detail="low"),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/gif", "data": "R0lG"},
            },
            id="an image",
        ),
        pytest.param(
            ImagePart(url="https://example.com/a.png"),
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
            id="an image by URL",
        ),
        pytest.param(
            ImagePart(file_id="file_1"),
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
            id="an uploaded image",
        ),
        pytest.param(
            FilePart(data=b"%PDF", media_type="application/pdf", name="a.pdf"),
            {
                "type": "document",
                "title": "a.pdf",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="},
            },
            id="a PDF",
        ),
        pytest.param(
            FilePart(data="é".encode(), media_type="text/markdown"),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "é"},
            },
            id="a text",
        ),
        pytest.param(
            FilePart(data=b"PNG", media_type="image/png", name="a.png"),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "UE5H"},
            },
            id="an image in a file",
        ),
        pytest.param(
            ImagePart(data=b"PNG", media_type="Image/PNG; q=1"),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "UE5H"},
            },
            id="an image with a parameter",
        ),
        pytest.param(
            FilePart(data=b"x", media_type="Text/Plain"),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "x"},
            },
            id="a text in capitals",
        ),
        pytest.param(
            FilePart(url="https://example.com/a", media_type="Image/PNG"),
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a"}},
            id="an image by URL in capitals",
        ),
        pytest.param(
            FilePart(url="https://example.com/a.pdf"),
            {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
            id="a document by URL",
        ),
    ],
)
def test_media_are_blocks(part: Any, block: dict[str, Any]) -> None:
    assert body(user(part))["messages"][0]["content"] == [block]


def test_media_that_are_not_accepted_are_refused_all_at_once() -> None:
    with pytest.raises(UnsupportedError) as caught:
        body(
            system(ImagePart(url="https://example.com/a.png")),
            user(AudioPart(data=b"RIFF", media_type="audio/wav")),
            user(FilePart(url="https://example.com/a.mp4", media_type="video/mp4")),
            user(ImagePart(data=b"BM", media_type="image/bmp"), FilePart()),
            assistant("Yes.", ToolCall("a", "weather")),
            tool_result("a", AudioPart(data=b"RIFF", media_type="audio/wav")),
        )
    for problem in (
        "an image by URL in a system message (message 0)",
        "audio of type audio/wav in a user message (message 1)",
        "a video of type video/mp4 by URL in a user message (message 2)",
        "an image of type image/bmp in a user message (message 3)",
        "a file without data, url or file_id in a user message (message 3)",
        "audio of type audio/wav in the result of the tool 'a' (message 5)",
    ):
        assert problem in caught.value.message


def test_parts_in_the_wrong_place_are_refused_all_at_once() -> None:
    with pytest.raises(UnsupportedError) as caught:
        body(user(RefusalPart("No.")), user(ToolCall("a", "weather")))
    for problem in (
        "a refusal in a message of role 'user' (message 0)",
        "a tool call in a message of role 'user' (message 1)",
    ):
        assert problem in caught.value.message


def test_reasoning_is_sent_back_unchanged() -> None:
    thinking = {"type": "thinking", "signature": "sig"}
    redacted = {"type": "redacted_thinking", "data": "opaque"}
    assert content(
        ReasoningPart("Hm.", ProviderState("anthropic", thinking)),
        ReasoningPart("", ProviderState("anthropic", redacted)),
        "Yes.",
    ) == [
        {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
        redacted,
        {"type": "text", "text": "Yes."},
    ]


def test_provider_parts_of_other_vendors_are_left_out() -> None:
    assert (
        content(
            ReasoningPart("Hm."),
            ReasoningPart("Hm.", FOREIGN),
            ProviderPart(FOREIGN),
            ReasoningPart("", ProviderState("anthropic", "no object")),
            TextPart("Yes.", signature=FOREIGN),
        )
        == "Yes."
    )


def test_other_output_of_a_model_becomes_text() -> None:
    spoken = AudioPart(data=b"RIFF", media_type="audio/wav", transcript="Yes.")
    assert [block["text"] for block in content(spoken, RefusalPart("No."))] == ["Yes.", "No."]


def test_an_empty_turn_is_left_out() -> None:
    made = body(user("a"), assistant(" \n", RefusalPart("")), user("b"))
    assert [turn["role"] for turn in made["messages"]] == ["user"]


def test_provider_blocks_and_their_citations_are_sent_back() -> None:
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    cited = {"citations": [{"type": "web_search_result_location", "encrypted_index": "x"}]}
    text = TextPart("Rain.", (Citation(url="u"),), ProviderState("anthropic", cited))
    called = ToolCall(
        "c", "roll", signature=ProviderState("anthropic", {"caller": {"type": "code"}})
    )
    conversation = assistant(ProviderPart(ProviderState("anthropic", search)), text, called)
    assert body(user("?"), conversation, tool_result("c", "4"))["messages"][1]["content"] == [
        search,
        {"type": "text", "text": "Rain.", **cited},
        {"type": "tool_use", "id": "c", "name": "roll", "input": {}, "caller": {"type": "code"}},
    ]


def test_options_are_added_to_the_part_before_them() -> None:
    mark = part_options(cache_control=EPHEMERAL)
    made = body(
        system("Be brief.", mark),
        user(mark, "A long text.", mark, "Why?", part_options(type="search_result", title="t")),
    )
    assert made["system"] == [{"type": "text", "text": "Be brief.", "cache_control": EPHEMERAL}]
    assert made["messages"][0]["content"] == [
        {"type": "text", "text": "A long text.", "cache_control": EPHEMERAL},
        {"type": "text", "text": "Why?"},
        {"type": "search_result", "title": "t"},
    ]


def test_a_document_is_sent_in_its_charset_or_refused() -> None:
    latin = FilePart(data=b"Caf\xe9", media_type="text/plain; charset=latin-1")
    (block,) = body(user(latin))["messages"][0]["content"]
    assert block["source"] == {"type": "text", "media_type": "text/plain", "data": "Café"}
    with pytest.raises(UnsupportedError, match="not UTF-8"):
        body(user(FilePart(data=b"Caf\xe9", media_type="text/plain")))


def test_part_options_move_with_an_image_of_another_vendor() -> None:
    image = ImagePart(data=b"PNG", media_type="image/png")
    mark = part_options(cache_control=EPHEMERAL)
    search = ProviderPart(ProviderState("anthropic", {"type": "search_result", "title": "t"}))
    made = body(user("?"), assistant("Here:", image, mark, search))
    *_, conversation, moved_part = made["messages"]
    assert conversation["content"] == [{"type": "text", "text": "Here:"}, search.signature.data]
    assert [block.get("cache_control") for block in moved_part["content"]] == [None, EPHEMERAL]
