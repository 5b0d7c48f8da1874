"""Whatever comes, nothing but a `ChatModelError` is raised, and every answer is well-formed.

The environment variable `CHATMODELS_FUZZ` multiplies the rounds.
"""

import json
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_chat import Exchange, content, is_streamed
from recorded_messages import HERE, exchanges

from chatmodels.core import Accumulator, ChatModelError, ChatRequest, OutputSchema, user
from chatmodels.http import Frame, HttpFailure
from chatmodels.providers.anthropic._codec import MessagesCodec

CODEC = MessagesCodec()
REQUEST = ChatRequest(messages=(user("Hello"),), output=OutputSchema("rollDie", None))
RECORDED = [pytest.param(exchange, id=name) for name, exchange in exchanges(HERE)]
ROUNDS = 30 * int(os.environ.get("CHATMODELS_FUZZ", "1"))
ODD = [None, "", 0, -1, 1.5, True, [], {}, "x", [None], {"a": 1}, {"type": "text"}, 2**80, "\ud800"]

NAMES = """
type index message content content_block delta usage error text thinking signature partial_json
citation citations stop_reason stop_details explanation input caller id name data
"""
WORDS = """
message message_start message_delta message_stop content_block_start content_block_delta
content_block_stop error text thinking redacted_thinking tool_use text_delta citations_delta
input_json_delta signature_delta compaction_delta server_tool_use
"""
JSON = st.recursive(
    st.none() | st.integers(-1, 2) | st.sampled_from(WORDS.split()) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=5)
    ),
    max_leaves=15,
)


def read_whole(body: bytes) -> None:
    try:
        response = CODEC.decode(body, REQUEST)
    except ChatModelError:
        return
    assert response.message.role == "assistant"


def frames(data: bytes, size: int) -> Iterator[Frame]:
    framer = CODEC.framer()
    for start in range(0, len(data), size):
        yield from framer.feed(data[start : start + size])
    yield from framer.close()


def read_stream(data: bytes, size: int) -> None:
    decoder, accumulator = CODEC.stream_decoder(REQUEST), Accumulator()
    try:
        for frame in frames(data, size):
            for event in decoder.feed(frame):
                accumulator.add(event)
        for event in decoder.close():
            accumulator.add(event)
    except ChatModelError:
        pass
    assert accumulator.response().message.role == "assistant"


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Cut pieces of some recorded bytes out, repeat them elsewhere, and turn bits over."""
    for _ in range(chance.randint(1, 4)):
        start, end = sorted(chance.randrange(len(data)) for _ in range(2))
        piece = data[start : min(end, start + 40)]
        place = chance.randrange(len(data))
        turned = bytes([data[place] ^ (1 << chance.randrange(8))])
        data = chance.choice(
            (
                data[:start] + data[start + len(piece) :] + b" ",
                data[:place] + piece + data[place:],
                data[:place] + turned + data[place + 1 :],
            )
        )
    return data


def odd(value: Any, chance: random.Random) -> Any:
    """Put something unexpected, or nothing, in one place of some JSON."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(list(value))
        rest = {key: item for key, item in value.items() if key != name}
        return rest if chance.random() < 0.1 else rest | {name: odd(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        place = chance.randrange(len(value))
        return [odd(item, chance) if place == i else item for i, item in enumerate(value)]
    return chance.choice(ODD)


@pytest.mark.parametrize("exchange", RECORDED)
def test_damaged_bytes_raise_nothing_else(exchange: Exchange) -> None:
    chance = random.Random(exchange["source"]["path"])
    for _ in range(ROUNDS):
        data = damaged(content(exchange), chance)
        read_whole(data)
        read_stream(data, chance.choice((5, 100, 10_000)))
        CODEC.decode_failure(HttpFailure(status=400, headers={}, body=data))


@pytest.mark.parametrize("exchange", RECORDED)
def test_odd_values_raise_nothing_else(exchange: Exchange) -> None:
    chance = random.Random(exchange["source"]["path"])
    text = content(exchange).decode()
    lines = text.splitlines() if is_streamed(exchange) else [f"data: {text}"]
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    for _ in range(ROUNDS):
        bodies = [json.dumps(odd(chunk, chance)) for chunk in chunks[-20:]]
        read_whole(bodies[0].encode())
        read_stream("".join(f"data: {body}\n\n" for body in bodies).encode(), 1000)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(JSON, max_size=5))
def test_arbitrary_json_raises_nothing_else(values: list[Any]) -> None:
    bodies = [json.dumps(value).encode() for value in values]
    for body in bodies:
        read_whole(body)
    read_stream(b"".join(b"data: " + body + b"\n\n" for body in bodies), 100)
