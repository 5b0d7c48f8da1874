"""Replies of a mock model by its script."""

import copy
import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import msgspec
import pydantic
import pytest

from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    Citation,
    ConfigurationError,
    ErrorCode,
    FilePart,
    ImagePart,
    InternalError,
    InvalidRequestError,
    LogprobsDelta,
    PartEnd,
    RateLimitError,
    ReasoningPart,
    RefusalPart,
    Settings,
    StreamEnd,
    StreamStart,
    TextDelta,
    TextPart,
    Timeout,
    TokenCount,
    TokenLogprob,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UnsupportedError,
    Usage,
    assistant,
    create_chat_model,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import CallInfo, ProviderState
from chatmodels.providers.mock import MockChatModel

OSLO = ToolCall("call_1", "weather", '{"city": "Oslo"}')


def test_without_a_script_the_last_message_is_returned() -> None:
    model = MockChatModel()

    assert model.generate([system("Be brief."), user("Hello, "), user("world!")]).text == "world!"


def test_without_a_script_a_tool_result_is_returned() -> None:
    conversation = [user("Oslo?"), assistant(OSLO), tool_result(OSLO, "rain")]

    assert MockChatModel().generate(conversation).text == "rain"


def test_text_before_tool_results_is_returned_as_well() -> None:
    message = msgspec.structs.replace(
        tool_result(OSLO, "rain"), parts=(TextPart("Here:"), *tool_result(OSLO, "rain").parts)
    )

    assert MockChatModel().generate(message).text == "Here:\nrain"


def test_responses_are_returned_in_order() -> None:
    model = MockChatModel(responses=["one", "two"])

    assert [model.generate("?").text, model.stream("?").collect().text] == ["one", "two"]


def test_an_exhausted_script_is_an_error_with_a_remedy() -> None:
    model = MockChatModel(responses=["one"])
    model.generate("?")

    with pytest.raises(ConfigurationError, match=r"script of 1 responses is exhausted.*cycle"):
        model.generate("?")


@pytest.mark.parametrize(
    ("on_exhausted", "texts"),
    [
        ("cycle", ["a", "b", "a", "b", "a"]),
        ("last", ["a", "b", "b", "b", "b"]),
        ("echo", ["a", "b", "?", "?", "?"]),
    ],
)
def test_the_reply_after_the_last_response_can_be_selected(
    on_exhausted: Any, texts: list[str]
) -> None:
    model = MockChatModel(responses=["a", "b"], on_exhausted=on_exhausted)

    assert [model.generate("?").text for _ in range(5)] == texts


@pytest.mark.parametrize(
    "rules",
    [
        {"weather": OSLO, re.compile("HELLO", re.IGNORECASE): "Hi!"},
        [(lambda request: "weather" in request.messages[-1].text, OSLO), ("(?i)hello", "Hi!")],
    ],
    ids=["mapping", "pairs"],
)
def test_rules_select_replies_by_request(rules: Any) -> None:
    model = MockChatModel(rules=rules)

    assert model.generate("What is the weather?").tool_calls == (OSLO,)
    assert model.generate("hello").text == "Hi!"
    assert model.generate("hello").text == "Hi!"


def test_a_request_that_no_rule_matches_gets_the_next_response() -> None:
    model = MockChatModel(rules={"hello": "Hi!"}, responses=["one", "two"])

    assert [model.generate(text).text for text in ("a", "hello", "b")] == ["one", "Hi!", "two"]


def test_a_request_without_a_reply_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="none of the 1 rules"):
        MockChatModel(rules={"hello": "Hi!"}, on_exhausted="cycle").generate("bye")


def test_a_request_that_no_rule_matches_can_be_echoed() -> None:
    assert MockChatModel(rules={"hello": "Hi!"}, on_exhausted="echo").generate("bye").text == "bye"


class Point(msgspec.Struct):
    x: int


@dataclass
class Pair:
    x: int


class Box(pydantic.BaseModel):
    x: int


