"""All recorded requests over one wire format are written as they were recorded, as checks."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chatmodels.core import ChatRequest
from chatmodels.http import HttpRequest
from replay._checks import Check, Problems
from replay._exchanges import (
    Exchange,
    Json,
    everything,
    exchanges,
    needs_everything,
    uncounted,
)

NOT_RECORDED = "not recorded"
"""Why a request is left out of which nothing was published, or which has no body."""


class InexpressibleError(Exception):
    """The neutral types have no word for something in a request; the message says for what."""


@dataclass(frozen=True, kw_only=True)
class Requests:
    """The recorded requests over an API, which a codec has to write likewise.

    A request is read back into a neutral one by a function of the tests, the encoder backwards;
    what the encoder makes of that is compared with what was recorded.

    Attributes:
        api: The wire formats, as in "anthropic.messages".
        here: The package's own choice of recordings.
        neutral: Reads a request back; `exchange.body` is a copy to take apart. It raises
            `InexpressibleError("why")` for one that is left out.
        encode: Writes it again, as in `CODEC.encode(exchange.body["model"], request,
            stream=...)`.
        normal: Brings a body, theirs or ours, into the form in which they are compared: removes
            the differences that are none. It may change the body.
        written: How many requests are written as they were recorded.
        left_out: How many are left out, by the reason why; those of which there is no body are
            "not recorded".
        providers: Who was asked; anybody if empty.
    """

    api: str | Collection[str]
    here: Path
    neutral: Callable[[Exchange], ChatRequest]
    encode: Callable[[Exchange, ChatRequest], HttpRequest]
    normal: Callable[[Json], Json]
    written: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    providers: Collection[str] = ()

    def checks(self) -> "list[pytest.ParameterSet]":
        """Give the checks: each chosen request, and all of them, skipped where they are not."""
        folder = everything()
        chosen = [
            pytest.param(_Chosen(self, exchange), id=exchange.name)
            for exchange in exchanges(self.here, self.api, self.providers)
            if self._is_expressible(exchange)
        ]
        every = pytest.param(_Every(self, folder), id="all", marks=needs_everything(folder))
        return [*chosen, every]

    def differences(self, exchange: Exchange) -> list[str]:
        """Write a request, and compare.

        Raises:
            InexpressibleError: It is to be left out.
        """
        if exchange.body is None:
            raise InexpressibleError(NOT_RECORDED)
        encoded = self.encode(exchange, self.neutral(exchange))
        return list(unlike(self.normal(exchange.body), self.normal(json.loads(encoded.body))))

    def _is_expressible(self, exchange: Exchange) -> bool:
        try:
            return exchange.body is not None and bool(self.neutral(exchange))
        except InexpressibleError:
            return False


def unlike(theirs: Json, ours: Json, path: str = "body") -> Iterator[str]:
    """Tell where two values differ, place by place."""
    match theirs, ours:
        case {}, {}:
            for name in sorted(theirs.keys() | ours.keys()):
                yield from unlike(
                    theirs.get(name, _NOTHING), ours.get(name, _NOTHING), f"{path}.{name}"
                )
        case [*_], [*_] if len(theirs) == len(ours):
            for place, (their, our) in enumerate(zip(theirs, ours, strict=True)):
                yield from unlike(their, our, f"{path}[{place}]")
        case _ if theirs != ours:
            yield f"{path}: recorded {_short(theirs)}, written {_short(ours)}"


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 500 else f"{text[:350]} ... {text[-140:]}"


@dataclass(frozen=True)
class _Chosen(Check):
    """A chosen request is written as it was recorded."""

    requests: Requests
    exchange: Exchange

    def run(self) -> None:
        problems = Problems()
        with problems.about(self.exchange.name) as found:
            found.extend(self.requests.differences(self.exchange))
        problems.require_none()


@dataclass(frozen=True)
class _Every(Check):
    """Every request is written as it was recorded, or left out for a known reason."""

    requests: Requests
    folder: Path | None

    def run(self) -> None:
        problems, written = Problems(), 0
        left_out: defaultdict[str, list[str]] = defaultdict(list)
        with uncounted():
            for exchange in self._exchanges():
                with problems.about(exchange.name) as found:
                    try:
                        found.extend(self.requests.differences(exchange))
                        written += not found
                    except InexpressibleError as reason:
                        left_out[str(reason)].append(exchange.name)
        for reason in sorted(left_out.keys() | self.requests.left_out.keys()):
            names, known = left_out[reason], self.requests.left_out.get(reason, 0)
            with problems.about(f"left out: {reason}") as found:
                if len(names) != known:
                    found.extend([f"{len(names)}, not {known}:", *names])
        with problems.about("written as recorded") as found:
            known = self.requests.written
            if written != known:
                found.append(f"{written}, not {known}")
        problems.require_none()

    def _exchanges(self) -> Iterable[Exchange]:
        wanted = self.requests
        return exchanges(self.folder, wanted.api, wanted.providers) if self.folder else ()
