"""Messages of Anthropic's Messages API are converted without loss."""

import base64
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    Citation,
    FilePart,
    ImagePart,
    InvalidRequestError,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
    assistant,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import ProviderState
from chatmodels.core.interop import messages_from_anthropic, messages_to_anthropic

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
PNG_SOURCE = {
    "type": "base64",
    "media_type": "image/png",
    "data": base64.b64encode(PNG).decode(),
}
PDF = b"%PDF-1.7 "
PDF_SOURCE = {
    "type": "base64",
    "media_type": "application/pdf",
    "data": base64.b64encode(PDF).decode(),
}


def state(**fields: Any) -> ProviderState:
    """Return state that the vendor sent."""
    return ProviderState("anthropic", fields, "api.anthropic.com")


def written(**fields: Any) -> ProviderState:
    """Return fields that a user wrote, which are valid at every server."""
    return ProviderState("anthropic", fields)


BOTH_WAYS: dict[str, tuple[Any, list[dict[str, Any]], tuple[Message, ...]]] = {
    "texts": (
        "Be brief.",
        [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}],
        (system("Be brief."), user("Why?"), assistant("Because.")),
    ),
    "a cached system prompt": (
        [{"type": "text", "text": "Long.", "cache_control": {"type": "ephemeral"}}],
        [{"role": "user", "content": "Why?"}],
        (
            system("Long.", ProviderPart(written(cache_control={"type": "ephemeral"}))),
            user("Why?"),
        ),
    ),
    "instructions in mid-conversation": (
        None,
        [{"role": "user", "content": "Why?"}, {"role": "system", "content": "Be brief."}],
        (user("Why?"), system("Be brief.")),
    ),
    "media": (
        None,
        [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look."},
                    {"type": "image", "source": PNG_SOURCE},
                    {"type": "image", "source": {"type": "url", "url": "https://example.org/a"}},
                    {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
                    {"type": "document", "source": PDF_SOURCE, "title": "a.pdf"},
                    {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": "a"},
                        "citations": {"enabled": True},
                    },
                    {"type": "document", "source": {"type": "url", "url": "https://example.org/b"}},
                    {"type": "document", "source": {"type": "file", "file_id": "file_2"}},
                ],
            }
        ],
        (
            user(
                "Look.",
                ImagePart(data=PNG, media_type="image/png"),
                ImagePart(url="https://example.org/a"),
                ImagePart(file_id="file_1"),
                FilePart(data=PDF, media_type="application/pdf", name="a.pdf"),
                FilePart(data=b"a", media_type="text/plain"),
                ProviderPart(written(citations={"enabled": True})),
                FilePart(url="https://example.org/b"),
                FilePart(file_id="file_2"),
            ),
        ),
    ),
    "a turn with tools": (
        None,
        [
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                    {"type": "redacted_thinking", "data": "x"},
                    {"type": "text", "text": "I look."},
                    {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
                    {"type": "tool_use", "id": "c1", "name": "find", "input": {"q": 1}},
                    {
                        "type": "tool_use",
                        "id": "c2",
                        "name": "click",
                        "input": {},
                        "toolset_name": "computer",
                    },
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": "found"},
                    {
                        "type": "tool_result",
                        "tool_use_id": "c2",
                        "content": [
                            {"type": "text", "text": "It broke."},
                            {"type": "image", "source": PNG_SOURCE},
                        ],
                        "is_error": True,
                    },
                    {"type": "text", "text": "Go on."},
                ],
            },
        ],
        (
            assistant(
                ReasoningPart("Hm.", state(type="thinking", signature="s")),
                ReasoningPart("", state(type="redacted_thinking", data="x")),
                "I look.",
                ProviderPart(state(type="server_tool_use", id="s1", name="web_search", input={})),
                ToolCall("c1", "find", '{"q":1}'),
                ToolCall("c2", "click", "{}", state(toolset_name="computer")),
            ),
            Message(
                "tool",
                (
                    ToolResult("c1", (TextPart("found"),)),
                    ToolResult(
                        "c2",
                        (TextPart("It broke."), ImagePart(data=PNG, media_type="image/png")),
                        is_error=True,
                    ),
                ),
            ),
            user("Go on."),
        ),
    ),
    "cached results of tools": (
        None,
        [
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c1",
                        "content": "found",
                        "cache_control": {"type": "ephemeral"},
                    },
                    {"type": "search_result", "source": "a", "title": "A", "content": []},
                    {"type": "text", "text": "Go on.", "cache_control": {"type": "ephemeral"}},
                ],
            },
        ],
        (
            Message(
                "tool",
                (
                    ToolResult("c1", (TextPart("found"),)),
                    ProviderPart(written(cache_control={"type": "ephemeral"})),
                ),
            ),
            user(
                ProviderPart(written(type="search_result", source="a", title="A", content=[])),
                "Go on.",
                ProviderPart(written(cache_control={"type": "ephemeral"})),
            ),
        ),
    ),
    "a result without content": (
        None,
        [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1"}]}],
        (tool_result("c1"),),
    ),
}


