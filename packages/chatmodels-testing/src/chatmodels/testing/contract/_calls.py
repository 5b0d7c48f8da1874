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


SHAPES = ("generate()", "stream()", "agenerate()", "astream()")
"""The order of the responses of `four_shapes`."""


def _assert_alike(shape: str, response: ChatResponse[Any], first: ChatResponse[Any]) -> None:
    """Check that a response equals that of `generate`, and name the fields that differ."""
    one, other = comparable(first), comparable(response)
    different = {
        name: (getattr(one, name), getattr(other, name))
        for name in one.__struct_fields__
        if name != "payload" and getattr(one, name) != getattr(other, name)
    }
    assert one == other, (
        f"generate() and {shape} of the same response differ in {different}; whole and streamed "
        "responses have to give the same values"
    )


def all_four_shapes_of_a_call_agree(context: CheckContext) -> None:
    """A text is the same in sync and async calls, whole and streamed."""
    responses = four_shapes(context.model(*["The Arctic, the Antarctic ..."] * 4))

    for shape, response in zip(SHAPES, responses, strict=True):
        assert response.text == "The Arctic, the Antarctic ...", (
            f"{shape} has the text {response.text!r} instead of 'The Arctic, the Antarctic ...'; "
            "decode every text of the response"
        )
        assert response.finish_reason == "stop", (
            f"{shape} of a complete text has the finish reason {response.finish_reason!r} instead "
            "of 'stop'; map the vendor's reason"
        )
        _assert_alike(shape, response, responses[0])


def all_four_shapes_of_tool_calls_agree(context: CheckContext) -> None:
    """Two calls of one tool stay separate in sync and async calls, whole and streamed."""
    responses = four_shapes(context.model(*[(OSLO, ROME)] * 4), tools=[WEATHER])

    expected = [(call.name, call.arguments) for call in (OSLO, ROME)]
    for shape, response in zip(SHAPES, responses, strict=True):
        arrived = [(call.name, call.arguments) for call in response.tool_calls]
        assert arrived == expected, (
            f"{shape} of the calls {expected} has {arrived}; decode each call with its arguments"
        )
        ids = [call.id for call in response.tool_calls]
        assert len(set(ids)) == 2, (
            f"{shape} of two calls has the ids {ids}, so that results cannot name their calls; "
            "create ids if the vendor sends none"
        )
        assert response.finish_reason == "tool_calls", (
            f"{shape} with calls has the finish reason {response.finish_reason!r}; a response that "
            "waits for the results of tools has 'tool_calls'"
        )
        _assert_alike(shape, response, responses[0])


def all_four_shapes_of_structured_output_agree(context: CheckContext) -> None:
    """A response is parsed as the output type in sync and async calls, whole and streamed."""
    text = '{"primes": [2, 3, 5], "complete": false}'
    responses = four_shapes(context.model(*[text] * 4), output_type=Primes)

    for shape, response in zip(SHAPES, responses, strict=True):
        assert response.parsed == Primes([2, 3, 5], complete=False), (
            f"{shape} of {text} is parsed as {response.parsed!r}; the text of the response has to "
            "arrive unchanged"
        )
        _assert_alike(shape, response, responses[0])


def a_tool_call_can_be_completed(context: CheckContext) -> None:
    """Tool calls of the model and their results can be sent in the next request."""
    model = context.model((OSLO, ROME), "Rain in Oslo, sun in Rome.")
    question = user("How is the weather in Oslo and in Rome?")
    called = model.generate(question, tools=[WEATHER])
    results = [tool_result(call, "rain or sun") for call in called.tool_calls]
    response = model.generate([question, called.message, *results], tools=[WEATHER])

    assert response.text == "Rain in Oslo, sun in Rome.", (
        f"after the results of its calls, the model responded {response.text!r}; check how "
        "encode() writes calls and results"
    )


