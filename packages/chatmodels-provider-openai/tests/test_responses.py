"""Features of the Responses API, tested with a real server."""

from collections.abc import Iterator

import pytest

from chatmodels.core import (
    ChatModel,
    InvalidRequestError,
    ReasoningPart,
    StreamEnd,
    ToolCall,
    create_chat_model,
    tool_result,
    user,
)
from chatmodels.testing import Simulator

ASKED = user("Why is the sky blue?")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def model(simulator: Simulator) -> ChatModel:
    return create_chat_model(
        "openai:gpt-6.1-terra",
        api="responses",
        api_key="sk-1",
        base_url=simulator.base_url,
        max_retries=0,
    )


def test_a_background_response_is_polled_until_it_is_complete(model: ChatModel) -> None:
    started = model.generate(ASKED, provider_options={"background": True})
    assert (started.raw_finish_reason, started.finish_reason) == ("queued", "other")

    done = model.generate(ASKED, provider_options={"retrieve": started.id})
    assert (done.id, done.finish_reason) == (started.id, "stop")
    assert done.text == "You said: Why is the sky blue?"


def test_a_run_in_the_background_is_streamed_when_it_is_done(model: ChatModel) -> None:
    started = model.generate(ASKED, provider_options={"background": True})
    with model.stream(ASKED, provider_options={"retrieve": started.id}) as stream:
        events = list(stream)
    assert isinstance(events[-1], StreamEnd)
    assert stream.response.text == "You said: Why is the sky blue?"


async def test_a_run_in_the_background_is_awaited(model: ChatModel) -> None:
    started = await model.agenerate(ASKED, provider_options={"background": True})
    done = await model.agenerate(ASKED, provider_options={"retrieve": started.id})
    stream = model.astream(ASKED, provider_options={"retrieve": started.id})
    assert (await stream.collect()).message == done.message


def test_a_response_that_is_not_there_is_an_invalid_request(model: ChatModel) -> None:
    with pytest.raises(InvalidRequestError, match="Response with id 'resp_1' not found"):
        model.generate(ASKED, provider_options={"retrieve": "resp_1"})


def test_reasoning_is_sent_back_with_the_following_items(
    model: ChatModel, simulator: Simulator
) -> None:
    call = ToolCall("call_1", "clock", "{}")
    simulator.queue((ReasoningPart("Which time?"), "One moment.", call), "Noon.")
    called = model.generate(ASKED)
    model.generate([ASKED, called.message, tool_result(call, "12:00")])

    _, reasoning, assistant_item, question, output = simulator.requests[-1]["input"]
    assert (reasoning["id"], reasoning["encrypted_content"]) == ("rs_0", "simulated")
    assert (assistant_item["id"], question["id"], question["call_id"]) == (
        "msg_1",
        "fc_2",
        "call_1",
    )
    assert output == {"type": "function_call_output", "call_id": "call_1", "output": "12:00"}


def test_the_health_of_both_apis_is_that_of_the_models(
    model: ChatModel, simulator: Simulator
) -> None:
    assert model.check_health().status == "healthy"
    assert simulator.exchanges[-1].request.target == "/v1/models"


def test_tokens_are_counted_by_this_api_only(simulator: Simulator, model: ChatModel) -> None:
    counted = model.count_tokens("two words", temperature=None)
    assert (counted.input_tokens, counted.is_estimate) == (2, False)
    assert simulator.exchanges[-1].request.path == "/v1/responses/input_tokens"
    chat = create_chat_model("openai:gpt-4o", api_key="sk-1", base_url=simulator.base_url)
    assert chat.count_tokens("two words").is_estimate
    assert len(simulator.exchanges) == 1
