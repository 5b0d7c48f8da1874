"""Decoding of streamed responses of the Responses API."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    LogprobsDelta,
    PartEnd,
    ProviderPart,
    ProviderUnavailableError,
    ReasoningDelta,
    ReasoningPart,
    RefusalDelta,
    RefusalPart,
    ResponseInvalidError,
    Settings,
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
    Usage,
    UsageUpdate,
    user,
)
from chatmodels.core.extending import Accumulator, ProviderState
from chatmodels.http import Frame
from chatmodels.openai_compatible.responses import ResponsesDialect, responses_codec

MARK = "vendor.responses"
CODEC = responses_codec(ResponsesDialect(name="vendor"))
REQUEST = ChatRequest(messages=(user("Hello"),))
CREATED = {"type": "response.created", "response": {"id": "resp_1", "model": "m", "output": []}}
TEXT = {"type": "output_text", "text": "Hi."}
MESSAGE = {"type": "message", "id": "msg_1", "content": [TEXT]}
TEXT_PART = TextPart("Hi.", signature=ProviderState(MARK, {"id": "msg_1"}))
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"}
CALLED = ToolCall("c", "f", "{}", ProviderState(MARK, {"id": "fc_1"}))
CUSTOM = {"type": "custom_tool_call", "id": "ct_1", "call_id": "c", "name": "sql", "input": "é\n"}


def event(kind: str, place: int = 0, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "output_index": place, **fields}


def added(item: dict[str, Any], place: int = 0) -> dict[str, Any]:
    return event("output_item.added", place, item=item)


def done(item: dict[str, Any], place: int = 0) -> dict[str, Any]:
    return event("output_item.done", place, item=item)


def completed(*output: dict[str, Any], status: str = "completed", **fields: Any) -> dict[str, Any]:
    response = {"id": "resp_1", "model": "m", "status": status, "output": output, **fields}
    return {"type": f"response.{status}", "response": response}


def events_of(*frames: dict[str, Any]) -> list[StreamEvent]:
    """Read a stream; the payload of its end is left out, since it is not compared by content."""
    decoder = CODEC.reader(REQUEST)
    events = [event for data in frames for event in decoder.feed(Frame(json.dumps(data).encode()))]
    return [
        msgspec.structs.replace(event, payload=StreamEnd().payload)
        if isinstance(event, StreamEnd)
        else event
        for event in [*events, *decoder.close()]
    ]


def response_of(*frames: dict[str, Any]) -> ChatResponse:
    accumulator = Accumulator()
    for found in events_of(*frames):
        accumulator.add(found)
    assert accumulator.complete
    return accumulator.response()


def whole(*output: dict[str, Any], **fields: Any) -> ChatResponse:
    body = completed(*output, **fields)["response"]
    return CODEC.decode(json.dumps(body).encode(), REQUEST)


def test_a_text_arrives_in_chunks() -> None:
    events = events_of(
        CREATED,
        {"type": "response.in_progress", "response": {"id": "resp_1"}},
        added({"type": "message", "id": "msg_1", "content": []}),
        event("content_part.added", content_index=0),
        event("output_text.delta", content_index=0, delta="Hi", logprobs=[]),
        event("output_text.delta", content_index=0, delta="."),
        event("output_text.done", content_index=0, text="Hi."),
        done(MESSAGE),
        completed(MESSAGE, usage={"input_tokens": 1, "output_tokens": 2}, service_tier="flex"),
    )

    assert events == [
        StreamStart("resp_1", "m"),
        TextDelta("Hi"),
        TextDelta("."),
        PartEnd(TEXT_PART),
        UsageUpdate(Usage(input_tokens=1, output_tokens=2)),
        StreamEnd(finish_reason="stop", raw_finish_reason="completed", service_tier="flex"),
    ]


def test_a_call_arrives_in_deltas() -> None:
    events = events_of(
        CREATED,
        added(CALL | {"arguments": ""}, 1),
        added(CALL, 1),
        event("function_call_arguments.delta", 1, delta=""),
        event("function_call_arguments.delta", 1, delta="{"),
        event("function_call_arguments.delta", 1, delta="}"),
        done(CALL, 1),
        completed(CALL),
    )

    assert events[1:-1] == [
        ToolCallStart("c", "f", 1000),
        ToolCallDelta("{", 1000),
        ToolCallDelta("}", 1000),
        ToolCallEnd(CALLED, 1000),
    ]
    assert events[-1] == StreamEnd(finish_reason="tool_calls", raw_finish_reason="completed")


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param((added(CALL), done(CALL)), id="whole at once"),
        pytest.param((done(CALL),), id="without a beginning"),
        pytest.param(
            (event("function_call_arguments.delta", delta="{}"), done(CALL)), id="in a wrong order"
        ),
        pytest.param((), id="in the whole response alone"),
    ],
)
def test_a_call_can_arrive_whole(frames: tuple[dict[str, Any], ...]) -> None:
    assert events_of(CREATED, *frames, completed(CALL))[1:-1] == [
        ToolCallStart("c", "f"),
        ToolCallDelta("{}"),
        ToolCallEnd(CALLED),
    ]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_the_free_text_of_a_custom_call_is_yielded_as_json(pieces: list[str]) -> None:
    item = CUSTOM | {"input": "".join(pieces)}
    events = events_of(
        CREATED,
        added(CUSTOM | {"input": ""}),
        *(event("custom_tool_call_input.delta", delta=piece) for piece in pieces),
        done(item),
        completed(item),
    )

    arguments = "".join(
        found.arguments_json for found in events if isinstance(found, ToolCallDelta)
    )
    assert json.loads(arguments) == {"input": "".join(pieces)}
    (end,) = [found for found in events if isinstance(found, ToolCallEnd)]
    assert (end.tool_call,) == whole(item).tool_calls
    assert end.tool_call.arguments_json == arguments


@pytest.mark.parametrize(
    ("item", "name"),
    [
        pytest.param(CALL | {"arguments": ""}, "function_call_arguments", id="of a function"),
        pytest.param(CUSTOM | {"input": ""}, "custom_tool_call_input", id="of a custom tool"),
    ],
)
def test_a_call_that_is_cut_off_is_yielded_incomplete(item: dict[str, Any], name: str) -> None:
    reason = {"reason": "max_output_tokens"}
    response = response_of(
        CREATED,
        added(item),
        event(f"{name}.delta", delta="ab"),
        completed(status="incomplete", incomplete_details=reason),
    )

    (call,) = response.tool_calls
    assert "ab" in call.arguments_json
    assert response.finish_reason == "length"


def test_reasoning_arrives_in_chunks_and_its_state_at_the_end() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [{"text": "So be it"}]}
    first, last = item | {"encrypted_content": "a"}, item | {"encrypted_content": "b"}
    events = events_of(
        CREATED,
        added({"type": "reasoning", "id": "rs_1"}),
        event("reasoning_summary_text.delta", summary_index=0, delta="So "),
        event("reasoning_text.delta", content_index=0, delta="be it"),
        done(first),
        completed(last),
    )

    assert events[1:-1] == [
        ReasoningDelta("So "),
        ReasoningDelta("be it"),
        PartEnd(ReasoningPart("So be it", ProviderState(MARK, first))),
        PartEnd(ReasoningPart("So be it", ProviderState(MARK, last))),
    ]
    assert response_of(CREATED, done(first), completed(last)) == whole(last)


def test_a_refusal_arrives_in_chunks() -> None:
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}
    events = events_of(
        CREATED,
        event("refusal.delta", content_index=0, delta="No."),
        done(refusal),
        completed(refusal),
    )
    assert events[1:3] == [RefusalDelta("No."), PartEnd(RefusalPart("No."))]
    assert events[-1] == StreamEnd(finish_reason="refusal", raw_finish_reason="completed")


def test_log_probabilities_arrive_with_the_text_or_with_the_item() -> None:
    token = {"token": "Hi.", "logprob": -0.5, "top_logprobs": []}
    item = {"type": "message", "content": [TEXT | {"logprobs": [token]}]}
    delta = event("output_text.delta", content_index=0, delta="Hi.", logprobs=[token])
    for frames in ((delta, done(item)), (done(item),), ()):
        found = [
            found
            for found in events_of(CREATED, *frames, completed(item))
            if isinstance(found, LogprobsDelta)
        ]
        assert found == [LogprobsDelta((TokenLogprob("Hi.", -0.5),))]


def test_contents_that_are_numbered_across_items_stay_in_order() -> None:
    """Bedrock calls the first content of the second item the second."""
    texts = [{"type": "output_text", "text": text} for text in ("One.", "Two.")]
    item = {"type": "message", "content": texts}
    response = response_of(
        CREATED,
        event("output_text.delta", 1, content_index=1, delta="One."),
        event("output_text.delta", 1, content_index=2, delta="Two."),
        done(item, 1),
        completed({"type": "reasoning"}, item),
    )
    assert response.text == "One.Two."


def test_an_item_without_a_number_is_the_first() -> None:
    frames = {"type": "response.output_text.delta", "delta": "Hi.", "output_index": None}
    assert response_of(CREATED, frames, completed(MESSAGE)).text == "Hi."


def test_an_empty_final_output_removes_nothing() -> None:
    """The backend of Codex leaves the output of the whole response empty."""
    response = response_of(CREATED, done(MESSAGE), done(CALL, 1), completed())
    assert response.message.parts == (TEXT_PART, CALLED)
    assert response.finish_reason == "tool_calls"


SEARCH = {"type": "web_search_call", "id": "ws_1"}
SEARCHED = ProviderPart(ProviderState(MARK, SEARCH))
MOVED = MESSAGE | {"id": "msg_2", "content": [TEXT | {"text": "Ho."}]}


@pytest.mark.parametrize(
    ("streamed", "final"),
    [
        pytest.param([MESSAGE], [SEARCH, MESSAGE], id="an item before"),
        pytest.param([MESSAGE], [MESSAGE, SEARCH], id="an item behind"),
        pytest.param([SEARCH, MESSAGE, MOVED], [MESSAGE, MOVED], id="an item less"),
        pytest.param([MESSAGE], [MESSAGE | {"id": "msg_9"}], id="another id"),
        pytest.param([SEARCH, MESSAGE], [SEARCH | {"status": "completed"}, MESSAGE], id="results"),
    ],
)
def test_the_final_response_decides_and_no_event_is_repeated(
    streamed: list[dict[str, Any]], final: list[dict[str, Any]]
) -> None:
    frames = [done(item, place) for place, item in enumerate(streamed)]
    response = response_of(CREATED, *frames, completed(*final))
    expected = whole(*final)

    assert response.text == expected.text
    assert set(map(repr, expected.message.parts)) <= set(map(repr, response.message.parts))
    assert len(response.message.parts) == max(len(streamed), len(final))


def test_a_corrected_call_ends_once() -> None:
    """A program that runs tools when their calls end would run it twice."""
    events = events_of(CREATED, added(CALL), done(CALL), completed(CALL | {"id": "fc_9"}))
    corrected = msgspec.structs.replace(CALLED, signature=ProviderState(MARK, {"id": "fc_9"}))
    assert [found for found in events if isinstance(found, ToolCallEnd)] == [ToolCallEnd(CALLED)]
    assert events[-2] == PartEnd(corrected)


def test_a_stream_that_begins_with_its_end_is_whole() -> None:
    assert response_of(completed(MESSAGE)) == whole(MESSAGE)


def test_events_after_the_end_are_ignored() -> None:
    end = completed(MESSAGE)
    assert len([e for e in events_of(CREATED, end, end) if isinstance(e, StreamEnd)]) == 1
    decoder = CODEC.reader(REQUEST)
    assert decoder.feed(Frame(b"[DONE]")) == decoder.feed(Frame(b"")) == decoder.close() == ()


def test_the_event_replaces_a_missing_status() -> None:
    end = {"type": "response.cancelled", "response": {"output": [MESSAGE]}}
    response = response_of(CREATED, end)
    assert (response.raw_finish_reason, response.finish_reason) == ("cancelled", "other")
    assert events_of({"type": "response.incomplete"})[-1] == StreamEnd(
        finish_reason="other", raw_finish_reason="incomplete"
    )


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(
            {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down."}, id="flat"
        ),
        pytest.param(
            {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down."}},
            id="nested",
        ),
        pytest.param(
            completed(status="failed", error={"code": "rate_limit_exceeded", "message": "Slow."}),
            id="a failed response",
        ),
        pytest.param(
            {"type": "response.failed", "error": {"type": "rate_limit_error", "message": "Slow."}},
            id="Perplexity",
        ),
    ],
)
def test_errors_in_mid_stream_are_raised(frames: dict[str, Any]) -> None:
    with pytest.raises(ChatModelError, match="Slow") as caught:
        events_of(CREATED, frames)
    assert caught.value.code == ErrorCode.RATE_LIMITED


@pytest.mark.parametrize("response", [{}, {"response": {"id": "resp_1"}}], ids=["none", "bare"])
def test_a_response_that_failed_for_no_reason_is_an_error(response: dict[str, Any]) -> None:
    with pytest.raises(ProviderUnavailableError, match="the response failed"):
        events_of(CREATED, {"type": "response.failed", **response})


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(completed(), id="nothing"),
        pytest.param(event("output_text.delta", delta={"text": "Hi"}), id="a delta that is none"),
        pytest.param(done({"type": "message", "content": "Hi"}), id="a message that is none"),
    ],
)
def test_a_body_that_is_not_a_response_raises(frames: dict[str, Any]) -> None:
    with pytest.raises(ResponseInvalidError, match="vendor sent data that is not a response"):
        events_of(CREATED, frames)


def unnumbered(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


OTHER = CALL | {"id": "fc_2", "call_id": "d", "arguments": "[]"}


def ends(events: list[StreamEvent]) -> list[str]:
    return [found.tool_call.id for found in events if isinstance(found, ToolCallEnd)]


def test_calls_without_numbers_are_separated_by_their_ids() -> None:
    events = events_of(
        CREATED,
        unnumbered("output_item.added", item=CALL | {"arguments": ""}),
        unnumbered("function_call_arguments.delta", item_id="fc_1", delta="{"),
        unnumbered("output_item.added", item=OTHER | {"arguments": ""}),
        unnumbered("function_call_arguments.delta", item_id="fc_1", delta="}"),
        unnumbered("function_call_arguments.delta", item_id="fc_2", delta="["),
        unnumbered("function_call_arguments.delta", delta="]"),
        unnumbered("output_item.done", item=CALL),
        unnumbered("output_item.done", item=OTHER),
        completed(CALL, OTHER),
    )
    assert [e for e in events if isinstance(e, ToolCallDelta)] == [
        ToolCallDelta("{", 0),
        ToolCallDelta("}", 0),
        ToolCallDelta("[", 1000),
        ToolCallDelta("]", 1000),
    ]
    assert ends(events) == ["c", "d"]


@pytest.mark.parametrize(
    ("first", "second"), [(CALL, OTHER), (OTHER, CALL)], ids=["in order", "in another order"]
)
def test_calls_without_numbers_are_found_by_their_call_ids(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    events = events_of(
        CREATED,
        unnumbered("output_item.added", item=CALL),
        unnumbered("output_item.added", item=OTHER),
        unnumbered("output_item.done", item=first | {"id": "fc_8"}),
        unnumbered("output_item.done", item=second | {"id": ""}),
        completed(first | {"id": "fc_9"}, second),
    )
    assert sorted(ends(events)) == ["c", "d"]
    assert len([e for e in events if isinstance(e, ToolCallStart)]) == 2


def test_an_item_that_repeats_the_number_of_another_is_yielded_once() -> None:
    """Transformers' server repeats the message after the call, under the number of the call."""
    again = added(MESSAGE | {"content": []}, 1)
    delta = event("output_text.delta", 1, item_id="msg_1", delta="")
    frames = (added(MESSAGE), done(MESSAGE), added(CALL, 1), done(CALL, 1), again, delta)
    events = events_of(CREATED, *frames, done(MESSAGE, 1), completed(MESSAGE, CALL))
    assert ends(events) == ["c"]
    assert response_of(CREATED, *frames, done(MESSAGE, 1), completed(MESSAGE, CALL)) == whole(
        MESSAGE, CALL
    )


