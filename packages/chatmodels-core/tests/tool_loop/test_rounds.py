"""The rounds of a run, the same in every shape: calls, results, errors, and the final response."""

import logging
from dataclasses import dataclass
from typing import Any

import pytest

from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    Message,
    OutputInvalidError,
    ProviderPart,
    RateLimitError,
    Tool,
    ToolCall,
    ToolFailedError,
    Usage,
    assistant,
    from_json,
    system,
    to_json,
    tool,
    tool_result,
    user,
)
from chatmodels.core.extending import OutputSchema, ProviderState, ToolDefinition


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def fail(secret: str) -> str:
    """Fail."""
    raise ValueError(f"no such row, api_key={secret}")


def shout(text: str) -> str:
    return text.upper()


ADD = ToolCall("1", "add", '{"a": 1, "b": 2}')


async def test_a_model_gets_the_results_of_its_calls_until_it_answers(run, scripted) -> None:
    model = scripted(("Let me see.", ADD), ToolCall("2", "shout", '{"text": "x"}'), "3 and X")

    done = await run(model, [system("Be brief."), "Add"], tools=[add, shout], temperature=0.5)

    assert [each.text for each in done.responses] == ["Let me see.", "", "3 and X"]
    assert done.text == done.response.text == "3 and X"
    assert done.messages == (
        system("Be brief."),
        user("Add"),
        assistant("Let me see.", ADD),
        tool_result(ADD, "3"),
        assistant(ToolCall("2", "shout", '{"text": "x"}')),
        tool_result(ToolCall("2", "shout"), "X"),
        assistant("3 and X"),
    )
    assert done.usage == Usage(input_tokens=30, output_tokens=3, total_tokens=33)
    assert [end.result.text for end in done.tool_ends] == ["3", "X"]
    assert (done.pending, done.limit) == ((), None)
    assert model.requests[-1].messages == done.messages[:-1]
    assert {request.settings.temperature for request in model.requests} == {0.5}
    assert from_json(to_json(done.messages), tuple[Message, ...]) == done.messages


async def test_a_tool_with_a_definition_from_elsewhere_is_run(run, scripted) -> None:
    definition = ToolDefinition("notes.read", "Read a note.", {"type": "object"})

    def read(**arguments: Any) -> str:
        if "id" not in arguments:
            raise LookupError("no id")
        return f"note {arguments['id']}"

    calls = ToolCall("1", "notes.read", '{"id": 7}'), ToolCall("2", "notes.read", "{}")

    done = await run(scripted(calls, "ok"), "Read", tools=[Tool.from_definition(definition, read)])

    assert [end.result.is_error for end in done.tool_ends] == [False, True]
    assert done.tool_ends[0].result.text == "note 7"
    assert "no id" in done.tool_ends[1].result.text
    assert done.pending == ()


async def test_a_model_without_tools_answers_at_once(run, scripted) -> None:
    done = await run(scripted("Hello"), "Hi")

    assert done.messages == (user("Hi"), assistant("Hello"))


async def test_a_response_without_content_is_not_in_the_conversation(run, scripted) -> None:
    done = await run(scripted(()), "Hi", tools=[add])

    assert done.messages == (user("Hi"),)
    assert done.text == ""


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        pytest.param(
            ToolCall("1", "ad", "{}"), "(available: add, fail); did you mean 'add'?", id="name"
        ),
        pytest.param(ToolCall("1", "zzz", "{}"), "use one of them", id="no similar name"),
        pytest.param(ToolCall("1", "add", '{"a": 1}'), "b: missing", id="arguments"),
        pytest.param(
            ToolCall("1", "add", '{"a": 1, "b'), "call it again with one complete", id="no JSON"
        ),
    ],
)
async def test_a_call_that_cannot_be_run_is_returned_with_the_reason(
    run, scripted, call: ToolCall, fragment: str
) -> None:
    model = scripted((call, ADD), "ok")

    done = await run(model, "Add", tools=[add, fail])

    (wrong,), (right,) = (message.parts for message in done.messages[2:4])
    assert wrong.is_error
    assert fragment in wrong.text
    assert right.text == "3"
    assert done.tool_ends[0].call == call
    assert done.tool_ends[0].error is None


