"""Writes recorded requests again and compares them with the recorded ones."""

from collections.abc import Iterator

from chatmodels.core import InvalidRequestError
from chatmodels.testing import Recording
from conformance.exchanges import Json, body_of
from conformance.replaying import Capturing
from conformance.row import InexpressibleError, Requests

NOT_RECORDED = "not recorded"
"""The reason to leave out a request that was not published, or that has no body."""

REFUSED = "refused by chatmodels, as a value is out of range"
"""The reason to leave out a request that chatmodels does not send."""

REFUSED_BY_BOTH = "refused by chatmodels, as the provider refused it"
"""The reason to leave out a request that the provider did not accept either."""


def written_differently(requests: Requests, exchange: Recording) -> list[str]:
    """List how a request is written otherwise than it was recorded.

    Raises:
        InexpressibleError: The request is left out; the message is the reason.
    """
    recorded = body_of(exchange)
    if exchange.request is None or recorded is None:
        raise InexpressibleError(NOT_RECORDED)
    request = requests.neutral(exchange)
    captured = Capturing()
    model = requests.model(exchange, captured)
    try:
        captured.capture(model, request, stream=requests.streamed(exchange))
    except InvalidRequestError as error:
        by_both = exchange.response.status == 400
        if type(error) is not InvalidRequestError and not by_both:
            raise  # what is not supported has to be
        raise InexpressibleError(REFUSED_BY_BOTH if by_both else REFUSED)
    theirs, ours = requests.normal(recorded), requests.normal(captured.body)
    found = list(unlike(theirs, ours))
    if exchange.request.url:
        places = requests.place(exchange.request.url), requests.place(captured.url)
        found += unlike(*places, "address")
    return found


def unlike(theirs: Json, ours: Json, path: str = "body") -> Iterator[str]:
    """List where two values differ, place by place."""
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
