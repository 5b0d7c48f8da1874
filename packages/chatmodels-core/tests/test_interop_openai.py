"""Messages of OpenAI's APIs are converted without loss."""

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
from chatmodels.core.interop import messages_from_openai, messages_to_openai

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
PNG_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()
TEXT_URL = "data:text/plain;base64," + base64.b64encode(b"some text").decode()


HOST = "api.openai.com"


def state(**fields: Any) -> ProviderState:
    return ProviderState("openai.responses", fields, HOST)


BOTH_WAYS: dict[str, tuple[list[dict[str, Any]], tuple[Message, ...]]] = {
    "texts": (
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?", "name": "ada"},
            {"role": "assistant", "content": "Because."},
        ],
        (system("Be brief."), Message("user", (TextPart("Why?"),), "ada"), assistant("Because.")),
    ),
    "no text": ([{"role": "user", "content": ""}], (user(""),)),
    "media": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look."},
                    {"type": "image_url", "image_url": {"url": PNG_URL, "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
                    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
                    {"type": "file", "file": {"filename": "a.txt", "file_data": TEXT_URL}},
                    {"type": "file", "file": {"file_id": "file-1"}},
                ],
            }
        ],
        (
            user(
                "Look.",
                ImagePart(data=PNG, media_type="image/png", detail="low"),
                ImagePart(url="https://example.org/a.png"),
                AudioPart(data=bytes(3), media_type="audio/mpeg"),
                FilePart(data=b"some text", media_type="text/plain", name="a.txt"),
                FilePart(file_id="file-1"),
            ),
        ),
    ),
    "field of a server": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Long.", "cache_control": {"type": "ephemeral"}},
                    {"type": "text", "text": "Why?"},
                ],
            }
        ],
        (
            user(
                "Long.",
                ProviderPart(ProviderState("openai", {"cache_control": {"type": "ephemeral"}})),
                "Why?",
            ),
        ),
    ),
    "tools": (
        [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "find", "arguments": '{"q": 1}'},
                    },
                    {
                        "id": "c2",
                        "type": "function",
                        "function": {"name": "find", "arguments": '{"q": '},
                        "extra_content": {"mark": "x"},
                    },
                    {
                        "id": "c3",
                        "type": "custom",
                        "custom": {"name": "run", "input": "1 + 1"},
                        "mark": "x",
                    },
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "found"},
            {"role": "tool", "tool_call_id": "c2", "content": ""},
            {
                "role": "tool",
                "tool_call_id": "c3",
                "content": [{"type": "text", "text": "2"}, {"type": "text", "text": "two"}],
            },
        ],
        (
            assistant(
                ToolCall("c1", "find", '{"q": 1}'),
                ToolCall(
                    "c2",
                    "find",
                    '{"q": ',
                    ProviderState("openai", {"extra_content": {"mark": "x"}}, HOST),
                ),
                ToolCall(
                    "c3",
                    "run",
                    '{"input":"1 + 1"}',
                    ProviderState("openai", {"type": "custom", "mark": "x"}, HOST),
                ),
            ),
            tool_result("c1", "found"),
            tool_result("c2"),
            tool_result("c3", "2", "two"),
        ),
    ),
    "refusal": (
        [{"role": "assistant", "content": None, "refusal": "No."}],
        (assistant(RefusalPart("No.")),),
    ),
    "audio of a model": (
        [{"role": "assistant", "content": None, "audio": {"id": "audio_1"}}],
        (assistant(AudioPart(file_id="audio_1")),),
    ),
    "a field of a text beside a field of the message": (
        [
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
                    {"type": "text", "text": "b"},
                ],
                "seen": ["a"],
            }
        ],
        (
            assistant(
                TextPart(
                    "a",
                    signature=ProviderState(
                        "openai", {"cache_control": {"type": "ephemeral"}}, HOST
                    ),
                ),
                "b",
                ProviderPart(ProviderState("openai", {"seen": ["a"]}, HOST)),
            ),
        ),
    ),
    "state of a server": (
        [{"role": "assistant", "content": "Yes.", "seen": ["a"]}],
        (assistant("Yes.", ProviderPart(ProviderState("openai", {"seen": ["a"]}, HOST))),),
    ),
}


@pytest.mark.parametrize(("written", "messages"), BOTH_WAYS.values(), ids=list(BOTH_WAYS))
def test_messages_of_chat_completions_are_converted_both_ways(
    written: list[dict[str, Any]], messages: tuple[Message, ...]
) -> None:
    assert messages_from_openai(written) == messages
    assert messages_to_openai(messages) == written


