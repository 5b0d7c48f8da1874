"""Streams that break after their first event continue, if the vendor can continue a text."""

import copy
import gc
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    Citation,
    ErrorCode,
    LogprobsDelta,
    Message,
    NetworkError,
    PartEnd,
    ReasoningDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    TokenLogprob,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UnsupportedError,
    Usage,
    UsageUpdate,
    assistant,
    user,
)
from chatmodels.core.extending import (
    CallInfo,
    Prefill,
    Profile,
    StandardChatModel,
    ToolDefinition,
)
from chatmodels.resilience import (
    Cache,
    Concurrency,
    Fallback,
    Hedge,
    Retry,
    RetryBudget,
)
from chatmodels.resilience._rest import Overlap

WEATHER = ToolDefinition("weather", "Tell it.", {"type": "object"})
CALL = ToolCall("c1", "weather", "{}")
REFUSED = NetworkError("refused")


def cut(*content: Any, usage: Usage | None = None) -> tuple[Any, ...]:
    """A stream of texts and events that breaks."""
    return (*_events(content, usage), NetworkError("reset"))


def rest(*content: Any, usage: Usage | None = None) -> tuple[Any, ...]:
    """A stream of texts and events that ends as it should."""
    return (*_events(content, usage), StreamEnd())


def _events(content: tuple[Any, ...], usage: Usage | None) -> Iterator[StreamEvent]:
    yield StreamStart("r1", "large")
    yield from (TextDelta(each) if isinstance(each, str) else each for each in content)
    if usage is not None:
        yield UsageUpdate(usage)


class Streams(StandardChatModel):
    """A model with scripted streams; it can continue a text."""

    def __init__(
        self, *script: Any, prefill: Prefill = "rest", name: str = "large", **options: Any
    ) -> None:
        super().__init__("acme", name, profile=Profile(prefill=prefill), **options)
        self.script = list(script)
        self.requests: list[ChatRequest] = []
        self.open = 0

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        self.requests.append(request)
        self.open += 1
        try:
            for event in self.script.pop(0):
                if isinstance(event, Exception):
                    raise copy.copy(event)
                yield event
        finally:
            self.open -= 1

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        for event in self.events(request, call):
            yield event


def retry(**options: Any) -> Retry:
    return Retry(resume=True, initial_delay=0, **options)


def streams(*script: Any, policies: Any = None, **options: Any) -> Streams:
    return Streams(*script, policies=[retry()] if policies is None else policies, **options)


@pytest.fixture(params=["stream", "astream"])
def read(request: pytest.FixtureRequest) -> Any:
    """A function that reads a stream: `texts, response = await read(model)`."""

    async def sync(model: Any, prompt: Any = "Count.", **options: Any) -> Any:
        with model.stream(prompt, **options) as stream:
            return list(stream.texts()), stream.response

    async def awaiting(model: Any, prompt: Any = "Count.", **options: Any) -> Any:
        async with model.astream(prompt, **options) as stream:
            return [text async for text in stream.texts()], stream.response

    return sync if request.param == "stream" else awaiting


def prefill_of(model: Streams) -> list[Message]:
    return [message for message in model.requests[-1].messages if message.role == "assistant"]


async def test_a_broken_stream_is_continued_with_its_text_so_far(read: Any) -> None:
    first = cut("one,", " two,", usage=Usage(input_tokens=3, output_tokens=2))
    second = rest(" three", usage=Usage(input_tokens=6, output_tokens=1))
    model = streams(first, second)
    texts, response = await read(model)
    assert texts == ["one,", " two,", " three"]
    assert response.text == "one, two, three"
    assert model.requests[1].messages == (user("Count."), assistant("one, two,"))
    assert response.usage == Usage(input_tokens=9, output_tokens=3, total_tokens=12)
    assert [attempt.code for attempt in response.failed_attempts] == [ErrorCode.NETWORK]
    assert response.timing.attempts == 2


async def test_whole_calls_are_retried_as_without_resume() -> None:
    model = streams(cut("one"), rest("one"), cut("two"), rest("two"))
    assert model.generate("Count.").text == "one"
    assert (await model.agenerate("Count.")).text == "two"
    assert {request.messages for request in model.requests} == {(user("Count."),)}


