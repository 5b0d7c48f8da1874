"""Checks of what calls give: the same in all four shapes, and nothing that does not add up."""

from typing import Any

import anyio
import msgspec

from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatResponse,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    ToolCall,
    Usage,
    assistant,
    from_json,
    to_json,
    tool_result,
    user,
)
from chatmodels.core.extending import ToolDefinition
from chatmodels.testing.contract._contract import PROMPT, Bench

OSLO = ToolCall("call_oslo", "weather", '{"city": "Oslo"}')
ROME = ToolCall("call_rome", "weather", '{"city": "Rome"}')
WEATHER = ToolDefinition(
    "weather",
    "Tell the weather in a city.",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
)


class Primes(msgspec.Struct):
    """What structured output is asked for."""

    primes: list[int]
    complete: bool


def four_shapes(model: ChatModel, prompt: Any = PROMPT, **options: Any) -> list[ChatResponse[Any]]:
    """Make the same call in all four shapes, one after the other."""

    async def awaited() -> list[ChatResponse[Any]]:
        async with model.astream(prompt, **options) as stream:
            async for _ in stream:
                pass
        return [await model.agenerate(prompt, **options), stream.response]

    with model.stream(prompt, **options) as stream:
        for _ in stream:
            pass
    return [model.generate(prompt, **options), stream.response, *anyio.run(awaited)]


def bare(response: ChatResponse[Any]) -> ChatResponse[Any]:
    """Leave out what differs from call to call, though they say the same."""
    return msgspec.structs.replace(response, id=None, request_id=None, timing=None)


def all_four_shapes_of_a_call_agree(bench: Bench) -> None:
    """Whole and streamed, blocking and awaited, a text is the same."""
    responses = four_shapes(bench.model(*["The Arctic, the Antarctic ..."] * 4))

    for response in responses:
        assert response.text == "The Arctic, the Antarctic ..."
        assert response.finish_reason == "stop"
        assert bare(response) == bare(responses[0])


def all_four_shapes_of_tool_calls_agree(bench: Bench) -> None:
    """Whole and streamed, blocking and awaited, two calls of one tool stay two."""
    responses = four_shapes(bench.model(*[(OSLO, ROME)] * 4), tools=[WEATHER])

    for response in responses:
        assert [call.name for call in response.tool_calls] == [OSLO.name, ROME.name]
        assert len({call.id for call in response.tool_calls}) == 2
        assert [call.arguments for call in response.tool_calls] == [
            {"city": "Oslo"},
            {"city": "Rome"},
        ]
        assert response.finish_reason == "tool_calls"
        assert bare(response) == bare(responses[0])


def all_four_shapes_of_structured_output_agree(bench: Bench) -> None:
    """Whole and streamed, blocking and awaited, an answer is read as the type asked for."""
    text = '{"primes": [2, 3, 5], "complete": false}'
    responses = four_shapes(bench.model(*[text] * 4), output_type=Primes)

    for response in responses:
        assert response.parsed == Primes([2, 3, 5], complete=False)
        assert bare(response) == bare(responses[0])


def a_tool_call_can_be_carried_through(bench: Bench) -> None:
    """The model's calls and their results can be sent back to it."""
    model = bench.model((OSLO, ROME), "Rain in Oslo, sun in Rome.")
    question = user("How is the weather in Oslo and in Rome?")
    called = model.generate(question, tools=[WEATHER])
    results = [tool_result(call, "rain or sun") for call in called.tool_calls]
    answer = model.generate([question, called.message, *results], tools=[WEATHER])

    assert answer.text == "Rain in Oslo, sun in Rome."


def a_conversation_of_all_roles_is_understood(bench: Bench) -> None:
    """What the model said before is sent with what it is asked now."""
    conversation = [user("Say it."), assistant("Said."), user("Say it again.")]

    assert bench.model("Again.").generate(conversation).text == "Again."


