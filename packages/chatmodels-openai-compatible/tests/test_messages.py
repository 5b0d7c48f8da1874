"""Messages, as they are written."""

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
from chatmodels.openai_compatible import Dialect, chat_completions_codec, split_parallel_calls

VENDOR = Dialect(
    name="vendor",
    settings={"audio_output": "audio"},
    inputs=frozenset({"image", "image_url", "audio", "file", "file_id", "file_url", "video_url"}),
)
BARE = Dialect(name="vendor", inputs=frozenset())
MINE, THEIRS = ProviderState("vendor", [{"n": 1}]), ProviderState("other", [{"n": 2}])


def written(*messages: Message, dialect: Dialect = VENDOR) -> list[dict[str, Any]]:
    codec = chat_completions_codec(dialect)
    request = ChatRequest(messages=messages)
    request, _ = negotiate(request, codec.profile("m"), provider="vendor")
    encoded = codec.encode("m", request, stream=False)
    assert (encoded.method, encoded.path) == ("POST", "/chat/completions")
    found: list[dict[str, Any]] = json.loads(encoded.body)["messages"]
    return found


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(system("Be brief."), {"role": "system", "content": "Be brief."}, id="system"),
        pytest.param(
            user("a", "b"),
            {
                "role": "user",
                "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            },
            id="several texts",
        ),
        pytest.param(
            Message("user", (TextPart("Hi"),), "ann"),
            {"role": "user", "content": "Hi", "name": "ann"},
            id="a name",
        ),
        pytest.param(user(), {"role": "user", "content": ""}, id="nothing"),
        pytest.param(assistant(), {"role": "assistant", "content": ""}, id="nothing said"),
        pytest.param(
            assistant("a", "b"), {"role": "assistant", "content": "ab"}, id="the model's texts"
        ),
        pytest.param(
            assistant(RefusalPart("No."), RefusalPart(" Never.")),
            {"role": "assistant", "content": None, "refusal": "No. Never."},
            id="a refusal",
        ),
        pytest.param(
            assistant(ToolCall("c1", "now", "")),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "now", "arguments": "{}"},
                    }
                ],
            },
            id="a tool call",
        ),
        pytest.param(
            tool_result("c1", "sunny"),
            {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
            id="a tool result",
        ),
        pytest.param(
            assistant(AudioPart(file_id="audio_1", transcript="Hi")),
            {"role": "assistant", "content": None, "audio": {"id": "audio_1"}},
            id="audio that the vendor keeps",
        ),
        pytest.param(
            assistant(AudioPart(data=b"x", transcript="Hi")),
            {"role": "assistant", "content": "Hi"},
            id="audio that nobody keeps",
        ),
    ],
)
def test_a_message_is_written(message: Message, expected: dict[str, Any]) -> None:
    assert written(message) == [expected]


def test_instructions_can_have_another_role() -> None:
    dialect = Dialect(name="vendor", system_role="developer")
    assert written(system("Be brief."), dialect=dialect)[0]["role"] == "developer"


