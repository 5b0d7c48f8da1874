"""The tests that every real server passes, as far as it has the ability."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, TypedDict

import anyio
import msgspec
import pydantic
import pytest
from msgspec import Meta

from chatmodels.core import (
    AuthenticationError,
    ChatModelError,
    ContextLengthError,
    ErrorCode,
    ReasoningDelta,
    StreamInterruptedError,
    TextDelta,
    ToolCallDelta,
    assistant,
    list_models,
    system,
    tool_result,
    user,
)
from conversations import add, examples, weather
from serving import Served

CALLS = 200
PROMPT = [system("Be brief."), user("Greet me.")]


def test_a_response_is_whole(served: Served) -> None:
    response = served.model().generate(PROMPT, max_output_tokens=12)

    assert response.text
    assert response.finish_reason in {"stop", "length"}
    assert response.provider == served.provider
    assert response.usage.input_tokens
    assert response.usage.output_tokens
    assert response.warnings == ()


def test_a_response_is_streamed(served: Served) -> None:
    with served.model().stream(PROMPT, max_output_tokens=12) as stream:
        texts = [event.text for event in stream if isinstance(event, TextDelta)]

    assert len(texts) > 1
    assert stream.response.text == "".join(texts)
    assert stream.response.finish_reason in {"stop", "length"}
    if "usage" in served.abilities:
        assert stream.response.usage.output_tokens


async def test_awaited_calls_do_the_same(served: Served) -> None:
    response = await served.model().agenerate(PROMPT, max_output_tokens=12)
    async with served.model().astream(PROMPT, max_output_tokens=12) as stream:
        texts = [text async for text in stream.texts()]

    assert response.text
    assert stream.response.text == "".join(texts)


def test_several_turns_are_continued(served: Served) -> None:
    prompt = [user("My name is Ada."), assistant("Hello, Ada."), user("Repeat my name.")]
    assert served.model().generate(prompt, max_output_tokens=12).text


@pytest.mark.needs("limits", "usage")
def test_a_limit_of_tokens_ends_a_response(served: Served) -> None:
    response = served.model().generate("Write a long story.", max_output_tokens=5)

    assert response.finish_reason == "length"
    assert response.usage.output_tokens == 5


@pytest.mark.needs("stops")
def test_a_stop_sequence_ends_a_response(served: Served) -> None:
    whole = served.model().generate(PROMPT, max_output_tokens=12)
    stop = whole.text.split()[1][:3]
    response = served.model().generate(PROMPT, max_output_tokens=12, stop=[stop])

    assert response.finish_reason == "stop"
    assert whole.text.startswith(response.text.rstrip())
    assert stop not in response.text


@pytest.mark.needs("logprobs")
@pytest.mark.parametrize("streamed", [False, True])
def test_log_probabilities_are_returned(served: Served, streamed: bool) -> None:
    stream = served.model().stream(PROMPT, max_output_tokens=4, top_logprobs=2)
    response = (
        stream.collect()
        if streamed
        else served.model().generate(PROMPT, max_output_tokens=4, top_logprobs=2)
    )

    assert len(response.logprobs) == response.usage.output_tokens == 4
    assert all(token.logprob <= 0 and len(token.top) == 2 for token in response.logprobs)
    assert "".join(token.token for token in response.logprobs) == response.text


@pytest.mark.needs("calls")
def test_a_tool_is_called_and_its_result_is_read(served: Served) -> None:
    prompt = examples()
    response = served.model().generate(prompt, tools=[weather, add], max_output_tokens=60)

    assert response.finish_reason == "tool_calls"
    (call,) = response.tool_calls
    assert (call.name, call.arguments) == ("weather", {"city": "Oslo"})
    turns = [*prompt, response.message, tool_result(weather.call(call))]
    after = served.model().generate(turns, tools=[weather, add], max_output_tokens=8)
    assert after.message.parts


@pytest.mark.needs("calls")
def test_a_streamed_call_arrives_in_fragments(served: Served) -> None:
    with served.model().stream(examples(), tools=[weather, add], max_output_tokens=60) as stream:
        fragments = [event for event in stream if isinstance(event, ToolCallDelta)]

    (call,) = stream.response.tool_calls
    assert stream.response.finish_reason == "tool_calls"
    assert "".join(fragment.arguments_json for fragment in fragments) == call.arguments_json
    assert (call.name, call.arguments) == ("weather", {"city": "Oslo"})


@pytest.mark.needs("forces")
@pytest.mark.parametrize("choice", ["required", "weather"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_required_tool_is_called(served: Served, choice: str, streamed: bool) -> None:
    options: dict[str, Any] = {"tools": [weather, add], "tool_choice": choice}
    options["max_output_tokens"] = 60
    stream = served.model().stream("Hello!", **options)
    response = stream.collect() if streamed else served.model().generate("Hello!", **options)

    assert response.tool_calls
    assert choice in {"required", response.tool_calls[0].name}


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass
class Point:
    x: Annotated[int, Meta(ge=-99, le=99)]
    y: Annotated[int, Meta(ge=0, le=9)]


@dataclass
class Shape:
    name: Annotated[str, Meta(max_length=8)]
    colour: Colour
    points: Annotated[list[Point], Meta(min_length=1, max_length=2)]
    kind: Literal["open", "closed"]
    filled: bool
    width: Annotated[int, Meta(ge=0, le=99)] | None = None


class Tree(msgspec.Struct):
    value: Annotated[int, Meta(ge=0, le=9)]
    children: Annotated[list["Tree"], Meta(max_length=1)]


Digits = Annotated[list[Annotated[int, Meta(ge=0, le=9)]], Meta(max_length=3)]


class Entry(TypedDict):
    word: Annotated[str, Meta(pattern=r"^[a-z]{1,5}$")]
    count: Annotated[int, Meta(ge=0, le=99)]


class Person(pydantic.BaseModel):
    name: str = pydantic.Field(max_length=10)
    age: int = pydantic.Field(ge=0, le=120)


@pytest.mark.needs("schemas")
@pytest.mark.parametrize(
    "kind",
    [Point, Shape, Tree, Entry, Person, Colour, Digits, bool],
    ids=lambda kind: getattr(kind, "__name__", "list"),
)
@pytest.mark.parametrize("streamed", [False, True])
def test_output_has_the_requested_type(served: Served, kind: Any, streamed: bool) -> None:
    model, prompt = served.model(), "Invent an example."
    if streamed:
        response = model.stream(prompt, output_type=kind, max_output_tokens=300).collect()
    else:
        response = model.generate(prompt, output_type=kind, max_output_tokens=150)

    assert response.finish_reason == "stop"
    assert response.parsed is not None


@pytest.mark.needs("reasoning")
def test_reasoning_is_read_and_returned(served: Served) -> None:
    model, prompt = served.model(), [user("What is 2 + 2?")]
    response = model.generate(prompt, max_output_tokens=40, **served.reasoning)
    with model.stream(prompt, max_output_tokens=40, **served.reasoning) as stream:
        reasoning = [event.text for event in stream if isinstance(event, ReasoningDelta)]

    assert response.reasoning
    assert "<think>" not in response.text + response.reasoning
    assert stream.response.reasoning == "".join(reasoning)
    # transformers strips the parts of a whole response only.
    assert stream.response.reasoning.strip() == response.reasoning.strip()
    assert stream.response.text.strip() == response.text.strip()


@pytest.mark.needs("reasoning", "recalls")
def test_reasoning_of_an_earlier_turn_is_read(served: Served) -> None:
    model, prompt = served.model(), [user("What is 2 + 2?")]
    response = model.generate(prompt, max_output_tokens=40, **served.reasoning)
    follow_up = [*prompt, response.message, user("Sure?")]
    plain = [*prompt, assistant(response.text), user("Sure?")]
    after = model.generate(follow_up, max_output_tokens=4)
    without = model.generate(plain, max_output_tokens=4)
    assert after.usage.input_tokens > without.usage.input_tokens


@pytest.mark.needs("overflow")
@pytest.mark.parametrize("streamed", [False, True])
def test_a_prompt_that_is_too_long_is_an_error(served: Served, streamed: bool) -> None:
    model, prompt = served.model(), "word " * 3_000
    with pytest.raises(ContextLengthError):  # noqa: PT012 - one of two calls
        if streamed:
            model.stream(prompt, max_output_tokens=4).collect()
        else:
            model.generate(prompt, max_output_tokens=4)


@pytest.mark.needs("keys")
@pytest.mark.parametrize("key", ["wrong", None])
def test_a_wrong_key_is_an_error(served: Served, key: str | None) -> None:
    model = served.model(api_key=key)
    with pytest.raises(AuthenticationError):
        model.generate("Hello", max_output_tokens=4)
    with pytest.raises(AuthenticationError):
        model.stream("Hello", max_output_tokens=4).collect()


@pytest.mark.needs("models")
def test_an_unknown_model_is_an_error(served: Served) -> None:
    with pytest.raises(ChatModelError) as caught:
        served.model("no-such-model").generate("Hello", max_output_tokens=4)

    assert caught.value.code in {ErrorCode.MODEL_NOT_FOUND, ErrorCode.INVALID_REQUEST}
    assert not caught.value.retryable


def test_the_models_are_listed(served: Served) -> None:
    listed = {info.name: info for info in list_models(served.provider, **served.options)}

    assert served.name in listed
    if "context_window" in served.abilities:
        assert listed[served.name].context_window


def test_the_server_is_healthy(served: Served) -> None:
    assert served.model().check_health().status == "healthy"
    assert served.model(base_url="http://127.0.0.1:1/v1").check_health().status == "unhealthy"


@pytest.mark.needs("counts")
@pytest.mark.parametrize("prompt", [PROMPT, examples()], ids=["texts", "calls"])
def test_counted_tokens_are_those_of_the_usage(served: Served, prompt: Any) -> None:
    model, tools = served.model(), [] if prompt is PROMPT else [weather, add]
    count = model.count_tokens(prompt, tools=tools)
    response = model.generate(prompt, tools=tools, max_output_tokens=1)

    assert not count.is_estimate
    assert count.input_tokens == response.usage.input_tokens


def test_streams_and_whole_responses_take_turns_on_connections(served: Served) -> None:
    model = served.model()
    for _ in range(8):
        assert model.stream("Hello", max_output_tokens=2).collect().text
        assert model.generate("Hello", max_output_tokens=2).text
        assert model.check_health().status == "healthy"


async def test_many_calls_at_once_succeed(served: Served) -> None:
    model = served.model(timeout=900)
    texts: list[str] = []

    async def call(index: int) -> None:
        if index % 2:
            texts.append((await model.agenerate("Hello", max_output_tokens=2)).text)
        else:
            async with model.astream("Hello", max_output_tokens=2) as stream:
                texts.append((await stream.collect()).text)

    async with anyio.create_task_group() as group:
        for index in range(CALLS):
            group.start_soon(call, index)

    assert len(texts) == CALLS
    assert all(texts)


def test_a_stream_is_left_and_the_next_call_succeeds(served: Served) -> None:
    for _ in range(4):
        with served.model().stream("Count to 1000.", max_output_tokens=900) as stream:
            next(iter(stream.texts()))
    assert served.model().generate("Hello", max_output_tokens=2).text


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be killed likewise")
@pytest.mark.parametrize("streamed", [False, True])
def test_a_server_that_dies_amid_a_response_is_an_error(served: Served, streamed: bool) -> None:
    other = served.start()
    seen: list[str] = []

    def kill(call: Callable[[], object]) -> ChatModelError:
        with pytest.raises(ChatModelError) as caught:
            call()
        return caught.value

    def stream() -> None:
        with other.model().stream("Count to 1000.", max_output_tokens=900) as opened:
            for text in opened.texts():
                seen.append(text)
                other.process.kill()

    def whole() -> None:
        other.process.kill()
        other.model().generate("Hello", max_output_tokens=2)

    try:
        error = kill(stream if streamed else whole)
    finally:
        other.process.end()
    if streamed:
        assert isinstance(error, StreamInterruptedError)
        assert error.partial is not None
        assert error.partial.text == "".join(seen)
    assert error.retryable
