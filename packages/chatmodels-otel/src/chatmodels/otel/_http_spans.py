"""Client spans for the HTTP requests of a call, by the HTTP conventions."""

from collections.abc import Sequence
from functools import lru_cache

from opentelemetry.trace import SpanKind, StatusCode, Tracer

from chatmodels.core.extending import HttpExchange
from chatmodels.otel._call_state import CallState
from chatmodels.otel._model_attributes import Facts, server
from chatmodels.otel._semconv import (
    ERROR_TYPE,
    HTTP_METHOD,
    HTTP_RESEND_COUNT,
    HTTP_STATUS,
    SERVER_ADDRESS,
    SERVER_PORT,
    URL,
)


def record_exchanges(
    state: CallState, exchanges: Sequence[HttpExchange], tracer: Tracer, /
) -> None:
    """Record the exchanges of a call that is over.

    Spans are created afterwards, so that a call without recorded requests has no cost. Their times
    are those of the requests.

    Args:
        state: The state of the call; its span is recorded.
        exchanges: The exchanges, in the order in which they began.
        tracer: The source of spans.
    """
    for resends, exchange in enumerate(exchanges):
        attributes: Facts = {HTTP_METHOD: exchange.method, **_address(exchange.url)}
        if resends:
            attributes[HTTP_RESEND_COUNT] = resends
        if exchange.status is not None:
            attributes[HTTP_STATUS] = exchange.status
        failure = _failure(exchange)
        if failure is not None:
            attributes[ERROR_TYPE] = failure
        span = tracer.start_span(
            exchange.method,
            state.context,
            SpanKind.CLIENT,
            attributes,
            start_time=_wall_clock(state, exchange.started),
        )
        if failure is not None:
            span.set_status(StatusCode.ERROR)
        ended = exchange.started if exchange.ended is None else exchange.ended
        span.end(_wall_clock(state, ended))


def _failure(exchange: HttpExchange) -> str | None:
    """Return the status of a failed response, as the HTTP conventions require, or core's code."""
    if exchange.failure is None:
        return None
    if exchange.status is not None and exchange.status >= 400:
        return str(exchange.status)
    return str(exchange.failure)


def _wall_clock(state: CallState, moment: float) -> int:
    # Not by the wall clock, which can be set while the call is running.
    return state.started + int((moment - state.call.started) * 1e9)


@lru_cache(maxsize=256)
def _address(url: str) -> Facts:
    """Return a URL without user, password, query and fragment, which can contain secrets."""
    bare = url.partition("#")[0].partition("?")[0]
    scheme, separator, rest = bare.partition("://")
    authority, slash, path = rest.partition("/")
    attributes: Facts = {URL: f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"}
    address = server(url)
    if address is not None:
        attributes[SERVER_ADDRESS], attributes[SERVER_PORT] = address
    return attributes