def test_items_with_the_same_number_are_separated() -> None:
    response = response_of(
        CREATED,
        added(MESSAGE),
        event("output_text.delta", item_id="msg_1", delta="Hi."),
        added(CALL),
        event("function_call_arguments.delta", item_id="fc_1", delta="{}"),
        added(OTHER),
        event("function_call_arguments.delta", item_id="fc_2", delta="[]"),
        event("output_text.delta", item_id="msg_9", delta=""),
        done(MESSAGE),
        done(CALL),
        done(OTHER),
        completed(MESSAGE, CALL, OTHER),
    )
    assert response.message.parts == whole(MESSAGE, CALL, OTHER).message.parts


def test_text_that_belongs_to_no_item_is_that_of_the_first() -> None:
    frames = unnumbered("output_text.delta", delta="Hi.")
    end = unnumbered("output_item.done", item=MESSAGE)
    assert response_of(CREATED, frames, end, completed(MESSAGE)) == whole(MESSAGE)


LIMITED = ChatRequest(messages=REQUEST.messages, settings=Settings(max_output_tokens=5))


@pytest.mark.parametrize(("used", "finish"), [(4, "stop"), (5, "length"), (None, "stop")])
def test_a_completed_response_that_used_all_its_tokens_was_cut_off(
    used: int | None, finish: str
) -> None:
    usage = {"input_tokens": 1, "output_tokens": used}
    body = json.dumps(completed(MESSAGE, usage=usage)["response"]).encode()
    assert CODEC.decode(body, LIMITED).finish_reason == finish
    events = CODEC.reader(LIMITED).feed(Frame(json.dumps(completed(MESSAGE, usage=usage)).encode()))
    assert events[-1].finish_reason == finish
    assert CODEC.decode(body, REQUEST).finish_reason == "stop"


