"""Checks of responses: the caller receives what the vendor reported."""

from typing import Any

from chatmodels.core import (
    ChatResponse,
    PartEnd,
    ReasoningPart,
    RefusalPart,
    StreamEvent,
    TextPart,
    TokenLogprob,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    assistant,
)
from chatmodels.core.extending import Capability
from chatmodels.testing.contract._calls import OSLO, ROME, WEATHER, four_shapes
from chatmodels.testing.contract._contract import CheckContext

USAGE = Usage(
    input_tokens=1009,
    output_tokens=503,
    cached_input_tokens=307,
    cache_write_tokens=211,
    reasoning_tokens=101,
    input_audio_tokens=53,
    output_audio_tokens=29,
    accepted_prediction_tokens=17,
    rejected_prediction_tokens=11,
    billed_input_tokens=907,
    billed_output_tokens=401,
)
"""Numbers of which none is a sum or a difference of others."""

LOGPROBS = (
    TokenLogprob("Tides ", -0.25, (TokenLogprob("Tides ", -0.25), TokenLogprob("Waves ", -1.5))),
    TokenLogprob("turn.", -0.5, (TokenLogprob("turn.", -0.5), TokenLogprob("rise.", -2.0))),
)


def reasoning_is_decoded(context: CheckContext) -> None:
    """Reasoning is part of the message, apart from the text."""
    claimed = Capability.REASONING in context.metadata.capabilities
    if not (claimed and context.features.reasoning):
        return
    reply = (ReasoningPart("The moon pulls."), "Tides turn.")
    for response in four_shapes(context.model(*[reply] * 4)):
        arrived = (response.reasoning, response.text)
        assert arrived == ("The moon pulls.", "Tides turn."), (
            f"a response with reasoning and a text was decoded as {arrived}; decode reasoning as "
            "ReasoningPart and ReasoningDelta, or do not claim the capability 'reasoning'"
        )


def logprobs_are_decoded(context: CheckContext) -> None:
    """Log probabilities are decoded, whole and streamed."""
    features = context.features
    if not (Capability.LOGPROBS in context.metadata.capabilities and features.logprobs):
        return
    expected = [
        (each.token, each.logprob, len(each.top) if features.top_logprobs else 0)
        for each in LOGPROBS
    ]
    reply = ChatResponse[Any](message=assistant("Tides turn."), logprobs=LOGPROBS)
    for response in four_shapes(context.model(*[reply] * 4), logprobs=True):
        arrived = [(each.token, each.logprob, len(each.top)) for each in response.logprobs]
        assert arrived == expected, (
            f"the log probabilities {expected} (token, value, alternatives) were decoded as "
            f"{arrived}; return a LogprobsDelta, or do not claim the capability 'logprobs'"
        )


def finish_reasons_are_decoded(context: CheckContext) -> None:
    """Each finish reason of the wire format has its neutral value."""
    parts: dict[str, tuple[Any, ...]] = {
        "tool_calls": (OSLO,),
        "refusal": (RefusalPart("I cannot do that."),),
    }
    for reason in sorted(context.features.finish_reasons):
        message = assistant(*parts.get(reason, ("Tides turn.",)))
        reply = ChatResponse[Any](message=message, finish_reason=reason)
        options: dict[str, Any] = {"tools": [WEATHER]} if reason == "tool_calls" else {}
        for response in four_shapes(context.model(*[reply] * 4), **options):
            assert response.finish_reason == reason, (
                f"a response that ended because of {reason!r} has the finish reason "
                f"{response.finish_reason!r} (the vendor's is {response.raw_finish_reason!r}); map "
                "the vendor's reason"
            )
            assert response.raw_finish_reason, "raw_finish_reason is missing; set it in StreamEnd"


def usage_is_decoded(context: CheckContext) -> None:
    """Each number of the usage is decoded into its field."""
    fields = context.features.usage
    whole = {name: getattr(USAGE, name) for name in fields - {"total_tokens"}}
    reply = ChatResponse[Any](message=assistant("Tides turn."), usage=Usage(**whole))
    for response in four_shapes(context.model(*[reply] * 4)):
        wrong = {
            name: (getattr(response.usage, name), getattr(reply.usage, name))
            for name in sorted(fields)
            if getattr(response.usage, name) != getattr(reply.usage, name)
        }
        assert not wrong, (
            f"these numbers of the usage (decoded, reported) differ: {wrong}; the input includes "
            "cached tokens, and the output includes reasoning"
        )


def events_of_tool_calls_are_complete(context: CheckContext) -> None:
    """Each streamed call has an index of its own, a start, its arguments, and an end."""
    if Capability.TOOLS not in context.metadata.capabilities:
        return
    reply = ("Let me look.", OSLO, ROME)
    with context.model(reply).stream("?", tools=[WEATHER]) as stream:
        events: list[StreamEvent] = list(stream)
    calls = stream.response.tool_calls
    starts = [event for event in events if isinstance(event, ToolCallStart)]
    ends = [event for event in events if isinstance(event, ToolCallEnd)]
    assert [event.id for event in starts] == [call.id for call in calls], (
        f"the calls {calls} have the starts {starts}; return one ToolCallStart for each call"
    )
    assert [event.tool_call for event in ends] == list(calls), (
        f"the calls {calls} have the ends {ends}; return one ToolCallEnd with each complete call"
    )
    indexes = [event.index for event in starts]
    assert len(set(indexes)) == 2, f"two calls have the indexes {indexes}; indexes differ"
    for start, end in zip(starts, ends, strict=True):
        assert start.index == end.index, f"a call starts at {start.index} and ends at {end.index}"
        deltas = "".join(
            event.arguments_json
            for event in events
            if isinstance(event, ToolCallDelta) and event.index == start.index
        )
        assert deltas == end.tool_call.arguments_json, (
            f"the arguments {end.tool_call.arguments_json!r} of the call at index {start.index} "
            f"were streamed as {deltas!r}; return each ToolCallDelta with the index of its call"
        )
    texts = {event.index for event in events if event.type == "text_delta"}
    assert not texts & set(indexes), f"text and calls share the indexes {texts & set(indexes)}"
    kinds = [type(part) for part in stream.response.message.parts]
    assert kinds == [TextPart, ToolCall, ToolCall], (
        f"a text and two calls arrived as {kinds}; the parts are in the order of their indexes"
    )
    assert not [event for event in events if isinstance(event, PartEnd) and event.part in calls], (
        "a call ended with PartEnd; return ToolCallEnd"
    )


HTTP_CHECKS = (
    reasoning_is_decoded,
    logprobs_are_decoded,
    finish_reasons_are_decoded,
    usage_is_decoded,
    events_of_tool_calls_are_complete,
)