def test_several_results_in_one_message_become_several_messages() -> None:
    message = Message("tool", (ToolResult("c1", (TextPart("a"),)), ToolResult("c2")))
    assert written(message) == [
        {"role": "tool", "tool_call_id": "c1", "content": "a"},
        {"role": "tool", "tool_call_id": "c2", "content": ""},
    ]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        pytest.param(
            ImagePart(data=b"png", media_type="image/png", detail="low"),
            {
                "type": "image_url",
                "image_url": {"url": "data:image/png;base64,cG5n", "detail": "low"},
            },
            id="an image",
        ),
        pytest.param(
            ImagePart(url="https://x.example/a.png"),
            {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}},
            id="an image by URL",
        ),
        pytest.param(
            AudioPart(data=b"mp3", media_type="audio/mpeg"),
            {"type": "input_audio", "input_audio": {"data": "bXAz", "format": "mp3"}},
            id="audio",
        ),
        pytest.param(
            AudioPart(data=b"wav", media_type="Audio/X-WAV; codecs=1"),
            {"type": "input_audio", "input_audio": {"data": "d2F2", "format": "wav"}},
            id="audio with a codec",
        ),
        pytest.param(
            FilePart(data=b"mp4", media_type="Video/MP4"),
            {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,bXA0"}},
            id="a video in capitals",
        ),
        pytest.param(
            FilePart(data=b"pdf", media_type="application/pdf"),
            {
                "type": "file",
                "file": {"filename": "file.pdf", "file_data": "data:application/pdf;base64,cGRm"},
            },
            id="a file without a name",
        ),
        pytest.param(
            FilePart(data=b"hi", media_type="text/plain; charset=utf-8"),
            {
                "type": "file",
                "file": {
                    "filename": "file.txt",
                    "file_data": "data:text/plain; charset=utf-8;base64,aGk=",
                },
            },
            id="a text without a name",
        ),
        pytest.param(
            FilePart(data=b"?", media_type="application/x-own"),
            {
                "type": "file",
                "file": {
                    "filename": "file.x-own",
                    "file_data": "data:application/x-own;base64,Pw==",
                },
            },
            id="a file of an unknown type without a name",
        ),
        pytest.param(
            FilePart(data=b"?", name="a.bin"),
            {
                "type": "file",
                "file": {
                    "filename": "a.bin",
                    "file_data": "data:application/octet-stream;base64,Pw==",
                },
            },
            id="a file without a type",
        ),
        pytest.param(
            FilePart(file_id="file-1"), {"type": "file", "file": {"file_id": "file-1"}}, id="its id"
        ),
        pytest.param(
            FilePart(url="https://x.example/a.pdf", name="a.pdf"),
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://x.example/a.pdf"}},
            id="a file by URL",
        ),
        pytest.param(
            FilePart(url="https://x.example/a.mp4", media_type="video/mp4"),
            {"type": "video_url", "video_url": {"url": "https://x.example/a.mp4"}},
            id="a video",
        ),
    ],
)
def test_a_medium_is_written(part: ImagePart, expected: dict[str, Any]) -> None:
    assert written(user("See:", part))[0]["content"] == [{"type": "text", "text": "See:"}, expected]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        pytest.param(
            ImagePart(data=b"x", media_type="image/png"),
            "an image of type image/png",
            id="an image",
        ),
        pytest.param(ImagePart(url="https://x.example"), "an image by URL", id="its address"),
        pytest.param(ImagePart(file_id="f"), "an image by file id", id="its id"),
        pytest.param(
            AudioPart(data=b"x", media_type="audio/wav"), "audio of type audio/wav", id="audio"
        ),
        pytest.param(AudioPart(data=b"x"), "audio", id="audio of unknown type"),
        pytest.param(AudioPart(url="https://x.example"), "audio by URL", id="audio by URL"),
        pytest.param(FilePart(data=b"x"), "a file", id="a file"),
        pytest.param(FilePart(url="https://x.example"), "a file by URL", id="a file by URL"),
        pytest.param(
            FilePart(data=b"x", media_type="video/mp4"), "a video of type video/mp4", id="a video"
        ),
        pytest.param(ToolCall("c", "now"), "a tool call", id="a tool call"),
    ],
)
def test_unsupported_parts_of_a_user_message_raise(part: Any, words: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        written(user("Hi"), user(part), dialect=BARE)
    assert f" {words} in a user message (message 1); omit" in str(caught.value)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        pytest.param(
            system(ImagePart(url="https://x.example")), "an image by URL in a system", id="system"
        ),
        pytest.param(
            assistant(ToolResult("c1")), "a tool result in an assistant message", id="model"
        ),
        pytest.param(
            tool_result("c1", AudioPart(data=b"x", media_type="audio/ogg")),
            "audio of type audio/ogg in the result of the tool 'c1'",
            id="result",
        ),
        pytest.param(Message("tool", (TextPart("x"),)), "text in a tool message", id="tool"),
    ],
)
def test_misplaced_parts_raise(message: Message, words: str) -> None:
    with pytest.raises(UnsupportedError, match=words):
        written(message)


def test_images_of_tools_and_models_are_shown_by_the_user() -> None:
    image = ImagePart(data=b"png", media_type="image/png")
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}}
    result, shown, reply, again = written(
        tool_result("c1", image), assistant("Here:", image, AudioPart(data=b"x")), user("Bigger.")
    )
    assert result["content"] == "The result is in the next message."
    assert shown["content"] == [
        {"type": "text", "text": "From the result of the tool c1:"},
        part,
    ]
    assert reply["content"] == "Here:"
    assert again["content"] == [
        {"type": "text", "text": "From the assistant:"},
        part,
        {"type": "text", "text": "Bigger."},
    ]


