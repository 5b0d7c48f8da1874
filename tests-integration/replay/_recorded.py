"""All recorded responses over one wire format, as checks."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatmodels.http import Codec
from replay._checks import AsyncCheck, Problems
from replay._differences import Adapt, as_expected, differences
from replay._exchanges import (
    PIECES,
    Exchange,
    everything,
    exchanges,
    is_streamed,
    needs_everything,
    uncounted,
)
from replay._shapes import ModelFactory, aread, decode, read

SHARES = 16


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The recorded responses over an API, which a model, or a codec alone, has to read.

    Attributes:
        api: The wire formats, as in "anthropic.messages".
        here: The package's own choice of recordings.
        count: How many there are in all; the tests fail when one is overlooked.
        model: Makes the model that reads them in the four call shapes.
        codec: Reads them without a model, in `run` alone; for packages that have no provider.
        adapt: States the deliberate differences between what ours and the vendor's SDK read.
        providers: Who answered; anybody if empty.
        streamed: Tells which exchanges answer a call that streams.
        sizes: In how many bytes at a time the responses arrive.
    """

    api: str | Collection[str]
    here: Path
    count: int
    model: ModelFactory | None = None
    codec: Codec | None = None
    adapt: Adapt = as_expected
    providers: Collection[str] = ()
    streamed: Callable[[Exchange], bool] = is_streamed
    sizes: Collection[int] = PIECES

    def checks(self) -> "list[pytest.ParameterSet]":
        """Give the checks: each chosen exchange; all of them, in shares; and their number.

        All but the first are skipped where the recordings are not.
        """
        folder = everything()
        marks = needs_everything(folder)
        chosen = [
            pytest.param(_Chosen(self, size, exchange), id=f"{exchange.name}-{size}")
            for exchange in self.exchanges(self.here)
            for size in self.sizes
        ]
        shares = [
            pytest.param(
                _Share(self, size, folder, number),
                id=f"share-{number + 1}-of-{SHARES}-{size}",
                marks=marks,
            )
            for number in range(SHARES)
            for size in self.sizes
        ]
        return [*chosen, *shares, pytest.param(_Count(self, folder), id="count", marks=marks)]

    def exchanges(self, folder: Path | None, share: slice = slice(None)) -> Iterable[Exchange]:
        """Read the exchanges of this API in a folder, or a share of them."""
        return exchanges(folder, self.api, self.providers, share) if folder else ()

    def differences(self, exchange: Exchange, size: int) -> list[str]:
        """Read a response, and compare."""
        streamed = self.streamed(exchange)
        if self.model is not None:
            outcome = read(self.model, exchange, size, streamed=streamed)
        else:
            assert self.codec is not None, "who reads them? give a model, or a codec"
            outcome = decode(self.codec, exchange, size, streamed=streamed)
        return differences(exchange, *outcome, self.adapt)

    async def adifferences(self, exchange: Exchange, size: int) -> list[str]:
        """Read a response awaited, and compare."""
        assert self.model is not None, "a codec alone is not awaited"
        streamed = self.streamed(exchange)
        outcome = await aread(self.model, exchange, size, streamed=streamed)
        return differences(exchange, *outcome, self.adapt)


@dataclass(frozen=True)
class _Chosen(AsyncCheck):
    """A chosen exchange is read as expected."""

    recorded: Recorded
    size: int
    exchange: Exchange

    def run(self) -> None:
        problems = Problems()
        with problems.about(self.exchange.name) as found:
            found.extend(self.recorded.differences(self.exchange, self.size))
        problems.require_none()

    async def arun(self) -> None:
        problems = Problems()
        with problems.about(self.exchange.name) as found:
            found.extend(await self.recorded.adifferences(self.exchange, self.size))
        problems.require_none()


@dataclass(frozen=True)
class _Share(AsyncCheck):
    """A share of all exchanges is read as expected."""

    recorded: Recorded
    size: int
    folder: Path | None
    number: int

    def run(self) -> None:
        problems = Problems()
        with uncounted():
            for exchange in self._exchanges():
                with problems.about(exchange.name) as found:
                    found.extend(self.recorded.differences(exchange, self.size))
        problems.require_none()

    async def arun(self) -> None:
        problems = Problems()
        with uncounted():
            for exchange in self._exchanges():
                with problems.about(exchange.name) as found:
                    found.extend(await self.recorded.adifferences(exchange, self.size))
        problems.require_none()

    def _exchanges(self) -> Iterable[Exchange]:
        return self.recorded.exchanges(self.folder, slice(self.number, None, SHARES))


@dataclass(frozen=True)
class _Count(AsyncCheck):
    """No exchange is left out."""

    recorded: Recorded
    folder: Path | None

    def run(self) -> None:
        found = sum(1 for _ in self.recorded.exchanges(self.folder))
        assert found == self.recorded.count, f"{found} exchanges, not {self.recorded.count}"

    async def arun(self) -> None:
        self.run()
