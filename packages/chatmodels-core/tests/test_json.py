"""Every value goes to JSON and back without loss, under a version mark."""

import copy
import json
import math
import pickle
from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chatmodels.core as core
from chatmodels.core import (
    AudioOutput,
    AudioPart,
    ChatRequest,
    ChatResponse,
    Citation,
    Cost,
    CostPart,
    FailedAttempt,
    FilePart,
    HealthReport,
    ImagePart,
    InvalidRequestError,
    LogprobsDelta,
    Message,
    ModelInfo,
    Part,
    PartEnd,
    Prices,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    Settings,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextPart,
    Timeout,
    Timing,
    TokenCount,
    TokenLogprob,
    ToolCall,
    ToolCallEnd,
    ToolChoice,
    ToolContext,
    ToolEnd,
    ToolResult,
    ToolRun,
    ToolStart,
    Usage,
    UsageUpdate,
    assistant,
    extending,
    from_json,
    to_json,
    user,
)
from chatmodels.core.extending import (
    AcceptedMedia,
    BatchAnswer,
    BatchLimits,
    BatchStatus,
    Capability,
    Collect,
    Explanation,
    Forward,
    OptionSpec,
    OutputSchema,
    Profile,
    ProviderMetadata,
    ProviderOptions,
    ProviderState,
    Race,
    RateLimitStatus,
    Run,
    SchemaRules,
    SchemaTranslation,
    Send,
    Sleep,
    StartedStream,
    ToolDefinition,
    ToolRunInfo,
    UnsettledBatch,
    json_schema,
)

texts = st.text(max_size=5)
names = st.text(min_size=1, max_size=5)
maybe = texts | st.none()
counts = st.integers(0, 10**6) | st.none()
floats = st.floats(allow_nan=False, allow_infinity=False)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | floats | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(texts, jsons, max_size=2)
payloads = jsons.map(lambda value: msgspec.Raw(msgspec.json.encode(value)))


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


signatures = st.builds(ProviderState, texts, jsons)
media = {
    "data": st.binary(max_size=4) | st.none(),
    "url": maybe,
    "file_id": maybe,
    "media_type": maybe,
}
citations = st.builds(Citation, url=maybe, title=maybe, quote=maybe, start=counts, end=counts)
text_parts = st.builds(TextPart, texts, several(citations), st.none() | signatures)
images = st.builds(ImagePart, **media, detail=st.sampled_from([None, "low"]))
audios = st.builds(AudioPart, **media, transcript=maybe, expires_at=counts)
files = st.builds(FilePart, **media, name=maybe)
calls = st.builds(ToolCall, texts, texts, texts, st.none() | signatures)
results = st.builds(
    ToolResult, texts, several(text_parts | images | audios | files), maybe, st.booleans()
)
reasonings = st.builds(ReasoningPart, texts, st.none() | signatures)
refusals = st.builds(RefusalPart, texts)
provider_parts = st.builds(ProviderPart, signatures)
parts = (
    text_parts | images | audios | files | calls | results | reasonings | refusals | provider_parts
)
messages = st.builds(
    Message, st.sampled_from(["system", "user", "assistant", "tool"]), several(parts), maybe
)
amounts = st.decimals("0", "1000", places=4)
usages = st.builds(
    Usage,
    **dict.fromkeys(Usage.__struct_fields__, counts) | {"reported_cost": st.none() | amounts},
)
dates = st.none() | st.dates()
prices = st.builds(
    Prices,
    input=amounts,
    output=amounts,
    cached_input=st.none() | amounts,
    tiers=st.dictionaries(texts, st.builds(Prices, input=amounts, output=amounts), max_size=1),
    long_context=st.dictionaries(
        st.integers(1, 10**6), st.builds(Prices, input=amounts, output=amounts), max_size=1
    ),
    name=texts,
    date=dates,
)
cost_parts = st.builds(CostPart, st.just("input"), st.integers(0, 10**6), amounts)
logprobs = st.builds(TokenLogprob, texts, floats, several(st.builds(TokenLogprob, texts, floats)))
reasons = st.sampled_from(
    ["stop", "length", "tool_calls", "content_filter", "refusal", "paused", "error", "other"]
)
responses = st.builds(
    ChatResponse,
    message=messages,
    finish_reason=reasons,
    raw_finish_reason=maybe,
    usage=usages,
    model=maybe,
    id=maybe,
    request_id=maybe,
    provider=texts,
    logprobs=several(logprobs),
    service_tier=maybe,
    warnings=several(texts),
    timing=st.builds(Timing, total=floats, first_event=floats | st.none()),
    payload=payloads,
    prices=st.none() | prices,
    requested_model=texts,
)
all_settings = st.builds(
    Settings,
    temperature=floats | st.none(),
    stop=st.none() | several(texts),
    logit_bias=st.none() | st.dictionaries(texts, floats, max_size=1),
    metadata=st.none() | st.dictionaries(texts, texts, max_size=1),
    audio_output=st.none() | st.builds(AudioOutput, texts),
    logprobs=st.booleans() | st.none(),
)
timeouts = st.builds(Timeout, connect=st.none() | st.floats(0.1, 9), total=st.floats(1, 9))
definitions = st.builds(ToolDefinition, texts, texts, objects, st.booleans())
choices = st.builds(ToolChoice, st.sampled_from(["auto", "none", "required"])) | st.builds(
    ToolChoice, st.just("tool"), names
)
schemas = st.builds(OutputSchema, texts, objects | st.none(), maybe, st.booleans())
requests = st.builds(
    ChatRequest,
    messages=several(messages),
    settings=all_settings,
    tools=several(definitions),
    tool_choice=st.none() | choices,
    output=st.none() | schemas,
    timeout=st.none() | timeouts,
    provider_options=objects,
    idempotent=st.booleans(),
)
capabilities = st.frozensets(st.sampled_from(list(Capability)), max_size=2)
infos = st.builds(
    ModelInfo,
    name=texts,
    provider=texts,
    context_window=counts,
    capabilities=capabilities,
    input_modalities=several(texts),
    raw=jsons,
)
options = st.builds(
    OptionSpec, name=texts, description=texts, env=several(texts), secret=st.booleans()
)
metadata = st.builds(
    ProviderMetadata,
    name=texts,
    description=texts,
    distribution=texts,
    capabilities=capabilities,
    options=several(options),
    models=several(infos),
)
explanations = st.builds(
    Explanation,
    method=texts,
    url=texts,
    headers=st.dictionaries(texts, texts, max_size=1),
    body=jsons,
    mapped=st.dictionaries(texts, texts, max_size=1),
    warnings=several(texts),
)
indexes = st.integers(0, 9)