ITEMS: dict[str, tuple[list[dict[str, Any]], tuple[Message, ...]]] = {
    "a turn in items": (
        [
            {"role": "user", "content": "Find it."},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "h"}]},
            {
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "id": "msg_1",
                "content": [
                    {"type": "output_text", "text": "I look.", "annotations": []},
                    {"type": "output_text", "text": "I found.", "annotations": []},
                ],
            },
            {"type": "message", "role": "assistant", "phase": "commentary", "content": "Soon."},
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "c1",
                "name": "find",
                "arguments": "{}",
            },
            {
                "type": "custom_tool_call",
                "id": "ct_1",
                "namespace": "shell",
                "call_id": "c2",
                "name": "run",
                "input": "1 + 1",
            },
            {"type": "web_search_call", "id": "ws_1", "queries": []},
            {"type": "function_call_output", "call_id": "c1", "output": "found"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": "2"},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "refusal", "refusal": "No."}],
            },
        ],
        (
            user("Find it."),
            assistant(
                ReasoningPart(
                    "h",
                    state(
                        type="reasoning", id="rs_1", summary=[{"type": "summary_text", "text": "h"}]
                    ),
                ),
                TextPart("I look.", signature=state(id="msg_1")),
                TextPart("I found.", signature=state(id="msg_1")),
                TextPart("Soon.", signature=state(phase="commentary")),
                ToolCall("c1", "find", "{}", state(id="fc_1")),
                ToolCall(
                    "c2",
                    "run",
                    '{"input":"1 + 1"}',
                    state(type="custom_tool_call", id="ct_1", namespace="shell"),
                ),
                ProviderPart(state(type="web_search_call", id="ws_1", queries=[])),
            ),
            Message(
                "tool",
                (ToolResult("c1", (TextPart("found"),)), ToolResult("c2", (TextPart("2"),))),
            ),
            assistant(RefusalPart("No.")),
        ),
    ),
    "media": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Look.", "seen": True},
                    {"type": "input_image", "image_url": PNG_URL, "detail": "auto"},
                    {"type": "input_image", "file_id": "file-1", "detail": "high"},
                    {"type": "input_file", "file_url": "https://example.org/a.pdf"},
                    {"type": "input_file", "filename": "a.txt", "file_data": TEXT_URL},
                    {"type": "input_file", "file_id": "file-2"},
                ],
            }
        ],
        (
            user(
                "Look.",
                ProviderPart(ProviderState("openai", {"seen": True})),
                ImagePart(data=PNG, media_type="image/png", detail="auto"),
                ImagePart(file_id="file-1", detail="high"),
                FilePart(url="https://example.org/a.pdf"),
                FilePart(data=b"some text", media_type="text/plain", name="a.txt"),
                FilePart(file_id="file-2"),
            ),
        ),
    ),
}


@pytest.mark.parametrize(("written", "messages"), ITEMS.values(), ids=list(ITEMS))
def test_items_of_responses_are_converted_both_ways(
    written: list[dict[str, Any]], messages: tuple[Message, ...]
) -> None:
    assert messages_from_openai(written) == messages
    assert messages_to_openai(messages, api="responses") == written


def test_instructions_for_developers_are_system_messages() -> None:
    assert messages_from_openai([{"role": "developer", "content": "Be brief."}]) == (
        system("Be brief."),
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning": "Hm."},
        {"reasoning_content": "Hm."},
        {"reasoning": "Hm.", "reasoning_content": "Hm."},
    ],
    ids=["reasoning", "reasoning_content", "both"],
)
def test_reasoning_beside_the_text_is_kept_once(fields: dict[str, str]) -> None:
    (message,) = messages_from_openai([{"role": "assistant", "content": "Yes.", **fields}])
    assert message == assistant(ReasoningPart("Hm."), "Yes.")


def test_a_message_without_a_type_keeps_its_phase_and_its_id() -> None:
    written = {"role": "assistant", "id": "msg_1", "phase": "commentary", "content": "Soon."}
    (message,) = messages_from_openai([written])
    assert message == assistant(TextPart("Soon.", signature=state(id="msg_1", phase="commentary")))


def test_a_field_of_a_text_stays_beside_the_id_of_its_message() -> None:
    content = [{"type": "output_text", "text": "Yes.", "mark": "x"}]
    (message,) = messages_from_openai([{"role": "assistant", "id": "msg_1", "content": content}])
    assert message == assistant(
        TextPart("Yes.", signature=state(id="msg_1")),
        ProviderPart(ProviderState("openai", {"mark": "x"}, HOST)),
    )


