"""Chooses the recorded exchange that answers a request."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._recordings import Recording
from chatmodels.testing._response import Answer


class Replay:
    """Chooses which recorded exchange answers a request; used by one thread.

    Args:
        exchanges: The recordings, in order.
    """

    def __init__(self, exchanges: Iterable[Recording]) -> None:
        self._all = tuple(exchanges)
        self._asked = [
            None if known.request is None else canonical(known.request.body) for known in self._all
        ]
        self._position = 0

    def __len__(self) -> int:
        return len(self._all)

    def choose(self, body: Any, api: str, streamed: bool, /) -> Answer | None:
        """Choose the recording whose request says the same, else the next in order.

        Of several that say the same the next in order is taken. The order begins again at its
        end. If no request says the same, recordings of the same kind (streamed or whole) whose
        requests have tools or a form of the response alike go before others, and a failure is
        chosen only if there is nothing else. Two headers of the response name the recording and
        say whether the request was the same.

        Args:
            body: The request's body, as parsed JSON.
            api: The wire format.
            streamed: Whether the answer is wanted in pieces.
        """
        count = len(self._all)
        order = [(self._position + step) % count for step in range(count)]
        fitting = [place for place in order if self._all[place].wire_format == api]
        asked = canonical(body)
        same = [place for place in fitting if self._asked[place] == asked]
        right = [place for place in fitting if self._all[place].response.status < 400]
        kind = [place for place in right if self._all[place].streamed == streamed]
        alike = [place for place in kind if _shape(self._asked[place]) == _shape(asked)]
        for candidates in (same, alike, kind, right, fitting):
            if candidates:
                self._position = candidates[0] + 1
                return _named(self._all[candidates[0]], matched=candidates is same)
        return None


def _named(chosen: Recording, *, matched: bool) -> Answer:
    answer = chosen.answer()
    headers = {"x-recording-matched": "true" if matched else "false"}
    if chosen.name:
        headers["x-recording"] = quote(chosen.name)
    return replace(answer, headers={**answer.headers, **headers})


_SHAPES = frozenset(
    {
        *("tools", "response_format", "text", "format", "output_config", "output_format"),
        *("toolConfig", "generationConfig", "outputConfig"),
    }
)
"""The fields of requests that decide what a response holds, in all wire formats."""


def _shape(body: Any) -> frozenset[str]:
    return _SHAPES.intersection(body) if is_object(body) else frozenset()


def canonical(body: Any, /) -> Any:
    """Bring the ways in which clients write one request into one form.

    Nulls, an explicit `stream: false`, the options of streams, a single text part instead of a
    text, and the order of keys make no difference.
    """
    if is_array(body):
        if len(body) == 1 and is_object(body[0]) and body[0].keys() == {"type", "text"}:
            return body[0]["text"]
        return [canonical(item) for item in body]
    if is_object(body):
        return {
            name: canonical(value)
            for name, value in body.items()
            if value is not None and name != "stream_options" and (name, value) != ("stream", False)
        }
    return body