VALUES: dict[type[Any], st.SearchStrategy[Any]] = {
    AudioOutput: st.builds(AudioOutput, texts),
    AudioPart: audios,
    ChatRequest: requests,
    ChatResponse: responses,
    Citation: citations,
    Cost: st.builds(
        Cost,
        amount=st.none() | amounts,
        parts=several(cost_parts),
        price_list_date=dates,
        estimated=several(st.sampled_from(["tools", "time"])),
        reason=maybe,
        unknown=st.integers(0, 9),
    ),
    CostPart: cost_parts,
    Prices: prices,
    Explanation: explanations,
    FilePart: files,
    HealthReport: st.builds(
        HealthReport, provider=texts, status=st.just("healthy"), latency=floats, code=maybe
    ),
    ImagePart: images,
    LogprobsDelta: st.builds(LogprobsDelta, several(logprobs)),
    Message: messages,
    ModelInfo: infos,
    OptionSpec: options,
    OutputSchema: schemas,
    PartEnd: st.builds(PartEnd, parts, indexes),
    ProviderMetadata: metadata,
    ProviderPart: provider_parts,
    ReasoningPart: reasonings,
    RefusalPart: refusals,
    Settings: all_settings,
    ProviderState: signatures,
    StreamEnd: st.builds(StreamEnd, reasons, maybe, st.none() | responses, payload=payloads),
    StreamStart: st.builds(StreamStart, maybe, maybe),
    TextPart: text_parts,
    Timeout: timeouts,
    Timing: st.builds(Timing, total=floats, events=indexes),
    TokenCount: st.builds(
        TokenCount,
        input_tokens=st.integers(0, 10**6),
        is_estimate=st.booleans(),
        method=st.sampled_from(["endpoint", "tokenizer", "estimate"]),
        note=texts,
        warnings=several(texts),
    ),
    TokenLogprob: logprobs,
    ToolCall: calls,
    ToolCallEnd: st.builds(ToolCallEnd, calls, indexes),
    ToolEnd: st.builds(ToolEnd, calls, results),
    ToolStart: st.builds(ToolStart, calls),
    ToolChoice: choices,
    ToolDefinition: definitions,
    ToolResult: results,
    Usage: usages,
    UsageUpdate: st.builds(UsageUpdate, usages),
    core.AudioDelta: st.builds(core.AudioDelta, st.binary(max_size=4), texts, indexes),
    core.ReasoningDelta: st.builds(core.ReasoningDelta, texts, indexes),
    core.RefusalDelta: st.builds(core.RefusalDelta, texts, indexes),
    core.TextDelta: st.builds(core.TextDelta, texts, indexes),
    core.ToolCallDelta: st.builds(core.ToolCallDelta, texts, indexes),
    core.ToolCallStart: st.builds(core.ToolCallStart, texts, texts, indexes),
}

COPIERS = [
    pytest.param(copy.copy, id="copy"),
    pytest.param(copy.deepcopy, id="deepcopy"),
    pytest.param(lambda value: pickle.loads(pickle.dumps(value)), id="pickle"),
]


