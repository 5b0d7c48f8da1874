"""What codecs share."""

import functools
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    AudioPart,
    ChatModelError,
    ChatRequest,
    ErrorCode,
    FilePart,
    ImagePart,
    InvalidRequestError,
    Message,
    OutputSchema,
    RateLimitError,
    ResponseInvalidError,
    Signature,
    TextPart,
    ToolCall,
    ToolDefinition,
    ToolResult,
    UnsupportedError,
    assistant,
    tool_result,
    user,
)
from chatmodels.http import HttpFailure, standard_failure
from chatmodels.http.wire import (
    add_options,
    answer_tool,
    arguments_json,
    arguments_of,
    carried,
    data_url,
    identifier,
    integer_or_none,
    lenient,
    misplaced,
    objects,
    path_name,
    put,
    reject_body,
    reject_listing,
    state_of,
    text_of,
    text_or_none,
    timestamp_or_none,
    write_body,
)


def failed(failure: HttpFailure) -> ChatModelError:
    return standard_failure(failure, "acme")


def test_all_that_cannot_be_expressed_is_told_at_once() -> None:
    with pytest.raises(
        UnsupportedError, match="acme has no way to express sound, the setting seed;"
    ):
        write_body({}, "acme", ["sound", "the setting seed"])


@pytest.mark.parametrize("value", [object(), {2: {1, object()}}], ids=["no JSON", "a set"])
def test_what_is_no_json_is_an_invalid_request(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="provider_options"):
        write_body({"field": value}, "acme", [])


def test_what_a_vendor_does_not_take_is_named() -> None:
    image = ImagePart(data=b"x", media_type="image/png")

    assert misplaced(image, "a tool result") == "an image as image/png in a tool result"
    assert misplaced(ImagePart(file_id="f"), "a title") == "an image in a title"
    assert misplaced(TextPart("?"), "a title") == "text in a title"


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{"a": ', {"invalid_json": '{"a": '}),
        ("[]", {"invalid_json": "[]"}),
    ],
    ids=["object", "cut off", "no object"],
)
def test_the_arguments_of_a_call_are_always_an_object(text: str, arguments: Any) -> None:
    assert arguments_of(ToolCall("1", "f", text)) == arguments


def test_options_are_joined_with_what_is_there_and_never_change_it() -> None:
    config = {"shape": {"kind": "json"}, "seed": 1}
    tools = [1]
    body = {"tools": tools, "documents": ["a"], "config": config, "model": "m"}

    add_options(
        {
            "tools": (2,),
            "documents": ["b"],
            "config": {"shape": {"name": "n"}},
            "model": "other",
            "new": 1,
        },
        body,
    )

    assert tools == [1]
    assert body == {
        "tools": [1, 2],
        "documents": ["a", "b"],
        "config": {"shape": {"kind": "json", "name": "n"}, "seed": 1},
        "model": "other",
        "new": 1,
    }
    assert config == {"shape": {"kind": "json"}, "seed": 1}


def test_a_path_with_dots_descends_into_objects() -> None:
    body: dict[str, Any] = {}

    put(body, "thinking.budget", 5)
    put(body, "thinking.level", "high")

    assert body == {"thinking": {"budget": 5, "level": "high"}}


def test_opaque_state_is_given_to_its_own_vendor_alone() -> None:
    assert state_of(Signature("acme", {"a": 1}), "acme") == {"a": 1}
    assert state_of(Signature("acme", {"a": 1}), "other") == {}
    assert state_of(Signature("acme", "text"), "acme") == {}
    assert state_of(None, "acme") == {}


def test_the_tool_of_the_answer_is_named_like_no_other() -> None:
    tools = tuple(ToolDefinition(name, "", {}) for name in ("answer", "answer_"))
    request = ChatRequest(messages=(user("?"),), tools=tools, output=OutputSchema("answer", None))

    assert answer_tool(request) == "answer__"
    assert answer_tool(ChatRequest(messages=(user("?"),))) == ""


def test_what_is_not_readable_is_left_out_with_one_warning() -> None:
    warnings: list[str] = []

    assert lenient({"a": "5"}, dict[str, int], "the usage was", warnings) == {"a": 5}
    assert lenient("x", dict[str, int], "the usage was", warnings) is None
    assert lenient("x", dict[str, int], "the usage was", warnings) is None
    assert len(warnings) == 1
    assert warnings[0].startswith("the usage was left out as not readable: ")


def test_values_are_given_only_where_they_are_what_they_should_be() -> None:
    assert objects([{"a": 1}, 2, None]) == [{"a": 1}]
    assert objects("text") == []
    assert (text_or_none("a"), text_or_none(""), text_or_none(1)) == ("a", None, None)
    assert (integer_or_none(1), integer_or_none(True), integer_or_none("1")) == (1, None, None)
    assert (identifier(7), identifier("a"), identifier(None)) == ("7", "a", "")
    assert timestamp_or_none("2026-01-01T00:00:00Z") == 1_767_225_600
    assert (timestamp_or_none("soon"), timestamp_or_none(None)) == (None, None)


def test_bytes_are_written_as_an_address() -> None:
    assert data_url(b"hello", "text/plain") == "data:text/plain;base64,aGVsbG8="
    assert data_url(b"", None) == "data:application/octet-stream;base64,"


def test_an_error_inside_a_success_is_raised_as_what_it_is() -> None:
    body = msgspec.json.encode({"error": {"type": "rate_limit_error", "message": "slow down"}})

    with pytest.raises(RateLimitError, match="slow down"):
        reject_body(body, "acme", "a message", "it has no content", failed)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"text": "hm"}'])