@pytest.mark.parametrize("role", ["user", "system"])
def test_a_stored_item_is_accepted(role: Any) -> None:
    content = [{"type": "input_text", "text": "Why?"}]
    stored = {"type": "message", "id": "msg_1", "status": "completed", "role": role}
    assert messages_from_openai([{**stored, "content": content}]) == (
        Message(role, (TextPart("Why?"),)),
    )


def test_items_that_follow_a_named_message_keep_its_name() -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "find", "arguments": "{}"}
    read = messages_from_openai([{"role": "assistant", "content": "a", "name": "ada"}, call])
    assert read == (Message("assistant", (TextPart("a"), ToolCall("c1", "find", "{}")), "ada"),)


@pytest.mark.parametrize("scope", ["example.org", None])
def test_state_of_a_model_has_the_scope_of_the_caller(scope: str | None) -> None:
    reasoning = {"type": "reasoning", "id": "rs_1", "encrypted_content": "x"}
    beside = {"role": "assistant", "content": "Yes.", "mark": "x"}
    read = messages_from_openai([reasoning, beside], scope=scope)
    assert read == (
        assistant(ReasoningPart("", ProviderState("openai.responses", reasoning, scope))),
        assistant("Yes.", ProviderPart(ProviderState("openai", {"mark": "x"}, scope))),
    )


def test_arguments_that_the_sdk_parsed_are_read_from_their_text() -> None:
    function = {"name": "find", "arguments": '{"q": 1}', "parsed_arguments": {"q": 1}}
    call = {"id": "c1", "type": "function", "function": function}
    assert messages_from_openai([{"role": "assistant", "tool_calls": [call]}]) == (
        assistant(ToolCall("c1", "find", '{"q": 1}')),
    )


@pytest.mark.parametrize(
    "note",
    [
        {"type": "url_citation", "url_citation": {"url": "https://example.org", "end_index": 4}},
        {"type": "url_citation", "url": "https://example.org", "end_index": 4},
    ],
    ids=["chat completions", "responses"],
)
def test_citations_are_read(note: dict[str, Any]) -> None:
    cited = (Citation(url="https://example.org", end=4),)
    beside = {"role": "assistant", "content": "Yes.", "annotations": [note]}
    within = {
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Yes.", "annotations": [note], "logprobs": []}],
    }
    expected = assistant(TextPart("Yes.", cited))
    assert messages_from_openai([beside]) == messages_from_openai([within]) == (expected,)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "file_citation", "index": 4},
        {"type": "container_file_citation", "container_id": "cntr_1"},
    ],
    ids=["file", "file of a container"],
)
def test_citations_of_files_are_read(fields: dict[str, Any]) -> None:
    note = {**fields, "file_id": "file-1", "filename": "a.txt"}
    content = [{"type": "output_text", "text": "Yes.", "annotations": [note]}]
    (message,) = messages_from_openai([{"role": "assistant", "content": content}])
    assert message == assistant(TextPart("Yes.", (Citation(title="a.txt", source="file-1"),)))


def test_the_passage_that_a_gateway_cites_is_read() -> None:
    note = {"type": "url_citation", "url_citation": {"url": "https://a", "content": "It is."}}
    (message,) = messages_from_openai(
        [{"role": "assistant", "content": "Yes.", "annotations": [note]}]
    )
    assert message == assistant(TextPart("Yes.", (Citation(url="https://a", quote="It is."),)))


def test_audio_of_a_model_has_its_id_and_its_transcript() -> None:
    audio = {"id": "audio_1", "transcript": "Yes.", "expires_at": 7, "data": "AAAA"}
    assert messages_from_openai([{"role": "assistant", "audio": audio}]) == (
        assistant(AudioPart(file_id="audio_1", transcript="Yes.", expires_at=7)),
    )


def test_chat_completions_omit_reasoning_of_other_vendors() -> None:
    other = ProviderPart(ProviderState("other", {"a": 1}))
    question = user(other, "Why?", other)
    reply = assistant(ReasoningPart("Hm."), "Yes.")
    assert messages_to_openai([question, reply]) == [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "Yes."},
    ]
    assert messages_to_openai([question, reply], api="responses") == [
        {"role": "user", "content": "Why?"},
        {"type": "message", "role": "assistant", "content": "Yes."},
    ]


class Dumped:
    """An object as the SDK has them."""

    def __init__(self, fields: object) -> None:
        self.fields = fields

    def model_dump(self, *, exclude_none: bool) -> object:
        assert exclude_none
        return self.fields


