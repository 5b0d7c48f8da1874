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
REASONING = ProviderState("ollama", {"type": "thinking"})
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


def line(**message: Any) -> Json:
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
def test_whole_and_streamed_responses_are_equal(parts: list[Part]) -> None:
    original = ChatResponse(message=Message("assistant", tuple(parts)), model="m")
    server = OllamaChat()
    made = CODEC.decode(server.write(original, ParsedRequest(model="m")).content, PLAIN)
    streamed = server.write(original, ParsedRequest(model="m", streamed=True)).content

    assert made == read(*map(json.loads, streamed.splitlines()))


def test_reasoning_can_be_in_the_text_or_a_separate_field() -> None:
    expected = (ReasoningPart("Hm.", REASONING), TextPart("Hello."))
    beside = read(line(thinking="H"), line(thinking="m."), line(content="Hello."), line() | OVER)
    within = read(
        line(content="<thi"), line(content="nk>Hm.</th"), line(content="ink>\nHello."), OVER
    )

    assert whole({"content": "<think>Hm.</think>\nHello."}).message.parts == expected
    assert whole({"content": "Hello.", "thinking": "Hm."}).message.parts == expected
    assert beside.message.parts == within.message.parts == expected


def test_buffered_text_is_reported_at_the_end() -> None:
    assert read(line(content="<thi"), line() | OVER).text == "<thi"
    assert read(line(content="<think>a</th"), line() | OVER).reasoning == "a</th"


def test_calls_without_ids_get_some_that_are_always_the_same() -> None:
    calls = (
        ToolCall("call_20260314092653589793_0", "weather", '{"city":"Oslo"}'),
        ToolCall("own", "weather", "{}"),
    )
    first, second = call({"city": "Oslo"}), call(None, id="own")
    response = whole({"content": "", "tool_calls": [first, second]})
    again = read(line(tool_calls=[first]), line(tool_calls=[second]), line() | OVER)

    assert [found.arguments for found in response.tool_calls] == [{"city": "Oslo"}, {}]
    assert [found.id for found in response.tool_calls] == [found.id for found in calls]
    assert again.tool_calls == response.tool_calls
    assert response.finish_reason == again.finish_reason == "tool_calls"


def test_a_call_of_a_response_without_a_timestamp_has_an_id() -> None:
    response = whole({"tool_calls": [call('{"city": "Oslo"}'), {}]}, created_at=None)

    assert [(found.id, found.arguments_json) for found in response.tool_calls] == [
        ("call__0", '{"city": "Oslo"}'),
        ("call__1", "{}"),
    ]


@pytest.mark.parametrize(
    ("word", "reason"), [("stop", "stop"), ("length", "length"), ("load", "other"), (None, "other")]
)
def test_provider_reasons_are_converted_to_finish_reasons(word: str | None, reason: str) -> None:
    response = whole({"content": "Hello."}, done_reason=word)

    assert (response.finish_reason, response.raw_finish_reason) == (reason, word)


def test_tokens_are_the_usage_and_invalid_counts_are_none() -> None:
    assert whole({"content": ""}).usage == Usage(input_tokens=20, output_tokens=55)
    assert whole({"content": ""}, prompt_eval_count="many", eval_count=None).usage == Usage()


def test_log_probabilities_have_alternatives() -> None:
    original = [
        {
            "token": "Hello",
            "logprob": -0.5,
            "bytes": [72],
            "top_logprobs": [{"token": "Hi", "logprob": -1}],
        }
    ]
    expected = (TokenLogprob("Hello", -0.5, (TokenLogprob("Hi", -1.0),)),)

    assert whole({"content": "Hello"}, logprobs=original).logprobs == expected
    assert read(line(content="Hello") | {"logprobs": original}, OVER).logprobs == expected


@pytest.mark.parametrize("choice", [None, ToolChoice("auto")])
def test_a_schema_with_tools_adds_a_warning(choice: ToolChoice | None) -> None:
    request = ChatRequest(
        messages=(user("?"),),
        tools=(ToolDefinition("t", "", {}),),
        tool_choice=choice,
        output=OutputSchema("place", None),
    )

    for response in (
        whole({"content": "{}"}, request),
        read(line(content="{}") | OVER, request=request),
    ):
        assert "can be unable to call tools" in response.warnings[0]


def test_a_schema_with_disabled_tools_does_not_add_a_warning() -> None:
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
def test_an_invalid_response_is_an_error(body: bytes, code: ErrorCode) -> None:
    for read in (
        lambda: CODEC.decode(body, PLAIN),
        lambda: CODEC.reader(PLAIN).feed(Frame(body)),
    ):
        with pytest.raises(ChatModelError) as caught:
            read()
        assert caught.value.code == code


def test_an_error_can_arrive_within_a_stream() -> None:
    decoder = CODEC.reader(PLAIN)
    start = decoder.feed(Frame(json.dumps(MOMENT | line(content="Hel")).encode()))
    assert start[0] == StreamStart(model="qwen3")

    with pytest.raises(ChatModelError, match="out of memory"):
        decoder.feed(Frame(b'{"error": "out of memory"}'))


def test_events_after_the_end_are_ignored() -> None:
    decoder = CODEC.reader(PLAIN)
    decoder.feed(Frame(json.dumps(line() | OVER).encode()))

    assert decoder.feed(Frame(b"nonsense")) == ()