@pytest.mark.parametrize(("prompt", "written", "messages"), BOTH_WAYS.values(), ids=list(BOTH_WAYS))
def test_messages_are_converted_both_ways(
    prompt: Any, written: list[dict[str, Any]], messages: tuple[Message, ...]
) -> None:
    assert messages_from_anthropic(written, system=prompt) == messages
    assert messages_to_anthropic(messages) == (prompt, written)


def test_citations_are_read_and_kept() -> None:
    cited = [
        {"type": "char_location", "cited_text": "a", "document_index": 0, "document_title": "A"},
        {"type": "web_search_result_location", "url": "https://example.org", "title": "B"},
        {"type": "search_result_location", "source": "C"},
    ]
    written = {"type": "text", "text": "Yes.", "citations": cited}
    (message,) = messages_from_anthropic([{"role": "assistant", "content": [written]}])
    assert message == assistant(
        TextPart(
            "Yes.",
            (
                Citation(quote="a", title="A", source="0", start=0, end=4),
                Citation(url="https://example.org", title="B", start=0, end=4),
                Citation(source="C", start=0, end=4),
            ),
            state(citations=cited),
        )
    )
    assert messages_to_anthropic(message).messages == [{"role": "assistant", "content": [written]}]


class Dumped:
    """An object as the SDK has them."""

    def model_dump(self, *, exclude_none: bool) -> object:
        assert exclude_none
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": [
                {
                    "type": "tool_use",
                    "id": "c1",
                    "name": "find",
                    "input": {},
                    "caller": {"type": "direct"},
                }
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 1},
        }


def test_a_response_of_the_sdk_is_accepted() -> None:
    assert messages_from_anthropic([Dumped()]) == (assistant(ToolCall("c1", "find", "{}")),)


def test_reasoning_and_state_of_others_are_left_out() -> None:
    reply = assistant(ReasoningPart("Hm."), "Yes.", ProviderPart(ProviderState("other", {"a": 1})))
    question = user(ProviderPart(written(cache_control={})), RefusalPart("No."))
    assert messages_to_anthropic([reply, question]).messages == [
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "No."},
    ]