def test_a_tool_result_can_contain_an_image_if_the_dialect_allows_it() -> None:
    dialect = Dialect(name="vendor", result_inputs=frozenset({"image"}))
    image = ImagePart(data=b"png", media_type="image/png")
    assert written(tool_result("c1", image), dialect=dialect)[0]["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}}
    ]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        pytest.param(VENDOR, {}, id="not wanted"),
        pytest.param(
            Dialect(name="vendor", reasoning_field="reasoning_content"),
            {"reasoning_content": "Hm. Ah."},
            id="as text",
        ),
        pytest.param(
            Dialect(name="vendor", reasoning_details=True),
            {"reasoning_details": [{"n": 1}]},
            id="as details",
        ),
        pytest.param(
            Dialect(name="stranger", reasoning_details=True, reasoning_field="reasoning"),
            {"reasoning": "Hm. Ah."},
            id="of another vendor",
        ),
    ],
)
def test_reasoning_is_sent_back_in_the_field_of_the_vendor(
    dialect: Dialect, expected: dict[str, Any]
) -> None:
    parts = ReasoningPart("Hm.", MINE), ReasoningPart(" Ah.", THEIRS), ReasoningPart()
    assert written(assistant(*parts, "42"), dialect=dialect) == [
        {"role": "assistant", "content": "42", **expected}
    ]


def test_opaque_state_is_sent_back_only_to_its_vendor() -> None:
    mine, theirs = ProviderState("vendor", {"extra": 1}), ProviderState("other", {"extra": 2})
    message = assistant(
        ProviderPart(mine),
        ProviderPart(theirs),
        ToolCall("c", "now", "{}", ProviderState("vendor", {"x": 3})),
    )
    call = {"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}, "x": 3}
    assert written(message) == [
        {"role": "assistant", "content": None, "extra": 1, "tool_calls": [call]}
    ]


APART = Dialect(name="vendor", text_fields=frozenset({"mark"}))


def test_several_texts_of_the_model_stay_apart_if_the_vendor_accepts_them() -> None:
    texts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert written(assistant("a", "b"), dialect=APART) == [{"role": "assistant", "content": texts}]
    assert written(assistant("a"), dialect=APART) == [{"role": "assistant", "content": "a"}]


def test_options_of_a_text_of_the_model_are_sent_with_it() -> None:
    options = ProviderPart(ProviderState("vendor", {"mark": 1, "prefix": True}))
    text = {"type": "text", "text": "a", "mark": 1}
    assert written(assistant("a", options), dialect=APART) == [
        {"role": "assistant", "content": [text], "prefix": True}
    ]


def test_options_without_a_text_of_the_model_raise() -> None:
    options = ProviderPart(ProviderState("vendor", {"mark": 1}))
    with pytest.raises(UnsupportedError, match=r"'mark' of a text .* \(message 0\)"):
        written(assistant(options, ToolCall("c1", "now", "{}")), dialect=APART)


def test_options_without_a_part_of_the_user_raise() -> None:
    options = ProviderPart(ProviderState("vendor", {"mark": 1}))
    with pytest.raises(UnsupportedError, match=r"options before any part in a user message"):
        written(user(options, "Hi"))


def test_two_recordings_of_the_model_raise() -> None:
    spoken = AudioPart(file_id="a1"), AudioPart(file_id="a2")
    with pytest.raises(UnsupportedError, match="a second audio in an assistant message"):
        written(assistant(*spoken))


def test_opaque_state_of_another_form_is_left_out() -> None:
    dialect = Dialect(name="vendor", reasoning_details=True)
    odd = ProviderState("vendor", 5)
    message = assistant(ProviderPart(odd), ReasoningPart("Hm.", odd), "42")
    assert written(message, dialect=dialect) == [{"role": "assistant", "content": "42"}]


def test_reasoning_and_other_vendors_parts_are_left_out_elsewhere() -> None:
    message = system("Be brief.", ReasoningPart("Hm."), ProviderPart(THEIRS))
    assert written(message) == [{"role": "system", "content": "Be brief."}]


def test_reasoning_can_be_sent_back_as_a_part_of_the_content() -> None:
    dialect = Dialect(name="vendor", reasoning_field="content")
    mine = ProviderState("vendor", {"type": "thinking", "signature": "s"})
    message = assistant(ReasoningPart("Hm.", mine), ReasoningPart("Ah.", THEIRS), "42")
    assert written(message, dialect=dialect) == [
        {
            "role": "assistant",
            "content": [
                {
                    "type": "thinking",
                    "thinking": [{"type": "text", "text": "Hm."}],
                    "signature": "s",
                },
                {"type": "text", "text": "42"},
            ],
        }
    ]


def test_parts_of_the_content_without_a_neutral_type_are_sent_back_unchanged() -> None:
    file = {"type": "file", "file_id": "f"}
    message = assistant(
        "Here:", ProviderPart(ProviderState("vendor", {"content": [file], "steps": [1], "x": 1}))
    )
    assert written(message) == [
        {"role": "assistant", "content": [{"type": "text", "text": "Here:"}, file], "x": 1}
    ]


def test_audio_of_other_vendors_is_sent_as_its_transcript() -> None:
    spoken = assistant(AudioPart(file_id="audio_1", transcript="Hi"))
    assert written(spoken, dialect=BARE) == [{"role": "assistant", "content": "Hi"}]


def test_audio_by_url_is_sent_if_the_dialect_accepts_it() -> None:
    dialect = Dialect(name="vendor", inputs=frozenset({"audio_url"}))
    audio = AudioPart(url="https://acme.example/a.mp3", media_type="Audio/MPEG; codecs=1")
    assert written(user(audio), dialect=dialect)[0]["content"] == [
        {
            "type": "input_audio",
            "input_audio": {"data": "https://acme.example/a.mp3", "format": "mp3"},
        }
    ]


def test_a_custom_call_is_sent_back_as_free_text() -> None:
    custom = ProviderState("vendor", {"type": "custom"})
    (message,) = written(
        assistant(
            ToolCall("a", "sql", '{"input":"SELECT 1"}', custom),
            ToolCall("b", "sql", '{"input":"SEL', custom),
        )
    )
    assert message["tool_calls"] == [
        {"id": "a", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}},
        {"id": "b", "type": "custom", "custom": {"name": "sql", "input": '{"input":"SEL'}},
    ]


