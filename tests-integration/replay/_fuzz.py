"""Ten thousand damaged responses over one wire format, as checks.

The environment variable `CHATMODELS_FUZZ` multiplies the number.
"""

import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import pytest

from chatmodels.core import Accumulator, ChatModelError, ChatRequest
from chatmodels.http import Codec, Frame, HttpFailure
from replay._checks import Check, Problems
from replay._exchanges import Exchange, exchanges, is_streamed, uncounted
from replay._mutations import damaged, made_up, odd, odd_frames, words_of
from replay._shapes import HELLO, frames

MUTATIONS = 10_000
LARGEST = 6_000
"""Bytes; what is longer takes long, and seldom holds something that nothing shorter does."""
SLOWEST = 10.0
"""Seconds of CPU that one response may take; pytest's `faulthandler_timeout` ends what hangs."""

Round = Callable[[Random], None]


@dataclass(frozen=True, kw_only=True)
class Fuzz:
    """Damaged responses over an API: a codec reads them, or raises a `ChatModelError`.

    Attributes:
        api: The wire formats, as in "anthropic.messages".
        codec: Reads them.
        here: The package's own choice of recordings, of which the shorter ones are damaged.
        request: What they answer; tools and an output schema lead to more places.
        streamed: Tells which exchanges answer a call that streams.
    """

    api: str | Collection[str]
    codec: Codec
    here: Path
    request: ChatRequest = HELLO
    streamed: Callable[[Exchange], bool] = is_streamed

    def checks(self) -> "list[pytest.ParameterSet]":
        """Give the checks: for each recording damaged bytes and odd values; and made-up JSON."""
        chosen = list(self._chosen())
        assert chosen, f"no recordings of {self.api} in {self.here}"
        words = sorted(set().union(*(self._words(exchange) for exchange in chosen)))
        rounds = MUTATIONS * int(os.environ.get("CHATMODELS_FUZZ", "1"))
        each = -(-rounds // (2 * len(chosen)))
        checks = [_Rounds("made-up-json", rounds // 10, partial(self._made_up, words))]
        for exchange in chosen:
            checks += [
                _Rounds(f"damaged-{exchange.name}", each, partial(self._damaged, exchange)),
                _Rounds(f"odd-{exchange.name}", each, partial(self._odd, exchange, words)),
            ]
        return [pytest.param(check, id=check.name) for check in checks]

    def _chosen(self) -> Iterable[Exchange]:
        """Choose what is short; of streams and of whole responses at least one."""
        found = sorted(exchanges(self.here, self.api), key=lambda found: len(found.content))
        for kind in (True, False):
            alike = [exchange for exchange in found if self.streamed(exchange) is kind]
            short = [exchange for exchange in alike if 0 < len(exchange.content) <= LARGEST]
            yield from short or alike[:1]

    def _words(self, exchange: Exchange) -> set[str]:
        if not self.streamed(exchange):
            return words_of(exchange.response.get("body"))
        stream = list(frames(self.codec, [exchange.content]))
        return set().union(*(words_of([frame.event, _json(frame)]) for frame in stream))

    def _damaged(self, exchange: Exchange, chance: Random) -> None:
        data, size = damaged(exchange.content, chance), chance.choice((5, 100, 10_000))
        pieces = (data[start : start + size] for start in range(0, len(data), size))
        if self.streamed(exchange) is (chance.random() < 0.9):
            self._read_stream(frames(self.codec, pieces))
        else:
            self._read_whole(data)
        self._read_failure(data, exchange, chance)

    def _odd(self, exchange: Exchange, words: Sequence[str], chance: Random) -> None:
        if self.streamed(exchange):
            sound = list(frames(self.codec, [exchange.content]))
            self._read_stream(odd_frames(sound, chance, words))
            return
        body = exchange.response.get("body")
        for _ in range(chance.choice((1, 1, 2))):
            body = odd(body, chance, words)
        data = json.dumps(body).encode()
        self._read_whole(data)
        self._read_failure(data, exchange, chance)

    def _made_up(self, words: Sequence[str], chance: Random) -> None:
        made = [json.dumps(made_up(words, chance)).encode() for _ in range(chance.randint(1, 4))]
        for data in made:
            self._read_whole(data)
        self._read_stream(Frame(data, event=chance.choice(words or ("",))) for data in made)

    def _read_whole(self, body: bytes) -> None:
        try:
            response = self.codec.decode(body, self.request)
        except ChatModelError:
            return
        assert response.message.role == "assistant", f"an answer of the {response.message.role}"

    def _read_stream(self, stream: Iterable[Frame]) -> None:
        decoder, accumulator = self.codec.decoder(self.request), Accumulator()
        try:
            for frame in stream:
                for event in decoder.feed(frame):
                    accumulator.add(event)
            for event in decoder.close():
                accumulator.add(event)
        except ChatModelError:
            pass
        message = accumulator.response().message
        assert message.role == "assistant", f"an answer of the {message.role}"

    def _read_failure(self, body: bytes, exchange: Exchange, chance: Random) -> None:
        status = chance.choice((200, 400, 404, 429, 500))
        headers = exchange.response["headers"]
        error = self.codec.failure(HttpFailure(status=status, headers=headers, body=body))
        assert isinstance(error, ChatModelError), f"a failure read as {error!r}"


def _json(frame: Frame) -> object:
    try:
        return json.loads(frame.data)
    except ValueError:
        return None


@dataclass(frozen=True)
class _Rounds(Check):
    """So many mutations are read in time, or raise a `ChatModelError`.

    Each has a seed of its own, by which it can be repeated: the name and the number.
    """

    name: str
    rounds: int
    read: Round

    def run(self) -> None:
        problems = Problems()
        with uncounted():
            for number in range(self.rounds):
                began = time.process_time()
                with problems.about(f"{self.name} {number}") as found:
                    self.read(Random(f"{self.name} {number}"))
                    took = time.process_time() - began
                    if took > SLOWEST:
                        found.append(f"took {took:.1f} s of CPU")
        problems.require_none()