def batches_keep_their_order(bench: Bench) -> None:
    """Answers stand where their questions stood, and so do errors."""
    model = bench.model()
    prompts: list[Any] = [f"number {number}" for number in range(8)]
    prompts[3] = []  # an error: a prompt without messages

    async def awaited() -> list[ChatResponse[None] | ChatModelError]:
        return await model.abatch(prompts, max_concurrency=4)

    for answers in (model.batch(prompts, max_concurrency=4), anyio.run(awaited)):
        for number, answer in enumerate(answers):
            if number == 3:
                assert isinstance(answer, ChatModelError), "an error in a batch is no answer"
            else:
                assert isinstance(answer, ChatResponse), f"no answer: {answer!r}"
                assert f"number {number}" in answer.text


def streams_begin_and_end_as_they_should(bench: Bench) -> None:
    """A start, then deltas which make up the text, then an end which holds the whole response."""
    with bench.model("The Arctic, the Antarctic ...").stream(PROMPT) as stream:
        events: list[StreamEvent] = list(stream)

    start, *_, end = events
    assert isinstance(start, StreamStart)
    assert isinstance(end, StreamEnd)
    assert end.response == stream.response
    assert sum(isinstance(event, StreamStart | StreamEnd) for event in events) == 2
    texts = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(texts) > 1, "the text came in one piece"
    assert "".join(texts) == stream.response.text


def responses_tell_where_they_come_from(bench: Bench) -> None:
    """Model, provider, ids, the vendor's payload and the time taken are there."""
    for response in four_shapes(bench.model(*["Here."] * 4)):
        assert response.provider == bench.contract.provider
        for name in ("id", "model"):
            told = name not in bench.contract.untold
            assert bool(getattr(response, name)) is told, f"{name} is told or not: {response!r}"
        assert response.request_id
        assert response.raw
        assert response.raw_finish_reason
        assert response.timing.total > 0
        assert response.timing.attempts == 1


def usage_adds_up(bench: Bench) -> None:
    """Parts are no more than their whole, and streams report tokens as whole calls do."""
    for response in four_shapes(bench.model(*["The Arctic, the Antarctic ..."] * 4)):
        usage = response.usage
        assert usage.input_tokens, "input tokens are reported, in streams as well"
        assert usage.output_tokens
        assert_usage_adds_up(usage)


def assert_usage_adds_up(usage: Usage) -> None:
    """Check what holds for all usage, whatever the vendor counts.

    Raises:
        AssertionError: It does not add up.
    """
    for name in usage.__struct_fields__:
        number: int | None = getattr(usage, name)
        assert number is None or number >= 0, f"{name} is {number}"
    for part, whole in (
        ("cached_input_tokens", "input_tokens"),
        ("cache_write_tokens", "input_tokens"),
        ("input_audio_tokens", "input_tokens"),
        ("reasoning_tokens", "output_tokens"),
        ("output_audio_tokens", "output_tokens"),
    ):
        some: int | None = getattr(usage, part)
        total: int | None = getattr(usage, whole)
        assert some is None or total is None or some <= total, f"more {part} than {whole}: {usage}"
    if None not in (usage.input_tokens, usage.output_tokens, usage.total_tokens):
        both = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        assert usage.total_tokens == both, f"the total is not the sum: {usage}"


def responses_survive_json(bench: Bench) -> None:
    """A response can be stored and read again without loss."""
    for response in four_shapes(bench.model(*[("Look:", OSLO)] * 4), tools=[WEATHER]):
        again: ChatResponse[Any] = from_json(to_json(response), ChatResponse)
        assert again == response
        assert again.raw == response.raw
        assert again.timing == response.timing


CHECKS = (
    all_four_shapes_of_a_call_agree,
    all_four_shapes_of_tool_calls_agree,
    all_four_shapes_of_structured_output_agree,
    a_tool_call_can_be_carried_through,
    a_conversation_of_all_roles_is_understood,
    batches_keep_their_order,
    streams_begin_and_end_as_they_should,
    responses_tell_where_they_come_from,
    usage_adds_up,
    responses_survive_json,
)