@pytest.mark.parametrize(
    ("reply", "output_type"),
    [({"x": 1}, Point), (Point(1), Point), (Pair(1), Pair), (Box(x=1), Box), ('{"x": 1}', Point)],
    ids=["dict", "struct", "dataclass", "pydantic", "text"],
)
def test_values_are_sent_as_json(reply: object, output_type: Any) -> None:
    parsed = MockChatModel(responses=[reply]).generate("?", output_type=output_type).parsed

    assert parsed == output_type(x=1)


def test_a_list_is_wrapped_as_core_wants_it() -> None:
    model = MockChatModel(responses=[[2, 3], [2, 3]])

    assert model.generate("?", output_type=list[int]).parsed == [2, 3]
    assert model.generate("?").text == "[2,3]"


def test_a_reply_without_json_form_is_refused() -> None:
    with pytest.raises(InternalError, match="a reply of type object cannot be encoded as JSON"):
        MockChatModel(responses=[object()]).generate("?")


def test_a_function_returns_the_reply() -> None:
    def shout(request: ChatRequest) -> str:
        return request.messages[-1].text.upper()

    assert MockChatModel(responses=[shout]).generate("hello").text == "HELLO"


def test_messages_and_responses_are_sent_as_they_are() -> None:
    response: ChatResponse[Any] = ChatResponse(
        message=assistant("Hi!"),
        finish_reason="length",
        raw_finish_reason="max_tokens",
        usage=Usage(input_tokens=7),
        model="other",
        id="r1",
        request_id="q1",
    )
    model = MockChatModel(responses=[assistant("Hello!"), response])

    assert model.generate("?").message == assistant("Hello!")
    assert model.generate("?") == msgspec.structs.replace(response, provider="mock")


def test_the_payload_of_a_response_is_kept() -> None:
    payload = MockChatModel(responses=["Hi!"]).generate("?").payload
    response: ChatResponse[Any] = ChatResponse(message=assistant("a"), payload=payload)

    assert MockChatModel(responses=[response]).generate("?").raw == {
        "id": "mock-1",
        "model": "mock",
        "message": {"role": "assistant", "parts": [{"type": "text", "text": "Hi!"}]},
        "finish_reason": "stop",
        "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
    }


@pytest.mark.parametrize(
    ("reply", "reason"),
    [("a", "stop"), (("a", OSLO), "tool_calls"), (RefusalPart("no"), "refusal"), ((), "stop")],
)
def test_the_finish_reason_follows_from_the_parts(reply: object, reason: str) -> None:
    response = MockChatModel(responses=[reply]).generate("?")

    assert (response.finish_reason, response.raw_finish_reason) == (reason, reason)


def test_tokens_are_counted_as_words() -> None:
    reply = (ReasoningPart("let me think"), "It rains", OSLO, ImagePart(url="https://x/y.png"))
    conversation = [user("a b"), assistant(OSLO), tool_result(OSLO, "c d e")]

    assert MockChatModel(responses=[reply]).generate(conversation).usage == Usage(
        input_tokens=7, output_tokens=7, total_tokens=14, reasoning_tokens=3
    )


ERRORS = [
    (ErrorCode.RATE_LIMITED, RateLimitError, 429),
    (RateLimitError, RateLimitError, 429),
    (RateLimitError("slow down", retry_after=2.0), RateLimitError, None),
    (ErrorCode.INTERNAL, InternalError, None),
]


@pytest.mark.parametrize(("reply", "kind", "status"), ERRORS)
def test_errors_are_raised(reply: object, kind: type[ChatModelError], status: int | None) -> None:
    model = MockChatModel(responses=[reply], on_exhausted="cycle")

    raised: list[ChatModelError] = []
    for attempt in (model.generate, lambda prompt: model.stream(prompt).collect()):
        with pytest.raises(kind) as caught:
            attempt("?")
        raised.append(caught.value)

    assert [error.status for error in raised] == [status, status]
    assert [error.provider for error in raised] == ["mock", "mock"]
    assert [error.op for error in raised] == ["generate", "stream"]


