"""A damaged response is read, or raises a `ChatModelError`, and nothing else.

Each mutation has a seed of its own, made of its name and number, so that it can be repeated. The
environment variable `CHATMODELS_FUZZ` multiplies their number.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from random import Random

import pytest

from chatmodels.http import Frame
from chatmodels.testing import Recording
from conformance.exchanges import ours
from conformance.framing import join, split
from conformance.mutations import damaged, made_up, odd, odd_frames, words_of
from conformance.problems import Problems
from conformance.reading import read
from conformance.replaying import Response
from conformance.row import Row
from conformance.rows import ROWS
from conformance.uncounted import call_uncounted

MUTATIONS = 2_000 * int(os.environ.get("CHATMODELS_FUZZ", "1"))
"""The number of damaged responses that each row reads."""

LARGEST = 6_000
"""Bytes; longer exchanges are slow, and seldom have something that no shorter one has."""

COUNTED = 10
"""The number of mutations of each exchange under coverage."""


Round = Callable[[Random], None]
STATUSES = (400, 404, 429, 500)


def bytes_of(row: Row, exchange: Recording, chance: Random) -> None:
    """Damage the bytes of a response."""
    content, kind = damaged(exchange.content, chance), exchange.response.content_type
    streamed = exchange.streamed is (chance.random() < 0.9)
    status = chance.choice(STATUSES) if chance.random() < 0.2 else exchange.response.status
    read_damaged(row, content, kind, chance, streamed=streamed, status=status)


def values_of(row: Row, exchange: Recording, words: Sequence[str], chance: Random) -> None:
    """Change values in the JSON of a response."""
    kind = exchange.response.content_type
    if exchange.streamed:
        content = join(odd_frames(split(exchange.content, kind), chance, words), kind)
    else:
        body = json_of(exchange.content)
        for _ in range(chance.choice((1, 1, 2))):
            body = odd(body, chance, words)
        content = json.dumps(body).encode()
    status = chance.choice(STATUSES) if chance.random() < 0.2 else exchange.response.status
    read_damaged(row, content, kind, chance, streamed=exchange.streamed, status=status)


def nonsense(row: Row, words: Sequence[str], kind: str, chance: Random) -> None:
    """Make up responses with the vendor's words."""
    made = [json.dumps(made_up(words, chance)).encode() for _ in range(chance.randint(1, 4))]
    for content in made:
        read_damaged(row, content, "application/json", chance, streamed=False)
    stream = join((Frame(data, event=chance.choice(words)) for data in made), kind)
    read_damaged(row, stream, kind, chance, streamed=True)


def read_damaged(
    row: Row, content: bytes, kind: str, chance: Random, *, streamed: bool, status: int = 200
) -> None:
    """Read a response; what is read has to be well-formed."""
    assert row.damage is not None
    headers = {"content-type": kind}
    response = Response(status, headers, content, chance.choice((5, 100, 10_000)))
    found, error = read(row.model, response, streamed=streamed, request=row.damage)
    found = found if error is None else error.partial
    if found is not None:
        assert found.message.role == "assistant", f"a response of the {found.message.role}"


def json_of(content: bytes) -> object:
    """Parse JSON; None if it is not JSON."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def vocabulary(exchanges: Iterable[Recording]) -> list[str]:
    """List the vendor's own words in some responses."""
    found: set[str] = set()
    for exchange in exchanges:
        if exchange.streamed:
            for frame in split(exchange.content, exchange.response.content_type):
                found |= words_of([frame.event, json_of(frame.data)])
        else:
            found |= words_of(json_of(exchange.content))
    return sorted(found)


def rounds() -> "list[pytest.ParameterSet]":
    """List the rounds of mutations: two for each exchange, one of nonsense for each row."""
    listed: dict[str, tuple[int, Round]] = {}
    for row in ROWS:
        if row.damage is None:
            continue
        chosen = damageable(row)
        words = vocabulary(chosen)
        each = -(-MUTATIONS // (2 * len(chosen)))
        stream = next(found.response.content_type for found in chosen if found.streamed)
        invented = partial(nonsense, row, words, stream)
        listed[f"{row.name}:nonsense"] = MUTATIONS // 10, invented
        for exchange in chosen:
            name = f"{row.name}:{exchange.name}"
            listed[f"{name}:bytes"] = each, partial(bytes_of, row, exchange)
            listed[f"{name}:values"] = each, partial(values_of, row, exchange, words)
    return [pytest.param(name, count, mutate, id=name) for name, (count, mutate) in listed.items()]


def damageable(row: Row) -> list[Recording]:
    """List the exchanges that are short enough."""
    found = (entry.read() for entry in ours() if row.takes(entry))
    return [exchange for exchange in found if 0 < len(exchange.content) <= LARGEST]


@pytest.mark.parametrize(("name", "count", "mutate"), rounds())
def test_a_damaged_response_is_read_or_raises_a_chat_model_error(
    name: str, count: int, mutate: Round
) -> None:
    repeat(name, range(min(count, COUNTED)), mutate)
    call_uncounted(repeat, name, range(COUNTED, count), mutate)


def repeat(name: str, numbers: range, mutate: Round) -> None:
    """Read so many damaged responses, each with a seed of its own."""
    problems = Problems()
    for number in numbers:
        with problems.about(f"{name} {number}"):
            mutate(Random(f"{name} {number}"))
    problems.require_none()