WRONG: dict[str, tuple[Any, str]] = {
    "a role": ([{"role": "tool", "content": ""}], "messages[0] has the unknown role 'tool'"),
    "no content": (
        [{"role": "user"}],
        "messages[0].content must be a str or a list of blocks, not NoneType",
    ),
    "a field": (
        [{"role": "user", "content": "", "mood": "good"}],
        "messages[0] has fields that cannot be converted: 'mood'",
    ),
    "a call of the user": (
        [{"role": "user", "content": [{"type": "tool_use", "id": "c", "name": "f"}]}],
        "messages[0].content[0] has type 'tool_use'",
    ),
    "a source of an image": (
        [{"role": "user", "content": [{"type": "image", "source": {"type": "text"}}]}],
        "messages[0].content[0].source has the unknown type 'text'",
    ),
    "a source of a document": (
        [{"role": "user", "content": [{"type": "document", "source": {"type": "content"}}]}],
        "messages[0].content[0].source has the unknown type 'content'",
    ),
    "a block in a result": (
        [
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c1",
                        "content": [{"type": "search_result", "source": "a"}],
                    }
                ],
            }
        ],
        "messages[0].content[0].content has a block of another kind",
    ),
    "an option of a block in a result": (
        [
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c1",
                        "content": [{"type": "text", "text": "x", "cache_control": {"a": 1}}],
                    }
                ],
            }
        ],
        "messages[0].content[0].content[0] has fields that cannot be converted: 'cache_control'",
    ),
    "no blocks in a result": (
        [
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "c1", "content": 1}],
            }
        ],
        "messages[0].content[0].content must be a str or a list of blocks, not int",
    ),
    "a field of the source of an image": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": {"type": "file", "file_id": "f", "mood": "good"}}
                ],
            }
        ],
        "messages[0].content[0].source has fields that cannot be converted: 'mood'",
    ),
    "a field of the source of a document": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "document", "source": {"type": "file", "file_id": "f", "mood": "good"}}
                ],
            }
        ],
        "messages[0].content[0].source has fields that cannot be converted: 'mood'",
    ),
    "no bytes of an image": (
        [
            {
                "role": "user",
                "content": [
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": ""},
                    }
                ],
            }
        ],
        "messages[0].content[0].source: ",
    ),
    "arguments that are no JSON": (
        [
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {"a": object()}}],
            }
        ],
        "messages[0].content[0].input cannot be written as JSON",
    ),
}


@pytest.mark.parametrize(("messages", "beginning"), WRONG.values(), ids=list(WRONG))
def test_an_error_names_the_place(messages: Any, beginning: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        messages_from_anthropic(messages)
    assert caught.value.message.startswith(beginning)


def test_audio_is_refused() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        messages_to_anthropic(user(AudioPart(data=b"a", media_type="audio/wav")))
    assert caught.value.message.startswith("messages[0] has a part of type 'audio'")


@pytest.mark.parametrize("scope", ["example.org", None])
def test_state_of_a_model_has_the_scope_of_the_caller(scope: str | None) -> None:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    (message,) = messages_from_anthropic(
        [{"role": "assistant", "content": [thinking]}], scope=scope
    )
    expected = ProviderState("anthropic", {"type": "thinking", "signature": "s"}, scope)
    assert message == assistant(ReasoningPart("Hm.", expected))


def test_a_field_beside_thinking_is_kept() -> None:
    written = {"type": "thinking", "thinking": "Hm.", "signature": "s", "mark": "x"}
    (message,) = messages_from_anthropic([{"role": "assistant", "content": [written]}])
    assert messages_to_anthropic(message).messages == [{"role": "assistant", "content": [written]}]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [("é".encode(), "text/plain"), (b"\xe9", "text/plain; charset=latin-1")],
)
def test_a_text_file_is_read_in_its_charset(data: bytes, media_type: str) -> None:
    (turn,) = messages_to_anthropic(user(FilePart(data=data, media_type=media_type))).messages
    source = {"type": "text", "media_type": "text/plain", "data": "é"}
    assert turn["content"] == [{"type": "document", "source": source}]


def test_a_text_file_in_another_charset_than_its_own_is_refused() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        messages_to_anthropic(user(FilePart(data=b"\xe9", media_type="text/plain")))
    assert caught.value.message.startswith("messages[0] has a file ")


def test_a_turn_without_remaining_parts_is_not_written() -> None:
    conversation = [user("Why?"), assistant(ReasoningPart("Hm.")), user("Well?")]
    assert messages_to_anthropic(conversation).messages == [
        {
            "role": "user",
            "content": [{"type": "text", "text": "Why?"}, {"type": "text", "text": "Well?"}],
        }
    ]