def test_a_foreign_exception_is_reported_as_a_defect() -> None:
    with pytest.raises(InternalError, match="ZeroDivisionError") as caught:
        MockChatModel(responses=[ZeroDivisionError()]).generate("?")

    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def test_a_stream_can_break_after_a_part() -> None:
    model = MockChatModel(responses=[("Half an", ErrorCode.STREAM_INTERRUPTED)] * 3)

    with pytest.raises(ChatModelError) as caught:
        model.stream("?").collect()
    with pytest.raises(ChatModelError) as acaught:
        await model.astream("?").collect()
    with pytest.raises(ChatModelError):
        await model.agenerate("?")

    for error in (caught.value, acaught.value):
        assert error.code == "stream_interrupted"
        assert error.partial is not None
        assert error.partial.text == "Half an"


def test_a_failure_before_the_first_part_can_be_tried_again() -> None:
    model = MockChatModel(responses=[ErrorCode.RATE_LIMITED])

    with pytest.raises(RateLimitError) as caught:
        model.stream("?").collect()

    assert caught.value.partial is None


def test_a_part_of_the_attempts_fails_always_the_same() -> None:
    def outcomes(seed: int) -> list[bool]:
        model = MockChatModel(error_rate=0.5, error=ErrorCode.TIMEOUT, seed=seed)
        return [
            isinstance(item, ChatModelError) for item in model.batch(["?"] * 40, max_concurrency=1)
        ]

    assert outcomes(1) == outcomes(1)
    assert outcomes(1) != outcomes(2)
    assert 5 < sum(outcomes(1)) < 35


def test_calls_are_recorded() -> None:
    model = MockChatModel(settings=Settings(seed=7))
    model.generate("one", temperature=0.5)
    model.stream([system("a"), user("two")]).collect()

    assert [(call.op, call.text) for call in model.calls] == [
        ("generate", "one"),
        ("stream", "two"),
    ]
    assert model.calls[0].request.settings == Settings(temperature=0.5, seed=7)


def test_a_reset_begins_anew() -> None:
    model = MockChatModel(responses=["one"])
    model.generate("?")
    model.reset()

    assert model.calls == ()
    assert model.generate("?").text == "one"


def test_threads_share_a_script_without_losing_a_reply() -> None:
    model = MockChatModel(responses=[str(number) for number in range(400)])
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: model.generate("?").text, range(400)))

    assert sorted(texts, key=int) == [str(number) for number in range(400)]
    assert len(model.calls) == 400


def test_a_model_with_policies_shares_script_and_calls() -> None:
    model = MockChatModel(responses=["one", "two"])
    same = model.with_policies()

    assert (model.generate("?").text, same.generate("?").text) == ("one", "two")
    assert model.calls == same.calls


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["deepcopy", "pickle"],
)
def test_a_copy_has_its_own_script(duplicate: Any) -> None:
    model = MockChatModel(responses=["one", "two"], error_rate=0.0001)
    model.generate("?")
    other = duplicate(model)

    assert other.generate("?").text == "two"
    assert (len(model.calls), len(other.calls)) == (1, 2)


def test_settings_can_be_refused_or_left_out() -> None:
    honoured = frozenset({"temperature"})
    strict = MockChatModel(supported_settings=honoured)
    lenient = MockChatModel(supported_settings=honoured, on_unsupported="warn")

    with pytest.raises(UnsupportedError, match="seed"):
        strict.generate("?", seed=1)
    assert lenient.generate("?", seed=1).warnings == ("mock does not support seed: omitted",)


