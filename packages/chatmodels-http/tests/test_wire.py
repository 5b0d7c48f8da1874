"""The tools that codecs share."""

import functools
import sys
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    ChatModelError,
    ErrorCode,
    ImagePart,
    InvalidRequestError,
    RateLimitError,
    ResponseInvalidError,
    TextPart,
    ToolCall,
    UnsupportedError,
)
from chatmodels.core.extending import ProviderState
from chatmodels.http import HttpFailure, standard_failure
from chatmodels.http.wire import (
    _media,
    add_options,
    arguments_json,
    arguments_of,
    base64_text,
    data_url,
    describe_part,
    identifier,
    integer_or_none,
    lenient,
    objects,
    path_name,
    raise_for_body,
    reject_listing,
    set_path,
    state_of,
    text_or_none,
    timestamp_or_none,
    write_body,
)


def failed(failure: HttpFailure) -> ChatModelError:
    return standard_failure(failure, "acme")


def test_all_unsupported_features_are_reported_together() -> None:
    with pytest.raises(UnsupportedError, match="acme does not support sound, the setting seed;"):
        write_body({}, "acme", ["sound", "the setting seed"])


@pytest.mark.parametrize("value", [object(), {2: {1, object()}}], ids=["no JSON", "a set"])
def test_a_value_that_is_not_json_is_an_invalid_request(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="provider_options"):
        write_body({"field": value}, "acme", [])


def test_an_unsupported_part_is_described() -> None:
    assert describe_part(ImagePart(file_id="f"), "a title") == "an image in a title"
    assert describe_part(TextPart("?"), "a title") == "text in a title"


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


def test_options_are_merged_into_the_body_without_changing_its_objects() -> None:
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

    set_path(body, "thinking.budget", 5)
    set_path(body, "thinking.level", "high")

    assert body == {"thinking": {"budget": 5, "level": "high"}}


def test_opaque_state_is_sent_only_to_its_own_vendor() -> None:
    assert state_of(ProviderState("acme", {"a": 1}), "acme") == {"a": 1}
    assert state_of(ProviderState("acme", {"a": 1}), "other") == {}
    assert state_of(ProviderState("acme", "text"), "acme") == {}
    assert state_of(None, "acme") == {}


def test_an_unreadable_value_is_left_out_with_one_warning() -> None:
    warnings: list[str] = []

    assert lenient({"a": "5"}, dict[str, int], "the usage was", warnings) == {"a": 5}
    assert lenient("x", dict[str, int], "the usage was", warnings) is None
    assert lenient("x", dict[str, int], "the usage was", warnings) is None
    assert len(warnings) == 1
    assert warnings[0].startswith("the usage was omitted as unreadable: ")


def test_values_of_a_wrong_type_become_none() -> None:
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


@pytest.mark.parametrize(
    "data", [b"", b"a", bytes(range(256)) * 9, bytearray(b"ab"), memoryview(b"abc")]
)
def test_base64_is_the_same_without_pybase64(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = base64_text(data)
    _media._encoder.cache_clear()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pybase64", None)
        assert base64_text(data) == fast
    _media._encoder.cache_clear()


def test_an_error_in_a_success_is_raised() -> None:
    body = msgspec.json.encode({"error": {"type": "rate_limit_error", "message": "slow down"}})

    with pytest.raises(RateLimitError, match="slow down"):
        raise_for_body(body, "acme", "a message", "it has no content", failed)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"text": "hm"}'])
def test_a_body_that_is_neither_a_response_nor_an_error_raises(body: bytes) -> None:
    cause = ValueError("odd")

    with pytest.raises(
        ResponseInvalidError, match=r"acme sent data that is not a message \(odd\)"
    ) as found:
        raise_for_body(body, "acme", "a message", cause, failed)

    assert found.value.__cause__ is cause
    assert found.value.code == ErrorCode.RESPONSE_INVALID


def test_a_body_that_is_not_a_list_of_models_raises() -> None:
    with pytest.raises(ResponseInvalidError, match="acme sent data that is not a list of models"):
        reject_listing(b"{}", "acme", KeyError("data"))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"model": "m\ud800"}, "model"),
        ({"n": 1, "messages": [{"text": "x"}, {"text": "\udfff"}]}, "messages[1].text"),
        ({"metadata": {"\ud800": "x"}}, "a key"),
        (functools.reduce(lambda inner, _: [inner], range(500), "\ud800"), "a deeply nested text"),
    ],
    ids=["model", "content", "key", "deep"],
)
def test_a_lone_surrogate_is_reported_with_its_place(body: Any, place: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        write_body(body, "acme", ())
    assert f"cannot be written as JSON: {place} contains" in caught.value.message


def test_an_error_contains_the_beginning_of_a_long_name_in_ascii() -> None:
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