def test_objects_of_the_sdk_are_accepted() -> None:
    assert messages_from_openai([Dumped({"role": "user", "content": "Why?"})]) == (user("Why?"),)


WRONG: dict[str, tuple[Any, str]] = {
    "a text": ("Why?", "the argument of messages_from_openai() must be a list of messages"),
    "a number": (1, "the argument of messages_from_openai() must be a list of messages"),
    "nothing": ([], "messages_from_openai() received no messages"),
    "no mapping": (["Why?"], "messages[0] must be a mapping, not str"),
    "an object without fields": ([Dumped(1)], "messages[0] must be a mapping, not Dumped"),
    "a role": ([{"role": "bot", "content": "Hi."}], "messages[0] has the unknown role 'bot'"),
    "a field": (
        [{"role": "user", "content": "Why?", "mood": "good"}],
        "messages[0] has fields that cannot be converted: 'mood'",
    ),
    "no content": (
        [{"role": "user", "content": 1}],
        "messages[0].content must be a str or a list, not int",
    ),
    "no list of calls": (
        [{"role": "assistant", "tool_calls": {"id": "c1"}}],
        "messages[0].tool_calls must be a list, not dict",
    ),
    "a part": (
        [{"role": "user", "content": [{"type": "smell"}]}],
        "messages[0].content[0] has the unknown type 'smell'",
    ),
    "no url": (
        [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}],
        "messages[0].content[0].image_url has no 'url'",
    ),
    "a path": (
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a.png"}}]}],
        "messages[0].content[0]: ",
    ),
    "no base64": (
        [
            {
                "role": "user",
                "content": [{"type": "input_audio", "input_audio": {"data": "?", "format": "wav"}}],
            }
        ],
        "messages[0].content[0].input_audio.data is not base64",
    ),
    "a kind of call": (
        [{"role": "assistant", "tool_calls": [{"id": "c1", "type": "wish"}]}],
        "messages[0].tool_calls[0] has the unknown type 'wish'",
    ),
    "no text": (
        [{"role": "tool", "tool_call_id": 1, "content": "found"}],
        "messages[0].tool_call_id must be a str, not int",
    ),
    "a field of a reference to an image": (
        [
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": PNG_URL, "mood": "good"}}],
            }
        ],
        "messages[0].content[0].image_url has fields that cannot be converted: 'mood'",
    ),
    "a field of audio": (
        [
            {
                "role": "user",
                "content": [
                    {
                        "type": "input_audio",
                        "input_audio": {"data": "AAAA", "format": "wav", "mood": "good"},
                    }
                ],
            }
        ],
        "messages[0].content[0].input_audio has fields that cannot be converted: 'mood'",
    ),
    "a field of a file": (
        [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f", "mood": "good"}}]}],
        "messages[0].content[0].file has fields that cannot be converted: 'mood'",
    ),
    "a field of the audio of a model": (
        [{"role": "assistant", "audio": {"id": "audio_1", "mood": "good"}}],
        "messages[0].audio has fields that cannot be converted: 'mood'",
    ),
    "a field of a function": (
        [
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "function": {"name": "f", "mood": "x"}}],
            }
        ],
        "messages[0].tool_calls[0].function has fields that cannot be converted: 'mood'",
    ),
    "a field of a custom tool": (
        [
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "f", "mood": "x"}}],
            }
        ],
        "messages[0].tool_calls[0].custom has fields that cannot be converted: 'mood'",
    ),
    "a field of a citation": (
        [
            {
                "role": "assistant",
                "content": "Yes.",
                "annotations": [
                    {"type": "url_citation", "url_citation": {"url": "https://a", "mood": "good"}}
                ],
            }
        ],
        "messages[0].annotations[0].url_citation has fields that cannot be converted: 'mood'",
    ),
    "a field beside a citation": (
        [
            {
                "role": "assistant",
                "content": "Yes.",
                "annotations": [
                    {"type": "url_citation", "url_citation": {"url": "https://a"}, "mood": "good"}
                ],
            }
        ],
        "messages[0].annotations[0] has fields that cannot be converted: 'mood'",
    ),
    "a refusal as a result": (
        [
            {
                "type": "function_call_output",
                "call_id": "c1",
                "output": [{"type": "refusal", "refusal": "No."}],
            }
        ],
        "messages[0].output[0] has the unknown type 'refusal'",
    ),
}