async def test_arguments_that_a_limit_cut_off_are_removed_and_reported(run, scripted) -> None:
    cut = ToolCall("1", "add", '{"a": 1, "b')
    cut_off = ChatResponse(message=assistant(cut), finish_reason="length")

    done = await run(scripted(cut_off, "ok"), "Add", tools=[add])

    assert done.messages[1] == assistant(ToolCall("1", "add"))
    assert "cut off" in done.tool_ends[0].result.text
    assert "shorter arguments" in done.tool_ends[0].result.text
    assert done.responses[0].tool_calls == (cut,)


async def test_a_call_without_a_name_is_left_out(run, scripted) -> None:
    done = await run(scripted(("Hm.", ToolCall("", "", ""))), "Add", tools=[add])

    assert done.messages == (user("Add"), assistant("Hm."))


async def test_an_exception_is_returned_without_credentials_and_kept(run, scripted, caplog) -> None:
    model = scripted(ToolCall("1", "fail", '{"secret": "sk-1234567890"}'), "Sorry.")

    with caplog.at_level(logging.WARNING, "chatmodels.tools"):
        done = await run(model, "Fail", tools=[fail])

    (end,) = done.tool_ends
    assert end.result.text == "the tool 'fail' failed with ValueError: no such row, api_key=***"
    assert end.result.is_error
    assert isinstance(end.error, ValueError)
    (record,) = caplog.records
    assert record.getMessage() == "tool 'fail' failed: ValueError"
    assert (record.tool, record.tool_call_id, record.error_type) == ("fail", "1", "ValueError")


async def test_the_message_of_an_error_of_chatmodels_is_returned(run, scripted) -> None:
    @tool
    def ask() -> str:
        raise RateLimitError("slow down")

    done = await run(scripted(ToolCall("1", "ask"), "ok"), "Ask", tools=[ask])

    assert done.tool_ends[0].result.text == "the tool 'ask' failed with RateLimitError: slow down"


async def test_an_exception_without_a_text_is_named(run, scripted) -> None:
    @tool
    def stop() -> str:
        raise LookupError

    done = await run(scripted(ToolCall("1", "stop"), "ok"), "Stop", tools=[stop])

    assert done.tool_ends[0].result.text == "the tool 'stop' failed with LookupError"


async def test_an_exception_is_raised_on_request_with_the_run_so_far(run, scripted) -> None:
    model = scripted((ADD, ToolCall("2", "fail", '{"secret": "s"}')), "never")

    with pytest.raises(ToolFailedError, match="'fail' failed with ValueError") as caught:
        await run(model, "Fail", tools=[add, fail], on_tool_error="raise", max_concurrency=1)

    error = caught.value
    assert error.code is ErrorCode.TOOL_FAILED
    assert isinstance(error.__cause__, ValueError)
    assert error.run.messages[2] == tool_result(ADD, "3")
    assert error.run.messages[3].parts[0].is_error
    assert len(error.run.responses) == 1


async def test_a_result_without_a_json_form_is_reported_as_an_error(run, scripted) -> None:
    @tool
    def thing() -> object:
        return object()

    done = await run(scripted(ToolCall("1", "thing"), "ok"), "Thing", tools=[thing])

    assert isinstance(done.tool_ends[0].error, ConfigurationError)


async def test_an_error_of_the_model_has_the_run_so_far(run, scripted) -> None:
    with pytest.raises(RateLimitError) as caught:
        await run(scripted(ADD, RateLimitError("slow down")), "Add", tools=[add])

    assert caught.value.run.messages == (user("Add"), assistant(ADD), tool_result(ADD, "3"))
    assert len(caught.value.run.responses) == 1


async def test_an_error_of_the_first_call_has_a_run_without_response(run, scripted) -> None:
    with pytest.raises(RateLimitError) as caught:
        await run(scripted(RateLimitError("slow down")), "Add", tools=[add])

    assert caught.value.run.messages == (user("Add"),)
    with pytest.raises(InvalidRequestError, match="ended before the first response"):
        caught.value.run.response  # noqa: B018 - it raises


