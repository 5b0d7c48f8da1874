"""The HTTP requests of a call as client spans below its own, by the HTTP conventions."""

from collections.abc import Sequence
from functools import lru_cache

from opentelemetry.trace import SpanKind, StatusCode, Tracer

from chatmodels.core.extending import HttpExchange
from chatmodels.otel._call_state import Watch
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


def record_exchanges(watch: Watch, exchanges: Sequence[HttpExchange], tracer: Tracer, /) -> None:
    """Record the exchanges of a call that is over.

    Spans are created afterwards, so that a call whose requests are not to be recorded pays for
    none. Their times are those of the requests.

    Args:
        watch: The state of the call; its span is recorded.
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
            watch.context,
            SpanKind.CLIENT,
            attributes,
            start_time=_wall_clock(watch, exchange.started),
        )
        if failure is not None:
            span.set_status(StatusCode.ERROR)
        ended = exchange.started if exchange.ended is None else exchange.ended
        span.end(_wall_clock(watch, ended))


def _failure(exchange: HttpExchange) -> str | None:
    """Return the status of a refusal, as the HTTP conventions require, else core's code."""
    if exchange.failure is None:
        return None
    if exchange.status is not None and exchange.status >= 400:
        return str(exchange.status)
    return str(exchange.failure)


def _wall_clock(watch: Watch, moment: float) -> int:
    # Not by the clock on the wall, which may be set while the call is running.
    return watch.started + int((moment - watch.call.started) * 1e9)


@lru_cache(maxsize=256)
def _address(url: str) -> Facts:
    """Return an address without user, password, query and fragment, which may hold secrets."""
    bare = url.partition("#")[0].partition("?")[0]
    scheme, separator, rest = bare.partition("://")
    authority, slash, path = rest.partition("/")
    attributes: Facts = {URL: f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"}
    address = server(url)
    if address is not None:
        attributes[SERVER_ADDRESS], attributes[SERVER_PORT] = address
    return attributes
