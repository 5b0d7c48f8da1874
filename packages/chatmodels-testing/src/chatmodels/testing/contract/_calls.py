"""Checks of calls: equal responses in all four forms, and consistent usage."""

from typing import Any

import anyio
import msgspec

from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatResponse,
    Prices,
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
from chatmodels.testing.contract._contract import PROMPT, CheckContext

OSLO = ToolCall("call_oslo", "weather", '{"city": "Oslo"}')
ROME = ToolCall("call_rome", "weather", '{"city": "Rome"}')
WEATHER = ToolDefinition(
    "weather",
    "Return the weather in a city.",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
)


class Primes(msgspec.Struct):
    """The output type of the checks of structured output."""

    primes: list[int]
    complete: bool


def four_shapes(model: ChatModel, prompt: Any = PROMPT, **options: Any) -> list[ChatResponse[Any]]:
    """Make the same call in all four forms (sync or async, whole or streamed), in sequence."""

    async def run_async() -> list[ChatResponse[Any]]:
        async with model.astream(prompt, **options) as stream:
            async for _ in stream:
                pass
        return [await model.agenerate(prompt, **options), stream.response]

    with model.stream(prompt, **options) as stream:
        for _ in stream:
            pass
    return [model.generate(prompt, **options), stream.response, *anyio.run(run_async)]


def comparable(response: ChatResponse[Any]) -> ChatResponse[Any]:
    """Remove the fields that differ between calls with equal responses."""
    return msgspec.structs.replace(response, id=None, request_id=None, timing=None)


def all_four_shapes_of_a_call_agree(context: CheckContext) -> None:
    """A text is the same in sync and async calls, whole and streamed."""
    responses = four_shapes(context.model(*["The Arctic, the Antarctic ..."] * 4))

    for response in responses:
        assert response.text == "The Arctic, the Antarctic ..."
        assert response.finish_reason == "stop"
        assert comparable(response) == comparable(responses[0])


def all_four_shapes_of_tool_calls_agree(context: CheckContext) -> None:
    """Two calls of one tool stay separate in sync and async calls, whole and streamed."""
    responses = four_shapes(context.model(*[(OSLO, ROME)] * 4), tools=[WEATHER])

    for response in responses:
        assert [call.name for call in response.tool_calls] == [OSLO.name, ROME.name]
        assert len({call.id for call in response.tool_calls}) == 2
        assert [call.arguments for call in response.tool_calls] == [
            {"city": "Oslo"},
            {"city": "Rome"},
        ]
        assert response.finish_reason == "tool_calls"
        assert comparable(response) == comparable(responses[0])


def all_four_shapes_of_structured_output_agree(context: CheckContext) -> None:
    """A response is parsed as the output type in sync and async calls, whole and streamed."""
    text = '{"primes": [2, 3, 5], "complete": false}'
    responses = four_shapes(context.model(*[text] * 4), output_type=Primes)

    for response in responses:
        assert response.parsed == Primes([2, 3, 5], complete=False)
        assert comparable(response) == comparable(responses[0])


def a_tool_call_can_be_completed(context: CheckContext) -> None:
    """Tool calls of the model and their results can be sent in the next request."""
    model = context.model((OSLO, ROME), "Rain in Oslo, sun in Rome.")
    question = user("How is the weather in Oslo and in Rome?")
    called = model.generate(question, tools=[WEATHER])
    results = [tool_result(call, "rain or sun") for call in called.tool_calls]
    response = model.generate([question, called.message, *results], tools=[WEATHER])

    assert response.text == "Rain in Oslo, sun in Rome."


def a_conversation_of_all_roles_is_accepted(context: CheckContext) -> None:
    """Earlier messages of the model are sent with the new prompt."""
    conversation = [user("Count."), assistant("One."), user("Continue.")]

    assert context.model("Again.").generate(conversation).text == "Again."