def marked(kind: str, value: object, version: int = 1) -> str:
    return json.dumps({"chatmodels": version, "type": kind, "value": value})


def details(value: Any) -> list[object]:
    """All that a value holds, what equality leaves out included."""
    return [getattr(value, name) for name in value.__struct_fields__]


def test_every_public_value_is_tried() -> None:
    public = {
        item
        for item in {**vars(core), **vars(extending)}.values()
        if isinstance(item, type) and issubclass(item, msgspec.Struct)
    }
    others = {
        Send,
        Sleep,
        Run,
        Collect,
        Race,
        Forward,
        StartedStream,
        Profile,
        ProviderOptions,
        SchemaRules,
        SchemaTranslation,
    }
    others |= {FailedAttempt, AcceptedMedia, RateLimitStatus, ToolContext, ToolRun, ToolRunInfo}
    others |= {BatchAnswer, BatchLimits, BatchStatus, UnsettledBatch}
    assert public - others == set(VALUES)


@pytest.mark.parametrize("cls", VALUES, ids=lambda cls: cls.__name__)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_value_comes_back_from_json_as_it_was(cls: type[Any], data: st.DataObject) -> None:
    value = data.draw(VALUES[cls])

    written = to_json(value)
    read = from_json(written, cls)

    assert type(read) is cls
    assert read == value
    assert details(read) == details(value)
    assert from_json(written.decode(), cls) == value


@settings(max_examples=30)
@given(several(messages))
def test_a_conversation_comes_back_from_json_as_it_was(value: tuple[Message, ...]) -> None:
    assert from_json(to_json(value), tuple[Message, ...]) == value
    assert to_json(list(value)) == to_json(value)


@pytest.mark.parametrize("copier", COPIERS)
@pytest.mark.parametrize("cls", VALUES, ids=lambda cls: cls.__name__)
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_copied_value_is_equal_and_written_alike(
    cls: type[Any], copier: Callable[[Any], Any], data: st.DataObject
) -> None:
    value = data.draw(VALUES[cls])

    copied = copier(value)

    assert copied == value
    assert from_json(to_json(copied), cls) == value


@pytest.mark.parametrize("copier", COPIERS)
def test_a_copied_response_without_a_payload_is_written_as_valid_json(
    copier: Callable[[Any], Any],
) -> None:
    response = copier(ChatResponse(message=assistant("Hi")))

    assert json.loads(to_json(response))["value"]["message"]["role"] == "assistant"
    assert from_json(to_json(response), ChatResponse).raw is None


def test_json_carries_a_version_mark_and_leaves_defaults_out() -> None:
    assert json.loads(to_json(user("Hi"))) == {
        "chatmodels": 1,
        "type": "Message",
        "value": {"role": "user", "parts": [{"type": "text", "text": "Hi"}]},
    }


def test_fields_of_a_later_version_are_tolerated() -> None:
    part = {"type": "text", "text": "Hi", "colour": "red"}
    text = marked("Message", {"role": "user", "parts": [part], "mood": {"x": [1]}})

    assert from_json(text, Message) == user("Hi")