@pytest.mark.parametrize(("messages", "beginning"), WRONG.values(), ids=list(WRONG))
def test_an_error_names_the_place(messages: Any, beginning: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        messages_from_openai(messages)
    assert caught.value.message.startswith(beginning)


@pytest.mark.parametrize(
    ("message", "api"),
    [
        (assistant(ImagePart(url="https://example.org/a.png")), "chat_completions"),
        (user(ImagePart(file_id="file-1")), "chat_completions"),
        (user(AudioPart(data=b"a", media_type="audio/wav")), "responses"),
        (user(FilePart(url="https://example.org/a.pdf")), "chat_completions"),
        (assistant(ImagePart(url="https://example.org/a.png")), "responses"),
        (assistant(FilePart(file_id="file-1")), "responses"),
    ],
    ids=[
        "image of a model",
        "image by id",
        "audio",
        "file by address",
        "image of a model in items",
        "file of a model in items",
    ],
)
def test_a_part_without_a_place_is_refused(message: Message, api: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        messages_to_openai([user("Why?"), message], api=api)
    assert caught.value.message.startswith("messages[1] has a part of type ")


@pytest.mark.parametrize("prompt", [[{"role": "user", "content": "Why?"}], {"role": "user"}])
def test_a_prompt_of_dictionaries_is_refused_and_the_converters_are_named(prompt: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        messages_to_openai(prompt)
    assert "messages_from_openai()" in caught.value.message


def test_an_image_that_a_tool_of_the_vendor_made_is_written_as_its_item() -> None:
    made = ImagePart(
        data=PNG, media_type="image/png", signature=state(type="image_generation_call", id="ig_1")
    )
    assert messages_to_openai(assistant(made), api="responses") == [
        {"type": "image_generation_call", "id": "ig_1", "result": base64.b64encode(PNG).decode()}
    ]


def test_an_unknown_api_is_refused() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        messages_to_openai(user("Why?"), api="response")  # pyright: ignore - the point of it
    assert caught.value.message.startswith("messages_to_openai() has the unknown api 'response'")


def test_a_turn_of_a_model_without_remaining_parts_is_not_an_item() -> None:
    question = user("Why?")
    assert messages_to_openai([question, assistant(ReasoningPart("Hm."))], api="responses") == [
        {"role": "user", "content": "Why?"}
    ]


def test_options_behind_a_result_do_not_become_a_message() -> None:
    option = ProviderPart(ProviderState("openai", {"mark": "x"}))
    other = ProviderPart(ProviderState("anthropic", {"cache_control": {"type": "ephemeral"}}))
    result = ToolResult("c1", (TextPart("found"),))
    for parts in ((result, other), (other, result)):
        assert messages_to_openai([Message("tool", parts)]) == [
            {"role": "tool", "tool_call_id": "c1", "content": "found"}
        ]
    assert messages_to_openai(user("Go on.", result, option)) == [
        {"role": "tool", "tool_call_id": "c1", "content": "found"},
        {"role": "user", "content": "Go on."},
    ]


def test_the_items_of_a_long_turn_are_joined_without_copying_them_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []

    def counted(role: Any, parts: tuple[Any, ...], name: str | None = None) -> Message:
        made.append(len(parts))
        return Message(role, parts, name)

    monkeypatch.setattr("chatmodels.core._interop.openai_reading.Message", counted)
    call = {"type": "function_call", "call_id": "c1", "name": "find", "arguments": "{}"}
    (message,) = messages_from_openai([call] * 100)
    assert len(message.parts) == 100
    assert sum(made) <= 200


def test_objects_that_the_sdk_has_parsed_are_read_without_the_copies() -> None:
    text = {"type": "output_text", "text": "{}", "annotations": [], "parsed": {}}
    call = {"type": "function_call", "call_id": "c1", "name": "find", "arguments": "{}"}
    function = {"name": "find", "arguments": "{}", "parsed_arguments": {"q": 1}}
    assert messages_from_openai(
        [
            {"role": "assistant", "content": "{}", "parsed": {"a": 1}},
            {"role": "user", "content": "Again."},
            {"type": "message", "role": "assistant", "content": [text]},
            call | {"parsed_arguments": {"q": 1}},
            {"role": "assistant", "tool_calls": [{"id": "c2", "function": function}]},
        ]
    ) == (
        assistant("{}"),
        user("Again."),
        assistant("{}", ToolCall("c1", "find", "{}")),
        assistant(ToolCall("c2", "find", "{}")),
    )


def test_results_may_repeat_fields_of_their_calls() -> None:
    result = {"type": "function_call_output", "call_id": "c1", "output": "found"}
    repeated = {"namespace": "tide", "caller": {"type": "program"}}
    assert messages_from_openai([result | repeated]) == messages_from_openai([result])
