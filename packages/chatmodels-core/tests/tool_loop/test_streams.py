"""The streams of a run: the events of all rounds and of the tools, and every way to leave them."""

import threading
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    InvalidRequestError,
    StreamInterruptedError,
    TextDelta,
    ToolCall,
    ToolEnd,
    ToolStart,
    arun_tools,
    assistant,
    astream_tools,
    from_json,
    run_tools,
    stream_tools,
    to_json,
    tool,
    tool_result,
    user,
)
from chatmodels.core.extending import StandardChatModel

BOTH = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


@tool
def add(a: int, b: int) -> int:
    return a + b


ADD = ToolCall("1", "add", '{"a": 1, "b": 2}')
TYPES = [
    "stream_start",
    "text_delta",
    "part_end",
    "tool_call_start",
    "tool_call_delta",
    "tool_call_end",
    "usage_update",
    "stream_end",
    "tool_start",
    "tool_end",
    "stream_start",
    "text_delta",
    "part_end",
    "usage_update",
    "stream_end",
]


def test_a_stream_yields_the_events_of_all_rounds_and_of_tools(scripted) -> None:
    with stream_tools(scripted(("Hm.", ADD), "3"), "Add", tools=[add]) as stream:
        events = list(stream)

    assert [event.type for event in events] == TYPES
    assert events[8] == ToolStart(ADD)
    assert events[9] == ToolEnd(ADD, tool_result(ADD, "3").parts[0])
    assert stream.run == run_tools(scripted(("Hm.", ADD), "3"), "Add", tools=[add])
    assert stream.run == stream.partial


@BOTH
async def test_an_async_stream_yields_the_same(anyio_backend: str, scripted) -> None:
    async with astream_tools(scripted(("Hm.", ADD), "3"), "Add", tools=[add]) as stream:
        events = [event async for event in stream]

    assert [event.type for event in events] == TYPES
    assert stream.run == await arun_tools(scripted(("Hm.", ADD), "3"), "Add", tools=[add])


def test_texts_alone_are_read(scripted) -> None:
    stream = stream_tools(scripted(("Hm.", ADD), "3"), "Add", tools=[add])

    assert next(stream).type == "stream_start"
    assert list(stream.texts()) == ["Hm.", "3"]


@BOTH
async def test_texts_alone_are_read_by_async_streams(anyio_backend: str, scripted) -> None:
    stream = astream_tools(scripted(("Hm.", ADD), "3"), "Add", tools=[add])

    assert (await anext(stream)).type == "stream_start"
    assert [text async for text in stream.texts()] == ["Hm.", "3"]


def test_a_stream_that_is_not_read_has_no_run_and_sends_nothing(scripted) -> None:
    model = scripted("Hi")
    stream = stream_tools(model, "Hi")

    with pytest.raises(InvalidRequestError, match="not been read to its end"):
        stream.run  # noqa: B018 - it raises
    assert stream.partial.messages == (user("Hi"),)
    stream.close()
    assert list(stream) == []
    assert model.requests == []


def test_what_has_arrived_can_be_stored_when_a_stream_is_left(scripted) -> None:
    model = scripted(ADD, "It is 3")
    with stream_tools(model, "Add", tools=[add]) as stream:
        assert any(event.type == "text_delta" for event in stream)

    partial = stream.partial
    assert partial.messages == (
        user("Add"),
        assistant(ADD),
        tool_result(ADD, "3"),
        assistant("It is 3"),
    )
    assert len(partial.responses) == 2
    with pytest.raises(InvalidRequestError):
        stream.run  # noqa: B018 - it raises


class Breaking(StandardChatModel):
    """Calls a tool, and is cut off in the middle of it."""

    def __init__(self, *, breaks: bool = True) -> None:
        super().__init__("fake", "breaking")
        self.breaks = breaks

    def events(self, request: Any, call: Any, /) -> Any:
        from chatmodels.core import ToolCallDelta, ToolCallStart

        yield TextDelta("Let me ", 0)
        yield ToolCallStart("1", "add", 1)
        yield ToolCallDelta('{"a": ', 1)
        if self.breaks:
            raise StreamInterruptedError("cut off")
        raise AssertionError("the stream is left before")


CUT_OFF = (user("Add"), assistant("Let me ", ToolCall("1", "add")))


def test_a_stream_that_breaks_has_a_repaired_conversation() -> None:
    with pytest.raises(StreamInterruptedError) as caught:
        stream_tools(Breaking(), "Add", tools=[add]).collect()

    assert caught.value.run.messages[:2] == CUT_OFF
    assert caught.value.run.messages[2].parts[0].is_error
    assert caught.value.run.responses == (caught.value.partial,)


@BOTH
async def test_an_async_stream_that_breaks_has_one_too(anyio_backend: str) -> None:
    with pytest.raises(StreamInterruptedError) as caught:
        await astream_tools(Breaking(), "Add", tools=[add]).collect()

    assert caught.value.run.messages[:2] == CUT_OFF


def test_a_stream_that_is_left_in_the_middle_of_a_call_has_one_too() -> None:
    with stream_tools(Breaking(breaks=False), "Add", tools=[add]) as stream:
        assert any(event.type == "tool_call_delta" for event in stream)

    assert stream.partial.messages[:2] == CUT_OFF
    assert stream.partial.messages[2].parts[0].is_error


def test_a_stream_cannot_be_closed_while_another_thread_reads_it(scripted) -> None:
    started, release = threading.Event(), threading.Event()

    @tool
    def hang() -> None:
        started.set()
        release.wait(300)

    stream = stream_tools(scripted(ToolCall("1", "hang"), "ok"), "Go", tools=[hang])
    reader = threading.Thread(target=stream.collect)
    reader.start()
    try:
        started.wait(300)
        with pytest.raises(InvalidRequestError, match="being read by another thread"):
            stream.close()
    finally:
        release.set()
        reader.join()
    assert stream.run.text == "ok"


@BOTH
async def test_an_async_stream_cannot_be_closed_while_another_task_reads_it(
    anyio_backend: str, scripted
) -> None:
    release = anyio.Event()

    @tool
    async def hang() -> None:
        await release.wait()

    stream = astream_tools(scripted(ToolCall("1", "hang"), "ok"), "Go", tools=[hang])
    async with anyio.create_task_group() as group:
        group.start_soon(stream.collect)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(InvalidRequestError, match="being read by another task"):
            await stream.aclose()
        release.set()
    assert stream.run.text == "ok"


def test_tool_events_are_written_as_json_without_exceptions() -> None:
    end = ToolEnd(ADD, tool_result(ADD, "3").parts[0], ValueError("no"))

    assert from_json(to_json(end), ToolEnd) == ToolEnd(ADD, end.result)
    assert from_json(to_json(ToolStart(ADD)), ToolStart) == ToolStart(ADD)