def a_conversation_of_all_roles_is_accepted(context: CheckContext) -> None:
    """Earlier messages of the model are sent with the new prompt."""
    conversation = [user("Count."), assistant("One."), user("Continue.")]

    text = context.model("Again.").generate(conversation).text
    assert text == "Again.", f"a conversation of three messages has the response {text!r}"


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
                assert f"number {number}" in result.text, (
                    f"the result at position {number} of a batch is that of another prompt: "
                    f"{result.text!r}"
                )


def streams_have_one_start_and_one_end(context: CheckContext) -> None:
    """A stream has a start, deltas that add up to the text, and an end with the response."""
    with context.model("The Arctic, the Antarctic ...").stream(PROMPT) as stream:
        events: list[StreamEvent] = list(stream)

    start, *_, end = events
    assert isinstance(start, StreamStart), (
        f"a stream begins with {start!r}; its first event has to be a StreamStart"
    )
    assert isinstance(end, StreamEnd), (
        f"a stream ends with {end!r}; its last event has to be a StreamEnd"
    )
    assert end.response == stream.response, "the response in StreamEnd is not stream.response"
    limits = [event for event in events if isinstance(event, StreamStart | StreamEnd)]
    assert len(limits) == 2, (
        f"a stream has one StreamStart and one StreamEnd, but here are {limits}"
    )
    texts = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(texts) > 1, (
        f"a text of five chunks was streamed as {texts}; return a TextDelta for each chunk"
    )
    assert "".join(texts) == stream.response.text, (
        f"the deltas {texts} are not the text {stream.response.text!r}; return each chunk once"
    )


def responses_report_their_origin(context: CheckContext) -> None:
    """Responses have a model, a provider, ids, the provider's payload and the duration."""
    for response in four_shapes(context.model(*["Here."] * 4)):
        assert response.provider == context.contract.provider, (
            f"the provider of a response is {response.provider!r}, not its registered name"
        )
        for name in ("id", "model"):
            reported = name not in context.contract.unreported
            assert bool(getattr(response, name)) is reported, (
                f"the {name} of a response is {getattr(response, name)!r}; put it into "
                f"StreamStart, or name {name!r} in ProviderContract.unreported if the vendor never "
                "reports it"
            )
        assert response.request_id, (
            "a response has no request_id, which the vendor's support needs; it is read from the "
            "headers of the response"
        )
        assert response.raw, "a response has no payload; put the vendor's JSON into StreamEnd"
        assert response.raw_finish_reason, (
            "a response has no raw_finish_reason; put the vendor's reason into StreamEnd"
        )
        assert response.timing.total > 0, "a response has no duration"
        assert response.timing.attempts == 1, (
            f"one call made {response.timing.attempts} attempts; the options have max_retries=0"
        )


def usage_adds_up(context: CheckContext) -> None:
    """Parts of the usage do not exceed totals, and streams report the same fields."""
    for response in four_shapes(context.model(*["The Arctic, the Antarctic ..."] * 4)):
        usage = response.usage
        for name in ("input_tokens", "output_tokens"):
            assert getattr(usage, name), (
                f"the vendor reports {name}, but the usage has {getattr(usage, name)}; return a "
                "UsageUpdate, in streams as well"
            )
        assert_usage_adds_up(usage)


def responses_have_the_prices_of_their_model(context: CheckContext) -> None:
    """A cost is computed with the option `prices`, which the provider passes to its model."""
    prices = Prices(input=1, output=1)
    for response in four_shapes(context.model(*["Here."] * 4, prices=prices)):
        assert response.prices == prices, (
            f"a response has the prices {response.prices}, not those of the option `prices`; pass "
            "options.prices to the model"
        )
        assert response.cost.amount, (
            f"a response with prices and usage has no cost: {response.cost!r}; decode the usage"
        )


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
        for name in (*response.__struct_fields__, "raw"):
            first, second = getattr(response, name), getattr(again, name)
            assert first == second or name in {"failed_attempts", "payload"}, (
                f"{name} of a response changes from {first!r} to {second!r} in JSON; use JSON in "
                "the opaque state of parts and in the payload"
            )


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
