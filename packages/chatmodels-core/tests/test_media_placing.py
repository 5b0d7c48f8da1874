"""Media of a conversation, placed where a model accepts them."""

import copy
import pickle
from collections.abc import Callable

import pytest

from chatmodels.core import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    ProviderPart,
    Settings,
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
from chatmodels.core.extending import (
    AcceptedMedia,
    NumberedMessages,
    Profile,
    ProviderState,
    numbered,
    text_of,
)

PICTURE = ImagePart(data=b"png", media_type="image/png")
SPOKEN = AudioPart(data=b"wav", media_type="audio/wav", transcript="Good day.")
AUDIO = AudioPart(data=b"wav", media_type="audio/wav")
TEXT = FilePart(data="größe".encode(), media_type="text/csv")
IMAGES = (AcceptedMedia(kind="image"),)
NOTHING = Profile(user_media=(), assistant_media=(), result_media=())
SEEING = Profile(user_media=IMAGES, assistant_media=(), result_media=())


def placed(
    *messages: Message, profile: Profile = SEEING, lenient: bool = False
) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    request, warnings = negotiate(
        ChatRequest(messages=messages),
        profile,
        provider="acme",
        on_unsupported="warn" if lenient else "error",
    )
    return request.messages, warnings


def refusal(*messages: Message, profile: Profile = SEEING) -> str:
    with pytest.raises(UnsupportedError) as caught:
        placed(*messages, profile=profile)
    return caught.value.message


def is_accepted(part: Part, *accepted: AcceptedMedia, scope: str | None = None) -> bool:
    profile = Profile(user_media=accepted, assistant_media=(), state_scope=scope)
    (message,), warnings = placed(user(part), profile=profile, lenient=True)
    return message.parts == (part,) and not warnings


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(Profile(), id="without rules"),
        pytest.param(Profile(user_media=()), id="without rules for the places"),
        pytest.param(
            Profile(user_media=(), assistant_media=IMAGES, result_media=IMAGES), id="accepted"
        ),
    ],
)
def test_a_conversation_that_fits_stays_the_same_object(profile: Profile) -> None:
    messages = (user("?"), assistant("!", PICTURE), tool_result("a", "Look:", PICTURE))
    request = ChatRequest(messages=messages)
    found, warnings = negotiate(request, profile, provider="acme")
    assert found is request
    assert warnings == ()


def test_a_message_that_fits_stays_the_same_object_beside_others() -> None:
    messages = (user("?", PICTURE), assistant(SPOKEN), user("!"))
    found, _ = placed(*messages)
    assert [item is given for item, given in zip(found, messages, strict=True)] == [
        True,
        False,
        True,
    ]


def test_media_of_the_model_move_to_the_next_message_of_the_user() -> None:
    found, warnings = placed(user("Draw."), assistant("Here:", PICTURE, SPOKEN), user("Bigger."))
    assert warnings == ()
    assert found == (
        user("Draw."),
        assistant("Here:", TextPart("Good day.")),
        user("From the assistant:", PICTURE, "Bigger."),
    )


def test_media_of_the_model_are_omitted_with_a_warning_if_not_accepted_anywhere() -> None:
    found, warnings = placed(user("?"), assistant(PICTURE), assistant("!", AUDIO), profile=NOTHING)
    assert found == (user("?"), assistant("!"))
    assert warnings == (
        (
            "acme does not support an image of type image/png in an assistant message (message 1): "
            "omitted"
        ),
        (
            "acme does not support audio of type audio/wav in an assistant message (message 2): "
            "omitted"
        ),
    )


def test_a_text_file_of_the_model_goes_to_the_user_as_text() -> None:
    found, _ = placed(assistant("Here:", TEXT), profile=NOTHING)
    assert found == (assistant("Here:"), user("From the assistant:", "größe"))


def test_media_of_tools_move_after_all_results_of_a_turn() -> None:
    calls = assistant(ToolCall("a", "draw"), ToolCall("b", "draw"))
    found, warnings = placed(
        calls,
        tool_result(ToolResult("a", (TextPart("done"), PICTURE), "draw")),
        Message("tool", (ToolResult("b", (PICTURE,), is_error=True),)),
        assistant("Fine."),
    )
    assert warnings == ()
    assert found == (
        calls,
        tool_result(ToolResult("a", (TextPart("done"),), "draw")),
        Message(
            "tool",
            (ToolResult("b", (TextPart("The result is in the next message."),), is_error=True),),
        ),
        user(
            "From the result of the tool draw:", PICTURE, "From the result of the tool b:", PICTURE
        ),
        assistant("Fine."),
    )