async def test_a_forced_choice_holds_for_the_first_round(run, scripted) -> None:
    model = scripted(ADD, ADD, "3")

    await run(model, "Add", tools=[add], tool_choice="add")

    assert [each.tool_choice and each.tool_choice.name for each in model.requests] == [
        "add",
        None,
        None,
    ]


async def test_a_choice_that_forces_nothing_holds_for_all_rounds(run, scripted) -> None:
    model = scripted(ADD, "3")

    await run(model, "Add", tools=[add], tool_choice="auto")

    assert [each.tool_choice.mode for each in model.requests] == ["auto", "auto"]


@dataclass
class Total:
    total: int


async def test_the_final_response_is_parsed(run, scripted) -> None:
    model = scripted(ADD, '{"total": 3}')

    done = await run(model, "Add", tools=[add], output_type=Total)

    assert done.parsed == Total(3)
    assert all(isinstance(request.output, OutputSchema) for request in model.requests)


async def test_a_final_response_that_does_not_fit_is_in_the_run_of_its_error(run, scripted) -> None:
    with pytest.raises(OutputInvalidError) as caught:
        await run(scripted(ADD, "three"), "Add", tools=[add], output_type=Total)

    assert caught.value.run.messages[-1] == assistant("three")
    assert caught.value.run.text == "three"


BOOK = ToolDefinition("book", "Book a table.", {"type": "object"})


async def test_calls_of_tools_without_a_function_wait_for_the_caller(run, scripted) -> None:
    booking = ToolCall("2", "book", "{}")
    model = scripted((ADD, booking), "Booked.")

    done = await run(model, "Book", tools=[add, BOOK])

    assert done.pending == (booking,)
    assert done.messages == (user("Book"), assistant(ADD, booking), tool_result(ADD, "3"))
    answered = [*done.messages, tool_result(booking, "Table 4")]
    assert (await run(model, answered, tools=[add, BOOK])).text == "Booked."
    assert model.requests[-1].messages == tuple(answered)


async def test_a_run_ends_if_all_calls_wait_for_the_caller(run, scripted) -> None:
    done = await run(scripted(ToolCall("1", "book", "{}")), "Book", tools=[BOOK], max_rounds=1)

    assert [call.name for call in done.pending] == ["book"]
    assert len(done.messages) == 2


async def test_tools_that_the_vendor_runs_are_not_run(run, scripted) -> None:
    trace = ProviderPart(ProviderState("acme", {"type": "web_search_call"}))

    done = await run(scripted((trace, "Found.")), "Search", tools=[add])

    assert done.messages[-1] == assistant(trace, "Found.")
    assert done.tool_ends == ()


async def test_calls_that_only_the_caller_can_handle_end_the_run(run, scripted) -> None:
    trace = ProviderPart(ProviderState("acme", {"type": "computer_call"}))
    click = ChatResponse(message=assistant(trace), finish_reason="tool_calls")

    done = await run(scripted(click), "Click", tools=[add])

    assert done.response.finish_reason == "tool_calls"
    assert done.messages[-1] == assistant(trace)


async def test_tools_beside_such_a_call_run_before_the_run_ends(run, scripted) -> None:
    click = ProviderPart(ProviderState("acme", {"type": "computer_call"}), awaits_caller=True)

    done = await run(scripted((click, ADD), "never"), "Click", tools=[add])

    assert done.messages[1:] == (assistant(click, ADD), tool_result(ADD, "3"))
    assert done.limit is None


async def test_a_paused_response_is_continued(run, scripted) -> None:
    search = ProviderPart(ProviderState("acme", {"type": "server_tool_use"}))
    paused = ChatResponse(message=assistant("I look.", search), finish_reason="paused")
    model = scripted(paused, '{"value": 9}')

    done = await run(model, "Search", tools=[add], output_type=int)

    assert done.parsed == 9
    assert model.requests[1].messages == (user("Search"), paused.message)
    assert done.messages == (user("Search"), paused.message, assistant('{"value": 9}'))


async def test_the_limit_of_rounds_applies_to_paused_responses(run, scripted) -> None:
    paused = ChatResponse(message=assistant("I look."), finish_reason="paused")

    done = await run(scripted(paused, paused, "never"), "Search", max_rounds=2, on_limit="return")

    assert done.limit == "max_rounds"
    assert len(done.responses) == 2