def test_all_problems_of_the_arguments_are_reported_in_one_error() -> None:
    wrong: dict[str, Any] = {
        "responses": None,
        "rules": ["weather"],
        "on_exhausted": "cylce",
        "latency": -1,
        "interval": "0.5",
        "chunk_size": 0,
        "error_rate": 1.5,
        "error": "rate_limited",
        "health": "great",
    }
    with pytest.raises(ConfigurationError) as caught:
        MockChatModel(**wrong)

    assert str(caught.value) == (
        "responses must be a list of replies, or one reply, not None; "
        "rules must be a mapping from matchers to replies, or pairs of both, not ['weather']; "
        "on_exhausted must be one of error, cycle, last, echo, not 'cylce'; "
        "latency must be at least 0 seconds, not -1; "
        "interval must be at least 0 seconds, not '0.5'; "
        "chunk_size must be an integer of at least 1, or None, not 0; "
        "error_rate must be from 0 to 1, not 1.5; "
        "error must be an ErrorCode or a ChatModelError, not 'rate_limited'; "
        "health must be one of healthy, unhealthy, unknown, not 'great'"
    )


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"(": "Hi!"}, r"the rule '\(' is not a pattern: .*; see re.escape\(\)"),
        ([(3, "Hi!")], "must have a pattern or a function, not 3"),
    ],
    ids=["pattern", "number"],
)
def test_an_invalid_matcher_is_reported_when_the_model_is_created(rules: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        MockChatModel(rules=rules)


def test_a_number_of_seconds_limits_its_calls() -> None:
    model = MockChatModel(timeout=0.25, latency=1.0, sleep=lambda seconds: None)

    with pytest.raises(CallTimeoutError, match="within the total time limit"):
        model.generate("?")


def test_a_mock_has_no_explanation() -> None:
    with pytest.raises(InvalidRequestError, match="does not send HTTP"):
        MockChatModel().explain("?")


CITED = TextPart("It rains.", citations=(Citation(url="https://weather.example"),))
SIGNED = ReasoningPart("Hm.", ProviderState("mock", "s"))
FILE = FilePart(file_id="f1")


def test_a_stream_consists_of_words_and_an_end() -> None:
    reply = ("a bc", SIGNED, OSLO, CITED, RefusalPart("no"), FILE, "")
    events = list(MockChatModel(responses=[reply]).stream("?"))

    assert [event for event in events if not isinstance(event, StreamEnd)][:-1] == [
        StreamStart("mock-1", "mock"),
        TextDelta("a"),
        TextDelta(" bc"),
        *[event for event in events if event.type == "reasoning_delta"],
        PartEnd(SIGNED, 1),
        ToolCallStart("call_1", "weather", 2),
        ToolCallDelta('{"city":', 2),
        ToolCallDelta(' "Oslo"}', 2),
        ToolCallEnd(OSLO, 2),
        TextDelta("It", 3),
        TextDelta(" rains.", 3),
        PartEnd(CITED, 3),
        *[event for event in events if event.type == "refusal_delta"],
        PartEnd(FILE, 5),
    ]


def test_the_size_of_chunks_can_be_set() -> None:
    model = MockChatModel(responses=["abcdefg"], chunk_size=3)

    assert list(model.stream("?").texts()) == ["abc", "def", "g"]


def test_probabilities_are_streamed() -> None:
    response: ChatResponse[Any] = ChatResponse(
        message=assistant("a"), logprobs=(TokenLogprob("a", -0.5),)
    )
    events = list(MockChatModel(responses=[response]).stream("?"))

    assert LogprobsDelta(response.logprobs) in events


async def test_a_stream_may_be_read_by_its_implementer() -> None:
    model = MockChatModel()
    request = ChatRequest(messages=(user("a"),))
    call = CallInfo("stream", request, provider="mock", model="mock", timeout=Timeout())

    events = list(model.events(request, call))
    awaited = [event async for event in model.aevents(request, call)]

    assert [event.type for event in events] == [event.type for event in awaited]
    assert isinstance(events[-1], StreamEnd)


async def test_the_four_call_forms_agree() -> None:
    reply = ("a b", SIGNED, OSLO, CITED, RefusalPart("no"), FILE, "")
    model = MockChatModel(responses=[reply], on_exhausted="last")
    responses = [
        model.generate("?"),
        await model.agenerate("?"),
        model.stream("?").collect(),
        await model.astream("?").collect(),
    ]
    bare = [msgspec.structs.replace(one, id=None, request_id=None) for one in responses]

    assert bare == [bare[0]] * 4
    assert bare[0].message == assistant(*reply[:-1])


@pytest.mark.parametrize("is_async", [False, True])
async def test_tokens_are_counted_as_in_the_usage(is_async: bool) -> None:
    model = MockChatModel()
    prompt = "three short words"
    counted = await model.acount_tokens(prompt) if is_async else model.count_tokens(prompt)
    assert counted == TokenCount(input_tokens=3, is_estimate=False, method="endpoint")
    assert model.calls == ()
    assert model.generate(prompt).usage.input_tokens == 3


def test_a_number_of_tokens_can_be_scripted() -> None:
    assert MockChatModel(input_tokens=0).count_tokens("a b").input_tokens == 0
    model = create_chat_model("mock:m", input_tokens=200_000)
    assert model.count_tokens("a b").input_tokens == 200_000
    assert pickle.loads(pickle.dumps(model)).count_tokens("?").input_tokens == 200_000
    with pytest.raises(ConfigurationError, match="input_tokens must be an integer of at least 0"):
        MockChatModel(input_tokens=-1)


def test_queued_replies_precede_rules_and_responses() -> None:
    model = MockChatModel(responses=["Response."], rules={"rule": "Rule."}, on_exhausted="echo")
    model.queue("First.", ErrorCode.RATE_LIMITED)
    model.queue("Third.")

    assert model.generate("rule").text == "First."
    with pytest.raises(RateLimitError):
        model.generate("rule")
    assert [model.stream(prompt).collect().text for prompt in ("rule", "rule", "other")] == [
        "Third.",
        "Rule.",
        "Response.",
    ]
    assert len(model.calls) == 5


def test_a_reset_clears_the_queue() -> None:
    model = MockChatModel()
    model.queue("Queued.")
    model.reset()

    assert model.generate("Hello").text == "Hello"


def test_a_copy_has_a_queue_of_its_own() -> None:
    model = MockChatModel()
    model.queue("Queued.")
    copied, unpickled = copy.deepcopy(model), pickle.loads(pickle.dumps(model))

    assert [each.generate("Hi").text for each in (model, copied, unpickled)] == ["Queued."] * 3
    assert copied.generate("Hi").text == "Hi"


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("Yes.", "Yes."),
        (TextPart("Yes."), "Yes."),
        ({"yes": True}, '{"yes":true}'),
        (lambda request: request.messages[0].text, "Is it?"),
    ],
)
def test_one_reply_needs_no_list(reply: object, text: str) -> None:
    assert MockChatModel(responses=reply).generate("Is it?").text == text


@pytest.mark.parametrize("responses", [None, b"Yes.", {"Yes."}, iter(["Yes."])])
def test_responses_that_are_no_replies_are_refused(responses: object) -> None:
    with pytest.raises(ConfigurationError, match="responses must be a list of replies, or one"):
        MockChatModel(responses=responses)


def test_an_unknown_attribute_is_refused() -> None:
    model = MockChatModel()

    with pytest.raises(AttributeError, match=r"no attribute 'respones'.*queue"):
        model.respones = ["Yes."]  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        _ = model.respones  # type: ignore[attr-defined]
    model.api = "chat"  # as core does


def test_a_subclass_can_have_more_attributes() -> None:
    class Counting(MockChatModel):
        def __init__(self) -> None:
            super().__init__()
            self.count = 1

    assert Counting().count == 1


def test_a_mock_continues_a_text_as_specified() -> None:
    assert MockChatModel().profile.prefill == "rest"
    assert create_chat_model("mock:scripted", prefill="repeats").profile.prefill == "repeats"
    with pytest.raises(ConfigurationError, match="prefill must be one of none, rest, repeats"):
        MockChatModel(prefill="all")  # type: ignore[arg-type]
