"""Reads the log probabilities of tokens."""

from chatmodels.core import TokenLogprob
from chatmodels.http.wire import Json, Wire, lenient


class WireTop(Wire, frozen=True, gc=False):
    """A likely token."""

    token: str
    logprob: float


class WireToken(Wire, frozen=True, gc=False):
    """A token of the output, with the most likely alternatives."""

    token: str
    logprob: float
    top_logprobs: list[WireTop] | None = None


class WireLogprobs(Wire, frozen=True, gc=False):
    """The probabilities of a choice's visible tokens."""

    content: list[WireToken] | None = None


def read_logprobs(value: Json, warnings: list[str]) -> tuple[TokenLogprob, ...]:
    """Read the probabilities of the visible tokens."""
    wire = lenient(value, WireLogprobs, "the log probabilities were", warnings)
    return tuple(
        TokenLogprob(token.token, token.logprob, tuple(map(_top, token.top_logprobs or ())))
        for token in (wire.content if wire is not None else None) or ()
    )


def _top(wire: WireTop) -> TokenLogprob:
    return TokenLogprob(wire.token, wire.logprob)