async def test_without_resume_a_broken_stream_is_an_error(read: Any) -> None:
    model = streams(cut("one"), policies=[Retry(initial_delay=0)])
    with pytest.raises(NetworkError) as caught:
        await read(model)
    assert caught.value.partial.text == "one"
    assert not hasattr(caught.value, "__notes__")


async def test_a_text_that_the_vendor_repeats_is_received_once(read: Any) -> None:
    model = streams(cut("one,", " two,"), rest("on", "e, two, ", "three"), prefill="repeats")
    texts, response = await read(model)
    assert texts == ["one,", " two,", " ", "three"]
    assert response.text == "one, two, three"


async def test_white_space_at_the_end_is_not_sent_and_not_received_twice(read: Any) -> None:
    model = streams(cut("one, "), rest(" two"))
    texts, _ = await read(model)
    assert texts == ["one, ", "two"]
    assert prefill_of(model) == [assistant("one,")]


async def test_a_stream_breaks_several_times(read: Any) -> None:
    without_end = (StreamStart(), TextDelta("b"))
    model = streams(cut("a"), (REFUSED,), without_end, rest("c"), policies=[retry(max_retries=3)])
    texts, response = await read(model)
    assert texts == ["a", "b", "c"]
    assert [prefill.text for prefill in prefill_of(model)] == ["ab"]
    assert [attempt.code for attempt in response.failed_attempts] == [
        ErrorCode.NETWORK,
        ErrorCode.NETWORK,
        ErrorCode.STREAM_INTERRUPTED,
    ]


async def test_the_retries_of_a_call_are_limited_as_before(read: Any) -> None:
    model = streams((REFUSED,), cut("a"), cut("b"))
    with pytest.raises(NetworkError) as caught:
        await read(model)
    assert caught.value.partial.text == "ab"
    assert caught.value.__notes__ == ["not retried after attempt 3: max_retries is 2"]
    assert len(caught.value.failed_attempts) == 3
    assert model.open == 0


async def test_an_error_that_will_not_pass_ends_the_stream(read: Any) -> None:
    error = ChatModelError("no", code=ErrorCode.CONTENT_FILTERED)
    with pytest.raises(ChatModelError) as caught:
        await read(streams((StreamStart(), TextDelta("a"), error)))
    assert (caught.value.code, caught.value.partial.text) == (ErrorCode.CONTENT_FILTERED, "a")


async def test_a_request_that_is_not_idempotent_is_not_continued(read: Any) -> None:
    with pytest.raises(NetworkError) as caught:
        await read(streams(cut("a")), idempotent=False)
    assert caught.value.__notes__ == ["not retried after attempt 1: the request is not idempotent"]


async def test_a_budget_counts_continuations_as_retries(read: Any) -> None:
    budget = RetryBudget(retries=1, ratio=0)
    with pytest.raises(NetworkError) as caught:
        await read(streams(cut("a"), (REFUSED,), policies=[retry(budget=budget)]))
    assert caught.value.__notes__ == [
        "not retried after attempt 2: the budget of 1 retries is used up"
    ]


@pytest.mark.parametrize("prefill", ["rest", "repeats", "none"])
async def test_a_stream_without_content_is_sent_again_as_it_is(read: Any, prefill: Any) -> None:
    model = streams(cut(usage=Usage(input_tokens=3)), rest("one"), prefill=prefill)
    texts, response = await read(model, tools=[WEATHER], reasoning_effort="low")
    assert texts == ["one"]
    assert model.requests[0].messages == model.requests[1].messages
    assert response.usage.input_tokens == 3


async def test_a_text_of_white_space_is_begun_again(read: Any) -> None:
    model = streams(cut("\n"), rest("\none"))
    texts, _ = await read(model)
    assert texts == ["\n", "one"]
    assert prefill_of(model) == []