def test_a_custom_call_of_another_vendor_is_sent_as_a_function() -> None:
    custom = ProviderState("other", {"type": "custom"})
    (message,) = written(assistant(ToolCall("a", "sql", '{"input":"SELECT 1"}', custom)))
    assert message["tool_calls"][0]["function"]["arguments"] == '{"input":"SELECT 1"}'


def test_arguments_that_were_cut_off_are_sent_back_as_an_object() -> None:
    (message,) = written(assistant(ToolCall("a", "tide", '{"port": "Br')))
    (call,) = message["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"invalid_json": '{"port": "Br'}


def test_thinking_blocks_are_sent_back_to_their_sender() -> None:
    blocks = [{"type": "thinking", "thinking": "Hm.", "signature": "s"}]
    state = {"thinking_blocks": blocks}
    mine = ReasoningPart("Hm.", ProviderState("vendor", state))
    theirs = ReasoningPart("Hm.", ProviderState("other", state))
    (message,) = written(assistant(mine, "Yes."))
    assert message == {"role": "assistant", "content": "Yes.", "thinking_blocks": blocks}
    assert written(assistant(theirs, "Yes.")) == [{"role": "assistant", "content": "Yes."}]


@pytest.mark.parametrize(
    ("results", "roles"),
    [
        (["2", "1"], ["user", "assistant", "tool", "assistant", "tool", "user"]),
        (["1"], ["user", "assistant", "tool", "user"]),
    ],
)
def test_calls_of_one_turn_can_be_sent_one_by_one(results: list[str], roles: list[str]) -> None:
    calls = tuple(ToolCall(each, "clock", "{}") for each in ("1", "2"))
    sent = written(
        user("?"),
        Message("assistant", (TextPart("One moment"), *calls)),
        Message("tool", tuple(ToolResult(each, (TextPart(each),)) for each in results)),
        user("!"),
        dialect=Dialect(name="vendor", adapt=split_parallel_calls),
    )

    assert [message["role"] for message in sent] == roles
    assert [message["content"] for message in sent[1:3]] == ["One moment", "1"]
    split = [len(message["tool_calls"]) for message in sent if message["role"] == "assistant"]
    assert split == ([1, 1] if len(results) > 1 else [2])
