"""Damages responses in ways that a seed decides."""

import json
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from chatmodels.http import Frame
from conformance.exchanges import Json

ODD: Sequence[Json] = (
    *(None, "", 0, -1, 1.5, True, [], {}, "x", [None], {"a": 1}, "null", 2**80, "\ud800"),
    *({"type": "text"}, [[]], "\x00", -(2**63), 1e300),
)
"""Values that no vendor sends in place of others."""


def damaged(data: bytes, chance: Random) -> bytes:
    """Remove, repeat or replace some bytes, insert noise, flip bits, or cut off the end."""
    for _ in range(chance.randint(1, 4)):
        place, start = chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)
        piece = data[start : start + chance.randint(1, 40)]
        match chance.randrange(6):
            case 0:
                data = data[:start] + data[start + len(piece) :]
            case 1:
                data = data[:place] + piece + data[place:]
            case 2:
                data = data[:place] + chance.randbytes(chance.randint(1, 3)) + data[place:]
            case 3:
                turned = bytes(byte ^ (1 << chance.randrange(8)) for byte in data[place:][:1])
                data = data[:place] + turned + data[place + 1 :]
            case 4:
                data = data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
            case _:
                data = data[:place] if chance.random() < 0.2 else data
    return data


def odd(value: Json, chance: Random, words: Sequence[str]) -> Json:
    """Replace or remove the value in one place of some JSON.

    Args:
        value: The JSON, which is not changed.
        chance: The source of chance.
        words: The vendor's own words, which are unexpected in most places.
    """
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(list(value))
        if chance.random() < 0.1:
            return {key: item for key, item in value.items() if key != name}
        return value | {name: odd(value[name], chance, words)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        place = chance.randrange(len(value))
        return [*value[:place], odd(value[place], chance, words), *value[place + 1 :]]
    if chance.random() < 0.3:
        return chance.choice(words)
    return chance.choice(ODD)


def odd_frames(frames: Sequence[Frame], chance: Random, words: Sequence[str]) -> Iterator[Frame]:
    """Change values in a few frames of a stream, or remove, repeat or move some."""
    touched = min(1.0, chance.choice((1, 2, 4)) / max(1, len(frames)))
    late: list[Frame] = []
    for frame in frames:
        if chance.random() >= touched:
            yield frame
            continue
        match chance.randrange(8):
            case 0:
                continue
            case 1:
                yield from (frame, frame)
            case 2:
                late.append(frame)
            case _:
                yield _odd_frame(frame, chance, words)
    yield from late


def _odd_frame(frame: Frame, chance: Random, words: Sequence[str]) -> Frame:
    if frame.event and chance.random() < 0.1:
        return msgspec.structs.replace(frame, event=chance.choice(words))
    try:
        value = json.loads(frame.data)
    except ValueError:  # a sentinel, as in "[DONE]"
        return msgspec.structs.replace(frame, data=damaged(frame.data, chance))
    return msgspec.structs.replace(frame, data=json.dumps(odd(value, chance, words)).encode())


def made_up(words: Sequence[str], chance: Random, depth: int = 4) -> Json:
    """Make up JSON that has the vendor's words as names and values."""
    kind = chance.random() if depth else 0.0
    if kind < 0.4:
        return chance.choice(words) if chance.random() < 0.6 else chance.choice(ODD)
    if kind < 0.55:
        return [made_up(words, chance, depth - 1) for _ in range(chance.randint(0, 3))]
    names = [chance.choice(words) for _ in range(chance.randint(0, 5))]
    return {name: made_up(words, chance, depth - 1) for name in names}


def words_of(value: Json) -> set[str]:
    """Collect the names and the short texts in some JSON."""
    match value:
        case dict():
            inner = [words_of(item) for item in value.values()]
            return {name for name in value if len(name) <= 40}.union(*inner)
        case list():
            return set().union(*map(words_of, value))
        case str() if 0 < len(value) <= 40 and value.replace("_", "").isalnum():
            return {value}
        case _:
            return set()