def test_what_is_no_answer_and_no_error_is_refused(body: bytes) -> None:
    cause = ValueError("odd")

    with pytest.raises(
        ResponseInvalidError, match=r"acme sent what is not a message \(odd\)"
    ) as found:
        reject_body(body, "acme", "a message", cause, failed)

    assert found.value.__cause__ is cause
    assert found.value.code == ErrorCode.RESPONSE_INVALID


def test_what_is_no_listing_is_refused() -> None:
    with pytest.raises(ResponseInvalidError, match="acme sent what is not a listing of models"):
        reject_listing(b"{}", "acme", KeyError("data"))


PICTURE = ImagePart(data=b"png", media_type="image/png")
SPOKEN = AudioPart(data=b"wav", media_type="audio/wav", transcript="Good day.")


def nothing(medium: object) -> bool:
    return False


def images(medium: object) -> bool:
    return isinstance(medium, ImagePart)


def test_what_a_vendor_takes_stays_as_it_is() -> None:
    history = [user("?", SPOKEN), assistant("!", PICTURE), tool_result("a", PICTURE)]

    kept = carried(history, user=nothing, assistant=images, results=images)

    assert list(map(id, kept)) == list(map(id, history))


def test_what_a_model_gave_goes_into_the_next_message_of_the_user() -> None:
    history = [user("Draw."), assistant("Here:", PICTURE, SPOKEN), user("Bigger.")]

    assert list(carried(history, user=images)) == [
        user("Draw."),
        assistant("Here:", TextPart("Good day.")),
        user("From the assistant:", PICTURE, "Bigger."),
    ]


def test_what_tools_gave_goes_after_all_results_that_belong_together() -> None:
    calls = assistant(ToolCall("a", "draw"), ToolCall("b", "draw"))
    history = [
        calls,
        Message("tool", (ToolResult("a", (TextPart("done"), PICTURE), "draw"),)),
        Message("tool", (ToolResult("b", (PICTURE,), is_error=True),)),
        assistant("Fine."),
    ]

    assert list(carried(history, user=images)) == [
        calls,
        Message("tool", (ToolResult("a", (TextPart("done"),), "draw"),)),
        Message(
            "tool",
            (ToolResult("b", (TextPart("The result is in the next message."),), is_error=True),),
        ),
        user(
            "From the result of the tool draw:", PICTURE, "From the result of the tool b:", PICTURE
        ),
        assistant("Fine."),
    ]


def test_what_a_vendor_takes_nowhere_is_left_out_or_left_for_it_to_refuse() -> None:
    result = Message("tool", (ToolResult("a", (PICTURE,)),))

    assert list(carried([user("?"), assistant(PICTURE), result], user=nothing)) == [
        user("?"),
        result,
    ]


def test_what_comes_last_is_followed_by_a_message_of_the_user() -> None:
    last = Message("tool", (ToolResult("a", (PICTURE,)),))

    assert carried([last], user=images)[-1] == user("From the result of the tool a:", PICTURE)


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        (FilePart(data="größe".encode(), media_type="text/csv"), TextPart("größe")),
        (FilePart(data=b"\xff", media_type="text/plain"), None),
        (FilePart(data=b"%PDF", media_type="application/pdf"), None),
        (FilePart(url="https://example.com/a.txt", media_type="text/plain"), None),
        (FilePart(data=b"x"), None),
    ],
)
def test_a_file_of_text_in_a_result_is_its_text_if_there_is_no_place_for_it(
    file: FilePart, shown: TextPart | None
) -> None:
    def files(medium: object) -> bool:
        return isinstance(medium, FilePart)

    result = Message("tool", (ToolResult("a", (TextPart("See."), file)),))
    expected = Message("tool", (ToolResult("a", (TextPart("See."), shown or file)),))

    assert list(carried([result], user=nothing)) == [expected]
    assert list(carried([result], user=nothing, results=files)) == [result]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"model": "m\ud800"}, "model has"),
        ({"n": 1, "messages": [{"text": "x"}, {"text": "\udfff"}]}, "messages[1].text has"),
        ({"metadata": {"\ud800": "x"}}, "a key has"),
        (functools.reduce(lambda inner, _: [inner], range(500), "\ud800"), "a deeply nested text"),
    ],
    ids=["model", "content", "key", "deep"],
)
def test_half_a_character_is_refused_by_its_place(body: Any, place: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        write_body(body, "acme", ())
    assert f"cannot be written as JSON: {place}" in caught.value.message


def test_a_refusal_shows_the_beginning_of_a_long_name_in_ascii() -> None:
    with pytest.raises(InvalidRequestError, match="acme: the model '") as caught:
        path_name("\u202e" + "a" * 5_000, "acme", "model")
    assert caught.value.message.isascii()
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ("{ }", "{ }"),
        ("", "{}"),
        ("null", "null"),
        ('{"a": ', '{"invalid_json":"{\\"a\\": "}'),
        ("[1]", '{"invalid_json":"[1]"}'),
    ],
)
def test_arguments_are_sent_back_as_an_object(written: str, sent: str) -> None:
    assert arguments_json(ToolCall("c", "f", written)) == sent


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
        (None, "text/plain", ""),
    ],
)
def test_a_document_is_text_in_its_charset_or_none(
    data: bytes | None, media_type: str | None, text: str | None
) -> None:
    assert text_of(FilePart(data=data, media_type=media_type)) == text


def test_a_document_that_is_not_text_in_its_charset_is_named_with_the_remedy() -> None:
    part = FilePart(data=b"Caf\xe9", media_type="text/plain")
    assert misplaced(part, "a user message") == (
        "a file as text/plain that is not UTF-8 (add its charset to media_type, as in "
        '"text/plain; charset=latin-1") in a user message'
    )