async def test_tools_of_a_paused_response_run_before_it_is_continued(run, scripted) -> None:
    paused = ChatResponse(message=assistant("I look.", ADD), finish_reason="paused")

    done = await run(scripted(paused, "Done."), "Add", tools=[add])

    assert done.messages[2:] == (tool_result(ADD, "3"), assistant("Done."))


@pytest.mark.parametrize("reason", ["content_filter", "refusal", "error"])
async def test_calls_of_a_response_that_was_stopped_are_not_run(run, scripted, reason) -> None:
    stopped = ChatResponse(message=assistant(ADD), finish_reason=reason)

    done = await run(scripted(stopped), "Add", tools=[add])

    assert done.tool_ends == ()
    assert done.messages[-1].parts[0].is_error


async def test_an_interrupted_conversation_is_repaired_before_it_is_sent(run, scripted) -> None:
    model = scripted("ok")

    await run(model, [user("Add"), assistant(ADD), user("Well?")], tools=[add])

    sent = model.requests[0].messages
    assert [message.role for message in sent] == ["user", "assistant", "tool", "user"]


async def test_results_of_calls_that_the_vendor_holds_are_sent(run, scripted) -> None:
    model = scripted("ok")

    await run(model, tool_result(ADD, "3"), provider_options={"previous_response_id": "r1"})

    assert model.requests[0].messages == (tool_result(ADD, "3"),)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        pytest.param({"max_rounds": 0}, "max_rounds must be an integer of at least 1", id="rounds"),
        pytest.param({"max_tool_calls": True}, "max_tool_calls must be", id="calls"),
        pytest.param({"max_total_tokens": 0.5}, "max_total_tokens must be", id="tokens"),
        pytest.param({"max_seconds": -1}, "max_seconds must be a number of", id="seconds"),
        pytest.param({"max_concurrency": 0}, "max_concurrency must be", id="concurrency"),
        pytest.param({"on_tool_error": "ignore"}, '"return" or "raise"', id="on_tool_error"),
        pytest.param({"on_limit": "stop"}, '"raise" or "return"', id="on_limit"),
        pytest.param({"name": 3}, "name must be a text or None", id="name"),
        pytest.param({"clock": 3}, "clock must be a function", id="clock"),
        pytest.param({"before_tool": "x"}, "before_tool must be a function", id="before_tool"),
        pytest.param({"after_tool": 1}, "after_tool must be a function", id="after_tool"),
        pytest.param({"tools": add}, r"pass tools=\[add\]", id="tools"),
        pytest.param({"tools": [add], "tool_choice": "ad"}, "did you mean 'add'", id="choice"),
        pytest.param({"temperatur": 1}, "did you mean 'temperature'", id="setting"),
    ],
)
async def test_options_are_checked_before_anything_is_sent(
    run, scripted, options: dict[str, Any], problem: str
) -> None:
    model = scripted("never")

    with pytest.raises(ChatModelError, match=problem):
        await run(model, "Hi", **options)

    assert model.requests == []


async def test_limits_may_be_none(run, scripted) -> None:
    limits = {"max_tool_calls": None, "max_total_tokens": None, "max_seconds": None, "name": None}

    assert (await run(scripted(ADD, "3"), "Add", tools=iter([add]), **limits)).text == "3"


async def test_a_tool_that_cannot_be_used_is_refused_at_once(run, scripted, shape: str) -> None:
    @tool
    async def later() -> str:
        return "done"

    assert isinstance(later, Tool)
    if shape.startswith("sync"):
        with pytest.raises(ConfigurationError, match="tools are async: later; use arun_tools"):
            await run(scripted("never"), "Hi", tools=[later])
    else:
        done = await run(scripted(ToolCall("1", "later"), "ok"), "Hi", tools=[later])
        assert done.tool_ends[0].result.text == "done"


async def test_a_name_is_not_a_model(run) -> None:
    with pytest.raises(ConfigurationError, match="str is not a model; create one with create_chat"):
        await run("openai:large", "Hi", tools=[add])