@pytest.mark.parametrize(
    ("partial", "options", "reason"),
    [
        pytest.param(
            cut("a", ToolCallStart("c1", "weather", 1)),
            {"tools": [WEATHER]},
            "the response so far is not a single text without citations",
            id="a tool call",
        ),
        pytest.param(
            cut(ReasoningDelta("Hm."), TextDelta("a", 1)),
            {},
            "the response so far is not a single text without citations",
            id="reasoning",
        ),
        pytest.param(
            cut("a", PartEnd(TextPart("a", (Citation(url="https://a.example"),)))),
            {},
            "the response so far is not a single text without citations",
            id="citations",
        ),
        pytest.param(
            cut("a", TextDelta("b", 1)),
            {},
            "the response so far is not a single text without citations",
            id="two texts",
        ),
        pytest.param(
            cut("a", LogprobsDelta((TokenLogprob("a", -0.1),))),
            {"logprobs": True},
            "the response so far is not a single text without citations",
            id="log probabilities",
        ),
        pytest.param(
            cut("a"), {"output_type": str}, "the call has an output type", id="an output type"
        ),
        pytest.param(
            cut("a"),
            {"reasoning_effort": "low"},
            "the call requests reasoning",
            id="requested reasoning",
        ),
        pytest.param(
            cut("a"),
            {"tools": [WEATHER], "tool_choice": "required"},
            "acme:large does not continue a text in a call with these tools",
            id="a required call",
        ),
    ],
)
async def test_what_is_not_a_plain_text_is_not_continued(
    read: Any, partial: Any, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(NetworkError) as caught:
        await read(streams(partial), **options)
    assert caught.value.__notes__ == [f"not continued after attempt 1: {reason}"]
    assert caught.value.partial is not None


async def test_a_model_that_cannot_continue_a_text_is_not_called_again(read: Any) -> None:
    with pytest.raises(NetworkError) as caught:
        await read(streams(cut("a"), prefill="none"))
    assert caught.value.__notes__ == [
        "not continued after attempt 1: acme:large does not continue a text"
    ]


async def test_a_text_that_the_caller_began_is_not_continued(read: Any) -> None:
    with pytest.raises(NetworkError) as caught:
        await read(streams(cut("a")), ["Count.", assistant("One,")])
    assert caught.value.__notes__ == [
        "not continued after attempt 1: the conversation ends with a message of the model"
    ]


async def test_tools_do_not_prevent_a_continuation_if_the_rest_is_sent(read: Any) -> None:
    called = (
        ToolCallStart("c1", "weather", 1),
        ToolCallDelta("{}", 1),
        ToolCallEnd(CALL, 1),
    )
    model = streams(cut("Let me"), rest(" look.", *called))
    _, response = await read(model, tools=[WEATHER])
    assert response.message.parts == (TextPart("Let me look."), CALL)


async def test_tools_prevent_a_continuation_if_the_text_is_repeated(read: Any) -> None:
    with pytest.raises(NetworkError) as caught:
        await read(streams(cut("Let me"), prefill="repeats"), tools=[WEATHER])
    assert "these tools" in caught.value.__notes__[0]


async def test_parts_after_the_text_keep_their_order(read: Any) -> None:
    first = (StreamStart(), TextDelta("Let me look.", 2), NetworkError("reset"))
    called = (ToolCallStart("c1", "weather", 0), ToolCallDelta("{}", 0), ToolCallEnd(CALL, 0))
    _, response = await read(streams(first, rest(*called, TextDelta("Done.", 1))), tools=[WEATHER])
    assert response.message.parts == (TextPart("Let me look."), CALL, TextPart("Done."))


async def test_citations_of_the_rest_are_moved_behind_the_text_so_far(read: Any) -> None:
    cited = PartEnd(TextPart(" two", (Citation(start=1, end=4), Citation(url="u"))))
    model = streams(cut("one,"), rest(" two", cited))
    _, response = await read(model)
    moved = (Citation(start=5, end=8), Citation(url="u"))
    assert response.message.parts == (TextPart("one, two", moved),)


async def test_a_complete_part_without_deltas_is_received_as_text(read: Any) -> None:
    model = streams(cut("one,"), rest(PartEnd(TextPart("one, two"))), prefill="repeats")
    texts, response = await read(model)
    assert (texts, response.text) == (["one,", " two"], "one, two")


async def test_a_text_that_only_resembles_a_repetition_is_received(read: Any) -> None:
    model = streams(cut("one, two,"), rest("one", " more"), prefill="repeats")
    assert (await read(model))[0] == ["one, two,", "one more"]
    model = streams(cut("one, two, "), rest("one"), prefill="repeats")
    assert (await read(model))[0] == ["one, two, ", "one"]


@given(
    text=st.text(alphabet="ab \n", max_size=12),
    more=st.text(alphabet="ab \n", max_size=12),
    repeats=st.booleans(),
    data=st.data(),
)
def test_the_text_is_whole_wherever_it_was_cut(
    text: str, more: str, repeats: bool, data: Any
) -> None:
    whole = text + more
    overlap = Overlap(text, repeats=repeats)
    sent = text.rstrip()
    following = whole if repeats else whole[len(sent) :]
    chunks = []
    while following:
        size = data.draw(st.integers(1, len(following)))
        chunks.append(following[:size])
        following = following[size:]
    assert text + "".join(map(overlap.without, chunks)) + overlap.end() == whole


async def test_limits_inside_count_each_attempt(read: Any) -> None:
    concurrency = Concurrency(1)
    model = streams(cut("a"), rest("b"), policies=[retry(), concurrency])
    texts, _ = await read(model)
    assert (texts, concurrency.running) == (["a", "b"], 0)


async def test_a_cache_outside_stores_the_whole_text(read: Any) -> None:
    model = streams(cut("a"), rest("b"), policies=[Cache(), retry()])
    assert (await read(model))[0] == ["a", "b"]
    assert (await read(model))[1].text == "ab"
    assert len(model.requests) == 2


async def test_a_fallback_outside_gets_streams_that_failed_at_once(read: Any) -> None:
    other = streams(cut("a"), rest("b"))
    model = streams((REFUSED,), policies=[Fallback(other)])
    _, response = await read(model)
    assert response.text == "ab"
    assert [attempt.message for attempt in response.failed_attempts] == ["refused", "reset"]


async def test_the_text_of_another_model_is_not_continued(read: Any) -> None:
    other = streams(cut("a"), policies=[])
    model = streams((REFUSED,), policies=[retry(), Fallback(other)])
    with pytest.raises(NetworkError) as caught:
        await read(model)
    assert caught.value.__notes__ == [
        "not continued after attempt 1: the text is of another model than acme:large"
    ]


@pytest.mark.parametrize("outer", [[], [Hedge(delay=3600)]], ids=["alone", "in a race"])
async def test_another_model_does_not_continue_the_text(read: Any, outer: Any) -> None:
    other = streams(rest("From the start."), policies=[], name="small")
    model = streams(cut("a"), (REFUSED,), policies=[*outer, retry(), Fallback(other)])
    with pytest.raises(UnsupportedError, match="another model cannot continue") as caught:
        await read(model)
    assert caught.value.partial.text == "a"
    assert (other.open, model.open) == (0, 0)


async def test_the_winner_of_a_hedge_is_continued(read: Any) -> None:
    model = streams(cut("a"), rest("b"), policies=[Hedge(delay=3600), retry()])
    _, response = await read(model)
    assert (response.text, response.timing.attempts) == ("ab", 2)


async def test_a_continuation_is_logged(read: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "chatmodels.resilience"):
        await read(streams((REFUSED,), cut("a"), rest("b")))
    first, second = (record.__dict__ for record in caplog.records)
    assert (first["resumed"], second["resumed"]) == (False, True)
    assert second["message"] == (
        "stream of 'acme:large' failed: network; attempt 3 continues it in 0.00 s"
    )


def test_a_continued_stream_leaves_no_garbage() -> None:
    model = streams(*[cut("a"), rest("b")] * 4)
    assert model.stream("Count.").collect().text == "ab"
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            assert model.stream("Count.").collect().text == "ab"
        assert gc.collect() == 0
    finally:
        gc.enable()
