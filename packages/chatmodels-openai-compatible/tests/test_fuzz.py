"""Whatever comes, nothing but a `ChatModelError` is raised, and every answer is well-formed."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_chat import HERE, content, exchanges, is_streamed

from chatmodels.core import Accumulator, ChatModelError, ChatRequest, user
from chatmodels.openai_compatible import ChatCompletionsCodec, Dialect

CODEC = ChatCompletionsCodec(Dialect(name="vendor"))
REQUEST = ChatRequest(messages=(user("Hello"),))
RECORDED = list(exchanges(HERE))
ODD = [None, "", 0, -1, 1.5, True, [], {}, "x", [None], {"a": 1}, "null", 2**80, "\ud800"]
ROUNDS = 40

NAMES = """
annotations arguments audio choices content data delta error finish_reason function id index
logprobs message name reasoning_details tool_calls usage x_groq
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=4)
    ),
    max_leaves=12,
)


def read_whole(body: bytes) -> None:
    try:
        response = CODEC.decode(body, REQUEST)
    except ChatModelError:
        return
    assert response.message.role == "assistant"


def read_stream(data: bytes, size: int) -> None:
    framer, decoder, accumulator = CODEC.framer(), CODEC.stream_decoder(REQUEST), Accumulator()
    try:
        for start in range(0, len(data), size):
            for frame in framer.feed(data[start : start + size]):
                for event in decoder.feed(frame):
                    accumulator.add(event)
        for frame in framer.close():
            for event in decoder.feed(frame):
                accumulator.add(event)
        for event in decoder.close():
            accumulator.add(event)
    except ChatModelError:
        pass
    assert accumulator.response().message.role == "assistant"


def with_bytes_changed(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                changed[place] = chance.randrange(256)
            case 1:
                del changed[place : place + chance.randint(1, 30)]
                changed += b" "
            case 2:
                changed[place:place] = changed[place : place + chance.randint(1, 30)]
            case _:
                changed[place:place] = chance.randbytes(3)
    return bytes(changed)


def with_a_value_changed(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(list(value))
        if chance.random() < 0.1:
            return {key: item for key, item in value.items() if key != name}
        return {**value, name: with_a_value_changed(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        place = chance.randrange(len(value))
        return [*value[:place], with_a_value_changed(value[place], chance), *value[place + 1 :]]
    return chance.choice(ODD)


@pytest.mark.parametrize(
    "exchange", [pytest.param(exchange, id=name) for name, exchange in RECORDED]
)
def test_damaged_bytes_raise_nothing_else(exchange: dict[str, Any]) -> None:
    chance = random.Random(exchange["source"]["path"])
    data = content(exchange)
    for _ in range(ROUNDS):
        damaged = with_bytes_changed(data, chance)
        read_whole(damaged)
        read_stream(damaged, chance.choice((5, 100, 10_000)))


@pytest.mark.parametrize(
    "exchange", [pytest.param(exchange, id=name) for name, exchange in RECORDED]
)
def test_odd_values_raise_nothing_else(exchange: dict[str, Any]) -> None:
    chance = random.Random(exchange["source"]["path"])
    chunks = (
        [line[6:] for line in content(exchange).decode().splitlines() if line.startswith("data: {")]
        if is_streamed(exchange)
        else [content(exchange).decode()]
    )
    for _ in range(ROUNDS):
        bodies = [with_a_value_changed(json.loads(chunk), chance) for chunk in chunks[-20:]]
        odd = [json.dumps(body) for body in bodies]
        for body in odd:
            read_whole(body.encode())
        read_stream("".join(f"data: {body}\n\n" for body in odd).encode(), 1000)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(JSON, max_size=5))
def test_arbitrary_json_raises_nothing_else(values: list[Any]) -> None:
    bodies = [json.dumps(value).encode() for value in values]
    for body in bodies:
        read_whole(body)
        read_stream(b"data: " + body, 100)
    read_stream(b"".join(b"data: " + body + b"\n\n" for body in bodies), 100)