def batches_keep_their_order(context: CheckContext) -> None:
    """Responses and errors have the positions of their prompts."""
    model = context.model()
    prompts: list[Any] = [f"number {number}" for number in range(8)]
    prompts[3] = []  # an error: a prompt without messages

    async def run_async() -> list[ChatResponse[None] | ChatModelError]:
        return await model.abatch(prompts, max_concurrency=4)

    for results in (model.batch(prompts, max_concurrency=4), anyio.run(run_async)):
        for number, result in enumerate(results):
            if number == 3:
                assert isinstance(result, ChatModelError), "an error in a batch is not an error"
            else:
                assert isinstance(result, ChatResponse), f"not a response: {result!r}"
                assert f"number {number}" in result.text


def streams_have_one_start_and_one_end(context: CheckContext) -> None:
    """A stream has a start, deltas that add up to the text, and an end with the response."""
    with context.model("The Arctic, the Antarctic ...").stream(PROMPT) as stream:
        events: list[StreamEvent] = list(stream)

    start, *_, end = events
    assert isinstance(start, StreamStart)
    assert isinstance(end, StreamEnd)
    assert end.response == stream.response
    assert sum(isinstance(event, StreamStart | StreamEnd) for event in events) == 2
    texts = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(texts) > 1, "the text is a single delta"
    assert "".join(texts) == stream.response.text


def responses_report_their_origin(context: CheckContext) -> None:
    """Responses have a model, a provider, ids, the provider's payload and the duration."""
    for response in four_shapes(context.model(*["Here."] * 4)):
        assert response.provider == context.contract.provider
        for name in ("id", "model"):
            reported = name not in context.contract.unreported
            assert bool(getattr(response, name)) is reported, f"{name} is wrong: {response!r}"
        assert response.request_id
        assert response.raw
        assert response.raw_finish_reason
        assert response.timing.total > 0
        assert response.timing.attempts == 1


def usage_adds_up(context: CheckContext) -> None:
    """Parts of the usage do not exceed totals, and streams report the same fields."""
    for response in four_shapes(context.model(*["The Arctic, the Antarctic ..."] * 4)):
        usage = response.usage
        assert usage.input_tokens, "input tokens are reported, in streams as well"
        assert usage.output_tokens
        assert_usage_adds_up(usage)


def responses_have_the_prices_of_their_model(context: CheckContext) -> None:
    """A cost is computed with the option `prices`, which the provider passes to its model."""
    prices = Prices(input=1, output=1)
    for response in four_shapes(context.model(*["Here."] * 4, prices=prices)):
        assert response.prices == prices
        assert response.cost.amount, f"there is no cost: {response.cost!r}"


def assert_usage_adds_up(usage: Usage) -> None:
    """Check the consistency of a usage.

    Raises:
        AssertionError: The usage is inconsistent.
    """
    for name in usage.__struct_fields__:
        number: int | None = getattr(usage, name)
        assert number is None or number >= 0, f"{name} is {number}"
    for part, whole in (
        ("cached_input_tokens", "input_tokens"),
        ("cache_write_tokens", "input_tokens"),
        ("cache_write_1h_tokens", "cache_write_tokens"),
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


def responses_survive_json(context: CheckContext) -> None:
    """A response can be encoded as JSON and decoded without loss."""
    for response in four_shapes(context.model(*[("Look:", OSLO)] * 4), tools=[WEATHER]):
        again: ChatResponse[Any] = from_json(to_json(response), ChatResponse)
        assert again == response
        assert again.raw == response.raw
        assert again.timing == response.timing


CHECKS = (
    all_four_shapes_of_a_call_agree,
    all_four_shapes_of_tool_calls_agree,
    all_four_shapes_of_structured_output_agree,
    a_tool_call_can_be_completed,
    a_conversation_of_all_roles_is_accepted,
    batches_keep_their_order,
    streams_have_one_start_and_one_end,
    responses_report_their_origin,
    usage_adds_up,
    responses_have_the_prices_of_their_model,
    responses_survive_json,
)