def test_media_of_the_last_tool_are_in_a_separate_message() -> None:
    found, _ = placed(tool_result("a", PICTURE))
    assert found[-1] == user("From the result of the tool a:", PICTURE)


def test_results_among_the_parts_of_the_user_are_followed_by_their_media() -> None:
    options = ProviderPart(ProviderState("acme", {"cache": True}))
    first, second = (ToolResult(name, (TextPart("done"), PICTURE)) for name in "ab")
    results = [ToolResult(name, (TextPart("done"),)) for name in "ab"]
    shown_a = (TextPart("From the result of the tool a:"), PICTURE)
    shown_b = (TextPart("From the result of the tool b:"), PICTURE)
    found, _ = placed(user(first, options, second, "And?"), user(second))
    assert found == (
        user(results[0], options, results[1], *shown_a, *shown_b, "And?"),
        user(results[1], *shown_b),
    )


@pytest.mark.parametrize("place", ["user", "system", "result"])
def test_a_text_file_is_its_text_and_audio_its_transcript_if_there_is_no_place(place: str) -> None:
    def turn(*parts: str | TextPart | FilePart | AudioPart) -> Message:
        if place == "result":
            return tool_result("a", *parts)
        return system(*parts) if place == "system" else user(*parts)

    found, warnings = placed(turn("See.", TEXT, SPOKEN))
    assert found == (turn("See.", "größe", "Good day."),)
    assert warnings == ()


def test_everything_that_is_not_accepted_is_refused_at_once() -> None:
    request = ChatRequest(
        messages=(
            system(PICTURE),
            user(AUDIO, FilePart(url="https://a.example/f.mp4", media_type="video/mp4")),
            tool_result(ToolResult("a", (FilePart(data=b"\0"),), "look")),
            Message("tool", (ImagePart(),)),
        ),
        settings=Settings(top_k=1),
    )
    profile = Profile(settings={}, user_media=(), assistant_media=(), result_media=())
    with pytest.raises(UnsupportedError) as caught:
        negotiate(request, profile, provider="acme")
    assert caught.value.message == (
        "acme does not support top_k, an image of type image/png in a system message (message 0), "
        "audio of type audio/wav in a user message (message 1), "
        "a video of type video/mp4 by URL in a user message (message 1), "
        "a file in the result of the tool 'look' (message 2), "
        "an image without data, url or file_id in a tool message (message 3); omit it, or "
        'create the model with on_unsupported="warn" to omit it with a warning; '
        "provider_options send the field unchecked"
    )


def test_an_error_about_media_does_not_suggest_provider_options() -> None:
    assert "provider_options" not in refusal(user(AUDIO))


def test_media_that_are_not_accepted_become_a_line_of_text_with_a_warning() -> None:
    found, warnings = placed(
        user("Listen:", AUDIO),
        tool_result(ToolResult("a", (FilePart(data=b"\0", media_type="application/zip"),), "zip")),
        lenient=True,
    )
    assert found == (
        user("Listen:", "[audio of type audio/wav is omitted: the model does not accept it]"),
        tool_result(
            ToolResult(
                "a",
                (
                    TextPart(
                        "[a file of type application/zip is omitted: the model does not accept it]"
                    ),
                ),
                "zip",
            )
        ),
    )
    assert warnings == (
        (
            "acme does not support audio of type audio/wav in a user message (message 0): "
            "replaced by a line of text"
        ),
        (
            "acme does not support a file of type application/zip in the result of the tool 'zip' "
            "(message 1): replaced by a line of text"
        ),
    )


@pytest.mark.parametrize("lenient", [False, True])
def test_placed_media_do_not_move_when_placed_again(lenient: bool) -> None:
    messages = [user("?", TEXT), assistant(PICTURE), tool_result("a", PICTURE, TEXT)]
    if lenient:
        messages.append(user(AUDIO))
    once, _ = placed(*messages, lenient=lenient)
    twice, warnings = placed(*once, lenient=lenient)
    assert [item is given for item, given in zip(twice, once, strict=True)] == [True] * len(once)
    assert warnings == ()


