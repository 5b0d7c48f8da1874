"""Selection of the recorded exchange for a request."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._recordings import Recording
from chatmodels.testing._simulated_response import SimulatedResponse


class Replay:
    """Selects the recorded exchange for a request; used by one thread.

    Args:
        exchanges: The recordings, in order.
    """

    def __init__(self, exchanges: Iterable[Recording]) -> None:
        self._all = tuple(exchanges)
        self._requests = [
            None if item.request is None else canonical(item.request.body) for item in self._all
        ]
        self._position = 0

    def __len__(self) -> int:
        return len(self._all)

    def choose(self, body: Any, api: str, streamed: bool, /) -> SimulatedResponse | None:
        """Return the response of the recording with an equal request, or of the next one.

        If several requests are equal, the next in order is used; the order restarts at the end.
        If no request is equal, recordings of the same kind (streamed or whole) whose requests
        also have tools or an output schema take precedence, and a failure is used only if there
        is nothing else. Two headers of the response contain the name of the recording and whether
        the request was equal.

        Args:
            body: The request's body, as parsed JSON.
            api: The wire format.
            streamed: Whether a streamed response is requested.
        """
        count = len(self._all)
        order = [(self._position + step) % count for step in range(count)]
        same_api = [position for position in order if self._all[position].wire_format == api]
        request = canonical(body)
        equal = [position for position in same_api if self._requests[position] == request]
        ok = [position for position in same_api if self._all[position].response.status < 400]
        same_kind = [position for position in ok if self._all[position].streamed == streamed]
        shape = _shape(request)
        similar = [item for item in same_kind if _shape(self._requests[item]) == shape]
        for candidates in (equal, similar, same_kind, ok, same_api):
            if candidates:
                self._position = candidates[0] + 1
                return _named(self._all[candidates[0]], matched=candidates is equal)
        return None


def _named(recording: Recording, *, matched: bool) -> SimulatedResponse:
    response = recording.simulated_response()
    headers = {"x-recording-matched": "true" if matched else "false"}
    if recording.name:
        headers["x-recording"] = quote(recording.name)
    return replace(response, headers={**response.headers, **headers})


_SHAPES = frozenset(
    {
        *("tools", "response_format", "text", "format", "output_config", "output_format"),
        *("toolConfig", "generationConfig", "outputConfig"),
    }
)
"""The request fields that determine the content of a response, in all wire formats."""


def _shape(body: Any) -> frozenset[str]:
    return _SHAPES.intersection(body) if is_object(body) else frozenset()


def canonical(body: Any, /) -> Any:
    """Normalize a request body, so that equivalent requests of different clients are equal.

    Nulls, an explicit `stream: false`, stream options, a single text part instead of a text, and
    the order of keys are ignored.
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