@pytest.mark.parametrize(
    ("output", "finish"),
    [
        *(
            pytest.param([{"type": kind, "call_id": "c"}], "tool_calls", id=kind)
            for kind in ("computer_call", "shell_call", "apply_patch_call", "local_shell_call")
        ),
        pytest.param([{"type": "mcp_approval_request", "id": "a"}], "tool_calls", id="approval"),
        pytest.param(
            [{"type": "tool_search_call", "execution": "client"}], "tool_calls", id="own search"
        ),
        pytest.param(
            [{"type": "tool_search_call", "execution": "server"}], "stop", id="vendor's search"
        ),
        pytest.param(
            [
                {"type": "shell_call", "call_id": "c"},
                {"type": "shell_call_output", "call_id": "c"},
            ],
            "stop",
            id="run by the vendor",
        ),
        pytest.param(
            [
                {"type": "shell_call", "call_id": "c"},
                {"type": "shell_call_output", "call_id": "c"},
                {"type": "shell_call", "call_id": "d"},
            ],
            "tool_calls",
            id="one of two",
        ),
    ],
)
def test_items_that_wait_for_the_caller_are_calls(
    output: list[dict[str, Any]], finish: str
) -> None:
    assert whole(*output).finish_reason == finish
    frames = [done(item, place) for place, item in enumerate(output)]
    assert response_of(CREATED, *frames, completed(*output)).finish_reason == finish


def test_items_that_wait_for_the_caller_beside_a_call_are_marked() -> None:
    call = {"type": "function_call", "call_id": "f", "name": "clock", "arguments": "{}"}
    run = [
        {"type": "shell_call", "call_id": "c"},
        {"type": "shell_call_output", "call_id": "c"},
    ]
    click = {"type": "computer_call", "call_id": "d"}

    output = (*run, call, click)

    events = [done(item, place) for place, item in enumerate(output)]
    for response in (whole(*output), response_of(CREATED, *events, completed(*output))):
        parts = [part for part in response.message.parts if isinstance(part, ProviderPart)]
        assert [part.awaits_caller for part in parts] == [False, False, True]
        assert parts[-1].signature.data == click