@pytest.mark.parametrize(
    ("part", "accepted", "expected"),
    [
        (PICTURE, AcceptedMedia(kind="image"), True),
        (PICTURE, AcceptedMedia(kind="audio"), False),
        (PICTURE, AcceptedMedia(kind="image", sources=("url", "file_id")), False),
        (PICTURE, AcceptedMedia(kind="image", types=("image/png",)), True),
        (PICTURE, AcceptedMedia(kind="image", types=("image/",)), True),
        (PICTURE, AcceptedMedia(kind="image", types=("image/pn",)), False),
        (PICTURE, AcceptedMedia(kind="image", without=("image/png",)), False),
        (PICTURE, AcceptedMedia(kind="image", max_bytes=3), True),
        (PICTURE, AcceptedMedia(kind="image", max_bytes=2), False),
        (FilePart(data=b"\0"), AcceptedMedia(kind="file", without=("application/oct",)), False),
        (FilePart(data=b"\0"), AcceptedMedia(kind="file", types=("text/",)), False),
        (
            ImagePart(url="s3://a/B.PNG"),
            AcceptedMedia(kind="image", sources=("url",), types=(".png",), url_prefix="s3://"),
            True,
        ),
        (
            ImagePart(url="s3://a/b.gif"),
            AcceptedMedia(kind="image", sources=("url",), types=(".png",)),
            False,
        ),
        (
            ImagePart(url="https://a/b.png"),
            AcceptedMedia(kind="image", sources=("url",), url_prefix="s3://"),
            False,
        ),
        (
            ImagePart(file_id="f"),
            AcceptedMedia(kind="image", sources=("file_id",), max_bytes=1, as_text=True),
            True,
        ),
        (ImagePart(file_id="f"), AcceptedMedia(kind="image", types=("image/png",)), False),
        (TEXT, AcceptedMedia(kind="file", as_text=True), True),
        (
            FilePart(data=b"\xff", media_type="text/csv"),
            AcceptedMedia(kind="file", as_text=True),
            False,
        ),
    ],
    ids=str,
)
def test_a_medium_is_accepted_by_its_kind_source_type_and_size(
    part: Part, accepted: AcceptedMedia, expected: bool
) -> None:
    assert is_accepted(part, accepted) is expected


@pytest.mark.parametrize(
    ("signature", "scope", "expected"),
    [
        (None, None, False),
        (ProviderState("other", {}), None, False),
        (ProviderState("acme", {}), "a.example", True),
        (ProviderState("acme", {}, "a.example"), "a.example", True),
        (ProviderState("acme", {}, "b.example"), "a.example", False),
    ],
)
def test_a_place_may_be_for_the_models_own_media(
    signature: ProviderState | None, scope: str | None, expected: bool
) -> None:
    part = ImagePart(data=b"png", media_type="image/png", signature=signature)
    assert is_accepted(part, AcceptedMedia(kind="image", state="acme"), scope=scope) is expected


def test_a_medium_with_several_sources_keeps_the_accepted_one() -> None:
    part = ImagePart(data=b"svg", url="https://a/b.png", file_id="f", media_type="image/svg+xml")
    profile = Profile(
        user_media=(
            AcceptedMedia(kind="image", types=("image/png",)),
            AcceptedMedia(kind="image", sources=("url",)),
        )
    )
    found, _ = placed(user(part), profile=profile)
    assert found == (user(ImagePart(url="https://a/b.png", media_type="image/svg+xml")),)


