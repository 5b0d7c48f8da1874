"""Details of reading Ollama's responses, whole and streamed, that exchanges do not show."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    Message,
    Part,
    ReasoningPart,
    StreamStart,
    TextPart,
    TokenLogprob,
    ToolCall,
    ToolChoice,
    Usage,
    user,
)
from chatmodels.core.extending import Accumulator, OutputSchema, ProviderState, ToolDefinition
from chatmodels.http import Frame
from chatmodels.providers.ollama._codec import CODEC
from chatmodels.testing._protocols.ollama_chat import OllamaChat
from chatmodels.testing._protocols.protocol import ParsedRequest

PLAIN = ChatRequest(messages=(user("?"),))
THOUGHT = ProviderState("ollama", {"type": "thinking"})
MOMENT = {"model": "qwen3", "created_at": "2026-03-14T09:26:53.589793Z"}
OVER = {"done": True, "done_reason": "stop", "prompt_eval_count": 20, "eval_count": 55}
Json = dict[str, Any]


def whole(message: Json, request: ChatRequest = PLAIN, **more: Any) -> ChatResponse[Any]:
    return CODEC.decode(
        json.dumps({**MOMENT, "message": message, **OVER, **more}).encode(), request
    )


def read(*chunks: Json, request: ChatRequest = PLAIN) -> ChatResponse[Any]:
    decoder, accumulator = CODEC.reader(request), Accumulator()
    for chunk in chunks:
        for event in decoder.feed(Frame(json.dumps(MOMENT | chunk).encode())):
            accumulator.add(event)
    assert decoder.close() == ()
    assert accumulator.complete
    return accumulator.response()


def said(**message: Any) -> Json:
    return {"message": {"role": "assistant", "content": "", **message}}


def call(arguments: Any, **more: Any) -> Json:
    return {"function": {"name": "weather", "arguments": arguments}, **more}


PARTS = st.lists(
    st.builds(TextPart, st.text() | st.just("<think>a</think> b"))
    | st.builds(ReasoningPart, st.text())
    | st.builds(ToolCall, st.text(), st.text(), st.just('{"a": 1}')),
    max_size=5,
)


@given(PARTS)
def test_whole_and_streamed_answers_are_the_same(parts: list[Part]) -> None:
    told = ChatResponse(message=Message("assistant", tuple(parts)), model="m")
    server = OllamaChat()
    made = CODEC.decode(server.write(told, ParsedRequest(model="m")).content, PLAIN)
    streamed = server.write(told, ParsedRequest(model="m", streamed=True)).content

    assert made == read(*map(json.loads, streamed.splitlines()))


def test_thoughts_may_be_in_the_text_or_beside_it() -> None:
    expected = (ReasoningPart("Hm.", THOUGHT), TextPart("Hello."))
    beside = read(said(thinking="H"), said(thinking="m."), said(content="Hello."), said() | OVER)
    within = read(
        said(content="<thi"), said(content="nk>Hm.</th"), said(content="ink>\nHello."), OVER
    )

    assert whole({"content": "<think>Hm.</think>\nHello."}).message.parts == expected
    assert whole({"content": "Hello.", "thinking": "Hm."}).message.parts == expected
    assert beside.message.parts == within.message.parts == expected


def test_what_was_held_back_comes_at_the_end() -> None:
    assert read(said(content="<thi"), said() | OVER).text == "<thi"
    assert read(said(content="<think>a</th"), said() | OVER).reasoning == "a</th"


def test_calls_without_ids_get_some_that_are_always_the_same() -> None:
    calls = (
        ToolCall("call_20260314092653589793_0", "weather", '{"city":"Oslo"}'),
        ToolCall("own", "weather", "{}"),
    )
    first, second = call({"city": "Oslo"}), call(None, id="own")
    response = whole({"content": "", "tool_calls": [first, second]})
    again = read(said(tool_calls=[first]), said(tool_calls=[second]), said() | OVER)

    assert [found.arguments for found in response.tool_calls] == [{"city": "Oslo"}, {}]
    assert [found.id for found in response.tool_calls] == [found.id for found in calls]
    assert again.tool_calls == response.tool_calls
    assert response.finish_reason == again.finish_reason == "tool_calls"


def test_a_call_of_an_answer_without_a_moment_has_an_id_too() -> None:
    response = whole({"tool_calls": [call('{"city": "Oslo"}'), {}]}, created_at=None)

    assert [(found.id, found.arguments_json) for found in response.tool_calls] == [
        ("call__0", '{"city": "Oslo"}'),
        ("call__1", "{}"),
    ]


@pytest.mark.parametrize(
    ("word", "reason"), [("stop", "stop"), ("length", "length"), ("load", "other"), (None, "other")]
)
def test_why_it_ended_is_told_in_neutral_terms(word: str | None, reason: str) -> None:
    response = whole({"content": "Hello."}, done_reason=word)

    assert (response.finish_reason, response.raw_finish_reason) == (reason, word)


def test_tokens_are_the_usage_and_what_is_none_is_not_told() -> None:
    assert whole({"content": ""}).usage == Usage(input_tokens=20, output_tokens=55)
    assert whole({"content": ""}, prompt_eval_count="many", eval_count=None).usage == Usage()


def test_log_probabilities_come_with_alternatives() -> None:
    told = [
        {
            "token": "Hello",
            "logprob": -0.5,
            "bytes": [72],
            "top_logprobs": [{"token": "Hi", "logprob": -1}],
        }
    ]
    expected = (TokenLogprob("Hello", -0.5, (TokenLogprob("Hi", -1.0),)),)

    assert whole({"content": "Hello"}, logprobs=told).logprobs == expected
    assert read(said(content="Hello") | {"logprobs": told}, OVER).logprobs == expected


@pytest.mark.parametrize("choice", [None, ToolChoice("auto")])
def test_a_form_beside_tools_comes_with_a_warning(choice: ToolChoice | None) -> None:
    request = ChatRequest(
        messages=(user("?"),),
        tools=(ToolDefinition("t", "", {}),),
        tool_choice=choice,
        output=OutputSchema("place", None),
    )

    for response in (
        whole({"content": "{}"}, request),
        read(said(content="{}") | OVER, request=request),
    ):
        assert "can be unable to call tools" in response.warnings[0]


def test_a_form_beside_tools_that_are_not_offered_needs_no_warning() -> None:
    request = ChatRequest(
        messages=(user("?"),),
        tools=(ToolDefinition("t", "", {}),),
        tool_choice=ToolChoice("none"),
        output=OutputSchema("place", None),
    )

    assert whole({"content": "{}"}, request).warnings == ()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": "model runner has crashed"}', ErrorCode.PROVIDER_UNAVAILABLE),
        (
            b'{"message": {"content": "Hel"}, "error": "model runner has crashed"}',
            ErrorCode.PROVIDER_UNAVAILABLE,
        ),
        (b'{"done": true}', ErrorCode.RESPONSE_INVALID),
        (b'{"message": {"content": 1}}', ErrorCode.RESPONSE_INVALID),
        (b'{"message": {"tool_calls": [{"function": {"arguments": "\xff"}}]}}', "response_invalid"),
        (b"nonsense", ErrorCode.RESPONSE_INVALID),
    ],
)
def test_what_is_no_answer_is_an_error(body: bytes, code: ErrorCode) -> None:
    for read in (
        lambda: CODEC.decode(body, PLAIN),
        lambda: CODEC.reader(PLAIN).feed(Frame(body)),
    ):
        with pytest.raises(ChatModelError) as caught:
            read()
        assert caught.value.code == code


def test_an_error_may_come_in_mid_stream() -> None:
    decoder = CODEC.reader(PLAIN)
    start = decoder.feed(Frame(json.dumps(MOMENT | said(content="Hel")).encode()))
    assert start[0] == StreamStart(model="qwen3")

    with pytest.raises(ChatModelError, match="out of memory"):
        decoder.feed(Frame(b'{"error": "out of memory"}'))


def test_what_follows_the_end_is_ignored() -> None:
    decoder = CODEC.reader(PLAIN)
    decoder.feed(Frame(json.dumps(said() | OVER).encode()))

    assert decoder.feed(Frame(b"nonsense")) == ()
