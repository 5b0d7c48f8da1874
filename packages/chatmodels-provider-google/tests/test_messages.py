"""Conversations are encoded as contents."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    ChatRequest,
    Citation,
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
from chatmodels.providers.google import part_options
from chatmodels.providers.google._codec import Paths, gemini_codec
from chatmodels.providers.google._encode import GEMINI_SETTINGS
from chatmodels.providers.google._messages import UNSIGNED

CODEC = gemini_codec("google", GEMINI_SETTINGS, Paths("/v1beta"))
OLD, NEW = "gemini-2.5-flash", "gemini-3.5-flash"
SIGNED = ProviderState("google", {"thoughtSignature": "c2ln"})
FOREIGN = ProviderState("anthropic", {"thoughtSignature": "Zm9yZWlnbg=="})
PIXEL = ImagePart(data=b"png", media_type="image/png")
INLINE = {"inlineData": {"mimeType": "image/png", "data": "cG5n"}}


def body(*messages: Message, model: str = OLD) -> dict[str, Any]:
    negotiated, _ = negotiate(
        ChatRequest(messages=messages), CODEC.profile(model), provider="google"
    )
    encoded = CODEC.encode(model, negotiated, stream=False)
    return json.loads(encoded.body)


def model_contents(*parts: Any, model: str = OLD) -> Any:
    return body(user("?"), assistant(*parts), user("!"), model=model)["contents"][1:-1]


def test_all_instructions_stand_above() -> None:
    made = body(system("Be brief."), user("a"), assistant("b"), system("Be kind."), user("c"))
    assert made["systemInstruction"] == {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]}
    assert [content["role"] for content in made["contents"]] == ["user", "model", "user"]


def test_neighbours_of_one_role_are_one() -> None:
    made = body(user("a"), user("b"), assistant("c"), assistant("d"), user("e"))
    assert [(content["role"], len(content["parts"])) for content in made["contents"]] == [
        ("user", 2),
        ("model", 2),
        ("user", 1),
    ]


@pytest.mark.parametrize(
    ("part", "encoded"),
    [
        (TextPart("Hi", (Citation(url="https://a"),)), [{"text": "Hi"}]),
        (TextPart("Hi", signature=SIGNED), [{"text": "Hi", "thoughtSignature": "c2ln"}]),
        (TextPart("", signature=SIGNED), [{"text": "", "thoughtSignature": "c2ln"}]),
        (TextPart("Hi", signature=FOREIGN), [{"text": "Hi"}]),
        (RefusalPart("No."), [{"text": "No."}]),
        (
            ReasoningPart("Hm", SIGNED),
            [{"text": "Hm", "thought": True, "thoughtSignature": "c2ln"}],
        ),
        (
            ProviderPart(ProviderState("google", {"executableCode": {"code": "1"}})),
            [{"executableCode": {"code": "1"}}],
        ),
        (AudioPart(data=b"wav", media_type="audio/wav", transcript="Hello"), [{"text": "Hello"}]),
    ],
    ids=repr,
)
def test_messages_of_the_model_are_sent_back(part: Any, encoded: Any) -> None:
    assert model_contents(part) == [{"role": "model", "parts": encoded}]


@pytest.mark.parametrize(
    "part",
    [
        TextPart(""),
        TextPart("", signature=FOREIGN),
        RefusalPart(""),
        ReasoningPart("Hm"),
        ReasoningPart("Hm", FOREIGN),
        ProviderPart(ProviderState("anthropic", {"type": "server_tool_use"})),
    ],
    ids=repr,
)
def test_empty_content_and_content_of_other_vendors_is_left_out(part: Any) -> None:
    assert model_contents(part) == []


def test_calls_have_their_ids_and_signatures() -> None:
    call = ToolCall("call_1", "weather", '{"city": "Oslo"}', SIGNED)
    assert model_contents(call) == [
        {
            "role": "model",
            "parts": [
                {
                    "functionCall": {"name": "weather", "args": {"city": "Oslo"}, "id": "call_1"},
                    "thoughtSignature": "c2ln",
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [("", {}), ("null", {}), ('{"city": "Os', {"invalid_json": '{"city": "Os'})],
)
def test_arguments_are_always_an_object(arguments: str, sent: Any) -> None:
    [content] = model_contents(ToolCall("", "weather", arguments))
    assert content["parts"] == [{"functionCall": {"name": "weather", "args": sent}}]


def test_the_first_call_of_a_turn_is_marked_if_signatures_are_required() -> None:
    calls = [ToolCall("1", "a", "{}", FOREIGN), ToolCall("2", "b", "{}")]
    [content] = model_contents("Let me see.", *calls, model=NEW)
    assert [part.get("thoughtSignature") for part in content["parts"]] == [None, UNSIGNED, None]
    [signed] = model_contents(ToolCall("1", "a", "{}", SIGNED), calls[1], model=NEW)
    assert [part.get("thoughtSignature") for part in signed["parts"]] == ["c2ln", None]
    [old] = model_contents(*calls)
    assert all("thoughtSignature" not in part for part in old["parts"])


def results(*content: Any, model: str = OLD, is_error: bool = False) -> list[Any]:
    call = ToolCall("c1", "weather", "{}")
    made = body(
        user("?"), assistant(call), tool_result("c1", *content, is_error=is_error), model=model
    )
    assert made["contents"][2]["role"] == "user"
    return made["contents"][2]["parts"]


@pytest.mark.parametrize(
    ("text", "is_error", "response"),
    [
        ("7 C", False, {"output": "7 C"}),
        ('{"celsius": 7}', False, {"celsius": 7}),
        ("[1, 2]", False, {"output": "[1, 2]"}),
        # The API looks for a medium of the name in a `$ref`.
        ('{"$ref": "#/a"}', False, {"output": '{"$ref": "#/a"}'}),
        ('{"a": [{"b": {"$ref": 1}}]}', False, {"output": '{"a": [{"b": {"$ref": 1}}]}'}),
        ('{"a": [{"b": "$ref"}]}', False, {"a": [{"b": "$ref"}]}),
        ("which city?", True, {"error": "which city?"}),
        ('{"celsius": 7}', True, {"error": '{"celsius": 7}'}),
    ],
)
def test_results_are_objects(text: str, is_error: bool, response: Any) -> None:
    assert results(text, is_error=is_error) == [
        {"functionResponse": {"name": "weather", "response": response, "id": "c1"}}
    ]


def test_a_result_without_an_id_is_sent_without_one() -> None:
    call, result = ToolCall("", "weather", "{}"), ToolResult("", (TextPart("7 C"),))
    made = body(user("?"), assistant(call), tool_result(result))
    assert made["contents"][2]["parts"] == [
        {"functionResponse": {"name": "weather", "response": {"output": "7 C"}}}
    ]


def test_images_are_parts_of_results_for_models_that_accept_them() -> None:
    [result] = results("Here.", PIXEL, model=NEW)
    assert result["functionResponse"]["response"] == {"output": "Here."}
    assert result["functionResponse"]["parts"] == [INLINE]


@pytest.mark.parametrize(
    "part",
    [
        ImagePart(url="https://a.example/cat.png"),
        AudioPart(data=b"wav", media_type="audio/wav"),
        FilePart(data=b"mp4", media_type="video/mp4"),
    ],
    ids=lambda part: part.type,
)
def test_content_that_results_cannot_contain_follows_them(part: Any) -> None:
    result, words, medium = results("Here.", part, model=NEW)
    assert "parts" not in result["functionResponse"]
    assert words == {"text": "From the result of the tool c1:"}
    assert medium.keys() <= {"fileData", "inlineData"}


def test_the_resolution_of_images_in_results_is_not_chosen() -> None:
    image = ImagePart(data=b"png", media_type="image/png", detail="low")
    [result] = results(image, model=NEW)
    assert result["functionResponse"]["parts"] == [INLINE]


def test_images_in_results_follow_for_older_models() -> None:
    result, words, image = results("Here.", PIXEL)
    assert result["functionResponse"]["response"] == {"output": "Here."}
    assert words == {"text": "From the result of the tool c1:"}
    assert image == INLINE


@pytest.mark.parametrize("model", ["gemini-3-pro-image", "gemini-nano-banana-2.1"])
def test_images_of_a_model_are_its_own_for_models_that_generate_images(model: str) -> None:
    drawn = ImagePart(data=b"png", media_type="image/png", signature=SIGNED)
    assert model_contents(drawn, model=model) == [
        {"role": "model", "parts": [{**INLINE, "thoughtSignature": "c2ln"}]}
    ]
    made = body(user("?"), assistant(drawn), user("!"), model=NEW)
    assert made["contents"] == [
        {
            "role": "user",
            "parts": [{"text": "?"}, {"text": "From the assistant:"}, INLINE, {"text": "!"}],
        }
    ]


@pytest.mark.parametrize(
    ("part", "encoded"),
    [
        (
            ImagePart(url="https://a.example/cat.png?x=1"),
            {"fileData": {"fileUri": "https://a.example/cat.png?x=1", "mimeType": "image/png"}},
        ),
        (
            FilePart(url="https://youtu.be/abc"),
            {"fileData": {"fileUri": "https://youtu.be/abc"}},
        ),
        (
            FilePart(file_id="files/abc", media_type="application/pdf"),
            {
                "fileData": {
                    "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc",
                    "mimeType": "application/pdf",
                }
            },
        ),
        (
            FilePart(file_id="gs://bucket/film.mp4"),
            {"fileData": {"fileUri": "gs://bucket/film.mp4", "mimeType": "video/mp4"}},
        ),
        (
            AudioPart(data=b"mp3", media_type="audio/mpeg"),
            {"inlineData": {"mimeType": "audio/mpeg", "data": "bXAz"}},
        ),
        (
            AudioPart(data=b"pcm", media_type="audio/l16; rate=16000"),
            {"inlineData": {"mimeType": "audio/l16; rate=16000", "data": "cGNt"}},
        ),
    ],
    ids=repr,
)
def test_media_of_users(part: Any, encoded: Any) -> None:
    assert body(user(part))["contents"] == [{"role": "user", "parts": [encoded]}]


@pytest.mark.parametrize(
    ("detail", "model", "resolution"),
    [
        ("low", NEW, {"level": "MEDIA_RESOLUTION_LOW"}),
        ("original", NEW, {"level": "MEDIA_RESOLUTION_ULTRA_HIGH"}),
        ("auto", NEW, None),
        ("low", OLD, None),
    ],
)
def test_the_resolution_of_images_is_sent_if_supported(
    detail: Any, model: str, resolution: Any
) -> None:
    image = ImagePart(data=b"png", media_type="image/png", detail=detail)
    [part] = body(user(image), model=model)["contents"][0]["parts"]
    assert part.get("mediaResolution") == resolution


def test_all_unsupported_content_is_reported_in_one_error() -> None:
    call = ToolCall("1", "f", "{}")
    conversation = (
        user("?"),
        user(call, RefusalPart("No.")),
        tool_result("gone", "7"),
    )
    with pytest.raises(UnsupportedError) as caught:
        body(*conversation)
    message = str(caught.value)
    for words in (
        "a tool call in a message of role 'user' (message 1)",
        "a refusal in a message of role 'user' (message 1)",
        "the result of 'gone' without a preceding call or a name; pass name= (message 2)",
    ):
        assert words in message


def test_media_that_are_not_accepted_are_refused_all_at_once() -> None:
    with pytest.raises(UnsupportedError) as caught:
        body(system("Be brief.", PIXEL), user(ImagePart(), FilePart(data=b"?")))
    for words in (
        "an image of type image/png in a system message (message 0)",
        "an image without data, url or file_id in a user message (message 1)",
        "a file in a user message (message 1)",
    ):
        assert words in caught.value.message


def test_a_final_model_message_is_refused_for_models_that_refuse_it() -> None:
    with pytest.raises(UnsupportedError, match="ends with a message of the model"):
        body(user("?"), assistant("Well,"), model="gemini-3.6-flash")
    assert body(user("?"), assistant("Well,"), model=NEW)["contents"][-1]["role"] == "model"
    assert body(system("Be brief."), model="gemini-3.6-flash")["contents"] == []


def test_options_are_added_to_the_part_before_them() -> None:
    clip = part_options(videoMetadata={"startOffset": "30s"}, mediaResolution={"level": "LOW"})
    film = FilePart(url="https://example.com/1.mp4", media_type="video/mp4")
    foreign = ProviderPart(ProviderState("anthropic", {"videoMetadata": {}}))
    (content,) = body(user(clip, film, clip, foreign, "What happens?"))["contents"]
    assert content["parts"] == [
        {
            "fileData": {"fileUri": "https://example.com/1.mp4", "mimeType": "video/mp4"},
            "videoMetadata": {"startOffset": "30s"},
            "mediaResolution": {"level": "LOW"},
        },
        {"text": "What happens?"},
    ]


def test_part_options_move_with_generated_media_and_code_does_not() -> None:
    clip = part_options(mediaResolution={"level": "LOW"})
    code = ProviderPart(ProviderState("google", {"executableCode": {"code": "1"}}))
    contents = body(user("?"), assistant(PIXEL, clip, code), user("!"))["contents"]
    assert contents[1]["parts"] == [{"executableCode": {"code": "1"}}]
    assert contents[2]["parts"][1] == INLINE | {"mediaResolution": {"level": "LOW"}}