@pytest.mark.parametrize(
    ("part", "hint"),
    [
        (
            FilePart(data=b"\xff", media_type="text/plain"),
            ' (not UTF-8; add its charset to media_type, as in "text/plain; charset=latin-1")',
        ),
        (FilePart(data=b"", media_type="text/plain"), " (it is empty)"),
        (FilePart(data=b"\xef\xbb\xbf", media_type="text/plain"), " (it is empty)"),
        (ImagePart(data=b"", media_type="image/png"), " (it is empty)"),
        (ImagePart(data=b"12345", media_type="image/png"), " (at most 4 bytes)"),
        (ImagePart(data=b"1", media_type="image/bmp"), " (supported: image/png)"),
        (ImagePart(file_id="f"), " (supported: as bytes, by URL)"),
        (ImagePart(url="https://a/b.png"), " (supported: s3://)"),
        (AudioPart(data=b"1", media_type="audio/wav"), ";"),
        (FilePart(url="https://a/b"), ";"),
    ],
    ids=str,
)
def test_a_refusal_has_the_reason_if_it_is_simple(part: Part, hint: str) -> None:
    profile = Profile(
        user_media=(
            AcceptedMedia(kind="image", types=("image/png",), max_bytes=4),
            AcceptedMedia(
                kind="image", sources=("url",), types=("image/png", ".png"), url_prefix="s3://"
            ),
            AcceptedMedia(kind="file", sources=("url",), without=("",)),
            AcceptedMedia(kind="audio", state="acme"),
        )
    )
    assert f"(message 0){hint}" in refusal(user(part), profile=profile)


def test_a_text_file_that_is_not_text_is_refused() -> None:
    assert "not UTF-8" in refusal(tool_result("a", FilePart(data=b"\xff", media_type="text/csv")))


@pytest.mark.parametrize(
    ("data", "media_type", "text"),
    [
        (b"Caf\xc3\xa9", None, "Café"),
        (b"\xef\xbb\xbfCaf\xc3\xa9", "text/plain", "Café"),
        (b"\xff\xfeC\x00\xe9\x00", "text/plain", "Cé"),
        (b"\xfe\xff\x00C\x00\xe9", "text/plain", "Cé"),
        (b"Caf\xe9", 'text/plain; format=flowed; Charset="latin-1"', "Café"),
        (b"Caf\xc3\xa9", "text/plain; charset=", "Café"),
        (b"Caf\xe9", "text/plain", None),
        (b"Caf\xe9", "text/plain; charset=klingon", None),
        (b"abc", "text/plain; charset=undefined", None),
        (b"abc", 'text/plain; charset="a\0b"', None),
        (b"abc", "text/plain; charset=hex", None),
        (None, "text/plain", ""),
        (memoryview(b"Caf\xc3\xa9"), "text/plain", "Café"),
        (bytearray(b"\xff\xfeC\x00"), "text/plain", "C"),
    ],
)
def test_a_document_is_text_in_its_charset_or_none(
    data: bytes | memoryview | bytearray | None, media_type: str | None, text: str | None
) -> None:
    assert text_of(FilePart(data=data, media_type=media_type)) == text


@pytest.mark.parametrize(
    ("part", "accepted", "sent_as"),
    [
        (
            ImagePart(data=b"png", media_type="IMAGE/PNG; q=1"),
            AcceptedMedia(kind="image", types=("image/png",)),
            "image/png",
        ),
        (
            AudioPart(data=b"wav", media_type="Audio/WAV ;codecs=1"),
            AcceptedMedia(kind="audio", types=("audio/",)),
            "audio/wav",
        ),
        (
            FilePart(data=b"a", media_type="Text/Plain; Charset=Latin-1"),
            AcceptedMedia(kind="file", types=("text/",)),
            "text/plain; Charset=Latin-1",
        ),
        (
            AudioPart(data=b"pcm", media_type="Audio/L16; rate=16000"),
            AcceptedMedia(kind="audio"),
            "audio/l16; rate=16000",
        ),
    ],
    ids=["an image", "a beginning", "a text with its charset", "any type with its parameters"],
)
def test_a_media_type_is_sent_as_it_is_compared(
    part: ImagePart | AudioPart | FilePart, accepted: AcceptedMedia, sent_as: str
) -> None:
    ((found,), _) = placed(user(part), profile=Profile(user_media=(accepted,)))
    (sent,) = found.parts
    assert isinstance(sent, ImagePart | AudioPart | FilePart)
    assert sent.media_type == sent_as


def test_a_text_file_is_its_text_in_whatever_case_its_type_is_written() -> None:
    part = FilePart(data=b"# A", media_type="Text/Markdown")
    assert placed(user(part), profile=NOTHING) == ((user("# A"),), ())