def test_a_response_is_written_without_its_parsed_output() -> None:
    response = ChatResponse(message=assistant("[2, 3]"), parsed=[2, 3])
    event = StreamEnd(response=response)

    assert from_json(to_json(response), ChatResponse).parsed is None
    assert response.parsed == [2, 3]
    read = from_json(to_json(event), StreamEnd).response
    assert read is not None
    assert read.parsed is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param("Hi", "not str; pass one of these", id="text"),
        pytest.param([1, user("Hi")], "not list; pass one of these", id="list"),
        pytest.param({}, "not dict; pass one of these", id="dict"),
        pytest.param(
            ProviderState("a", object()), "the ProviderState cannot be written", id="object"
        ),
        pytest.param(TextPart("\ud800"), "the TextPart cannot be written", id="surrogate"),
    ],
)
def test_values_without_a_json_form_are_refused(value: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        to_json(value)

    assert words in caught.value.message


def test_cyclic_data_is_refused() -> None:
    data: dict[str, Any] = {}
    data["self"] = data

    with pytest.raises(InvalidRequestError, match="the ProviderState cannot be written as JSON"):
        to_json(ProviderState("a", data))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("{", "not the JSON of a value of chatmodels", id="cut-off"),
        pytest.param("[]", "not the JSON of a value of chatmodels", id="other-json"),
        pytest.param(b"\xff", "not the JSON of a value of chatmodels", id="not-utf-8"),
        pytest.param("\ud800", "not the JSON of a value of chatmodels", id="surrogate"),
        pytest.param(marked("Message", {"role": "bot", "parts": []}), "upgrade", id="value"),
        pytest.param(
            marked("Message", {"role": "user", "parts": [{"type": "smell"}]}), "upgrade", id="part"
        ),
        pytest.param(
            marked("Tomorrow", {}), "contains a Tomorrow, not a Message", id="unknown-type"
        ),
        pytest.param(marked("Usage", {}), "contains a Usage, not a Message; pass", id="other-type"),
        pytest.param(
            marked("Message", {}, version=2),
            "the JSON has format 2, and this version of chatmodels-core reads format 1; upgrade",
            id="later-format",
        ),
        pytest.param(
            marked("Message", None).replace("null", "[" * 100_000),
            "not the JSON of a value of chatmodels",
            id="too-deep",
        ),
    ],
)
def test_other_json_is_refused_with_a_remedy(text: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        from_json(text, Message)

    assert words in caught.value.message


def test_a_message_read_as_a_conversation_names_both_types() -> None:
    with pytest.raises(InvalidRequestError, match=r"contains a Message, not a tuple\[.*Message"):
        from_json(to_json(user("Hi")), tuple[Message, ...])


def test_a_conversation_is_read_as_a_list_too() -> None:
    assert from_json(to_json([user("Hi")]), list[Message]) == [user("Hi")]


def test_a_conversation_read_as_a_message_names_the_right_type() -> None:
    with pytest.raises(InvalidRequestError, match=r"contains: tuple\[Message, \.\.\.\]"):
        from_json(to_json([user("Hi")]), Message)


@pytest.mark.parametrize(
    ("value", "union"),
    [
        pytest.param(TextPart("Hi"), Part, id="part"),
        pytest.param(StreamStart("1"), StreamEvent, id="event"),
        pytest.param(user("Hi"), Message | ChatRequest, id="union of your own"),
        pytest.param(Timing(total=1.0), Timing | None, id="optional"),
    ],
)
def test_a_value_is_read_as_one_of_a_union(value: Any, union: Any) -> None:
    assert from_json(to_json(value), union) == value


def test_a_value_outside_a_union_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"contains a Message, not a .*TextPart"):
        from_json(to_json(user("Hi")), Part)


@pytest.mark.parametrize("cls", VALUES, ids=lambda cls: cls.__name__)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_value_is_written_in_the_form_of_its_schema(cls: type[Any], data: st.DataObject) -> None:
    written = json.loads(to_json(data.draw(VALUES[cls])))["value"]

    validator_of(cls).validate(written)


@cache
def validator_of(cls: type[Any]) -> jsonschema.Draft202012Validator:
    # to check a schema takes much longer than to check a value
    schema = json_schema(cls)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize(
    ("value_type", "right", "wrong"),
    [
        pytest.param(Message, {"role": "user", "parts": []}, {"role": "you", "parts": []}, id="m"),
        pytest.param(Part, {"type": "text", "text": "Hi"}, {"type": "tixt", "text": ""}, id="part"),
        pytest.param(
            StreamEvent, {"type": "stream_end"}, {"type": "stream_end", "response": 3}, id="event"
        ),
        pytest.param(
            tuple[Message, ...], [{"role": "user", "parts": []}], {"role": "user"}, id="tuple"
        ),
        pytest.param(list[Message], [], [{"role": "user"}], id="list"),
        pytest.param(
            ChatResponse, {"message": {"role": "assistant", "parts": []}}, {"message": 3}, id="r"
        ),
    ],
)
def test_a_schema_accepts_valid_and_rejects_invalid_json(
    value_type: Any, right: Any, wrong: Any
) -> None:
    validator = jsonschema.Draft202012Validator(json_schema(value_type))

    assert validator.is_valid(right)
    assert not validator.is_valid(wrong)


def test_a_schema_does_not_contain_fields_that_are_not_written() -> None:
    assert "parsed" not in json_schema(ChatResponse)["properties"]
    assert "payload" in json_schema(ChatResponse)["properties"]


@pytest.mark.parametrize(
    "value_type", [int, Message | int, list[int], "Message", ChatResponse[int]]
)
def test_a_schema_of_another_type_is_refused(value_type: Any) -> None:
    with pytest.raises(InvalidRequestError, match="describes the values of chatmodels, not"):
        json_schema(value_type)


def test_a_value_read_with_a_type_argument_names_it() -> None:
    with pytest.raises(InvalidRequestError, match=r"not a \S*ChatResponse\[int\]; pass"):
        from_json(to_json(ChatResponse(message=user("Hi"))), ChatResponse[int])


def test_a_time_limit_that_is_none_is_read_as_none() -> None:
    assert from_json(to_json(Timeout(connect=None)), Timeout).connect is None


def test_an_infinite_number_is_not_read_back_as_something_else() -> None:
    with pytest.raises(InvalidRequestError):
        from_json(to_json(TokenLogprob("a", -math.inf)), TokenLogprob)