@pytest.mark.parametrize("media_type", ["text/plain", "image/png"])
def test_an_empty_file_is_replaced_by_a_line_of_text_even_if_its_type_is_accepted(
    media_type: str,
) -> None:
    profile = Profile(user_media=(AcceptedMedia(kind="file"),))
    found, warnings = placed(
        user(FilePart(data=b"", media_type=media_type)), profile=profile, lenient=True
    )
    line = f"[a file of type {media_type} is omitted: the model does not accept it]"
    assert found == (user(line),)
    assert len(warnings) == 1


OPTIONS = ProviderPart(ProviderState("acme", {"resolution": "low"}))
OTHERS = ProviderPart(ProviderState("acme", {"cache": True}))
BLOCK = ProviderPart(ProviderState("acme", {"type": "search"}))
RUN = ProviderPart(ProviderState("acme", {"code": "1 + 1"}))
NO_MAPPING = ProviderPart(ProviderState("acme", ["?"]))


def test_the_options_of_a_medium_stay_with_it() -> None:
    turn = user(PICTURE, OPTIONS, OTHERS, BLOCK, "?", OTHERS)
    assert placed(turn)[0][0] is turn


@pytest.mark.parametrize("role", ["user", "system"])
def test_the_options_of_a_medium_are_omitted_with_it(role: str) -> None:
    make = user if role == "user" else system
    turn = make("See.", AUDIO, OPTIONS, OTHERS, BLOCK, OPTIONS, NO_MAPPING, "?", OTHERS)
    found, _ = placed(turn, lenient=True)
    line = "[audio of type audio/wav is omitted: the model does not accept it]"
    assert found == (make("See.", line, BLOCK, OPTIONS, NO_MAPPING, "?", OTHERS),)


def test_the_options_of_a_text_file_stay_with_its_text() -> None:
    found, _ = placed(user(TEXT, OPTIONS, "?"))
    assert found == (user("größe", OPTIONS, "?"),)


def test_the_options_of_media_of_the_model_move_with_them() -> None:
    profile = Profile(user_media=IMAGES, assistant_media=(), part_options=("resolution",))
    found, _ = placed(
        assistant("Here:", PICTURE, OPTIONS, RUN, OPTIONS, PICTURE, "!", OTHERS),
        user("?"),
        profile=profile,
    )
    label = TextPart("From the assistant:")
    assert found == (
        assistant("Here:", RUN, OPTIONS, "!", OTHERS),
        user(label, PICTURE, OPTIONS, label, PICTURE, "?"),
    )


def test_the_options_of_media_of_the_model_are_omitted_with_them() -> None:
    profile = Profile(user_media=(), assistant_media=(), part_options=("resolution",))
    found, _ = placed(assistant(PICTURE, OPTIONS, "!", OPTIONS), profile=profile)
    assert found == (assistant("!", OPTIONS),)


def test_state_after_media_of_the_model_is_not_an_option_unless_in_the_profile() -> None:
    found, _ = placed(assistant("Here:", PICTURE, OPTIONS), user("?"))
    assert found == (assistant("Here:", OPTIONS), user("From the assistant:", PICTURE, "?"))


def test_options_before_all_parts_are_not_added_to_what_moves_there() -> None:
    found, _ = placed(assistant("Here:", PICTURE), user(OPTIONS, "?"), user(BLOCK, OPTIONS))
    assert found == (
        assistant("Here:"),
        user("From the assistant:", PICTURE, "?"),
        user(BLOCK, OPTIONS),
    )


@pytest.mark.parametrize(
    "copied",
    [
        pytest.param(copy.copy, id="copy"),
        pytest.param(copy.deepcopy, id="deepcopy"),
        pytest.param(lambda value: pickle.loads(pickle.dumps(value)), id="pickle"),
    ],
)
def test_messages_keep_their_places_in_copies(
    copied: Callable[[NumberedMessages], NumberedMessages],
) -> None:
    messages = NumberedMessages((user("a"), user("b")), (0, 2))
    assert list(numbered(copied(messages))) == [(0, user("a")), (2, user("b"))]
    request = ChatRequest(messages=messages)
    assert copy.deepcopy(request) == request
