"""Every time limit in every phase of a call that it covers, with each engine, sync and async.

The server continues until the client closes the connection, so that a test hangs if a limit does
not apply.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ChatResponse,
    ProviderUnavailableError,
    Secret,
    Timeout,
)
from chatmodels.http import _bodies
from chatmodels.http._deadlines import Limits
from chatmodels.http._transport import content_encoding

pytestmark = pytest.mark.usefixtures("built_in")

Through = Callable[..., ChatResponse[Any]]

SHORT = 0.15
LONG = 120.0
CALLS = ("generate", "agenerate")
STREAMS = ("stream", "astream")


def drip(exchange: Any, chunk: bytes, seconds: float = 0.01) -> None:
    while not exchange.seen_fin(seconds):
        exchange.send(chunk)


def silent(exchange: Any) -> None:
    exchange.seen_fin(LONG)


def slow_head(exchange: Any) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nx-slow: ")
    drip(exchange, b"a")


def interim(exchange: Any) -> None:
    drip(exchange, b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10, 0.0001)


def slow_body(exchange: Any) -> None:
    exchange.begin("application/json")
    drip(exchange, b"1\r\n \r\n")


def slow_chunk(exchange: Any) -> None:
    exchange.begin("application/json")
    drip(exchange, b"0")


def silent_body(exchange: Any) -> None:
    exchange.begin("application/json")
    exchange.seen_fin(LONG)


def comments(exchange: Any) -> None:
    exchange.begin()
    drip(exchange, b"4\r\n: x\n\r\n")


def event_then_comments(exchange: Any) -> None:
    exchange.begin()
    exchange.event(text="Hel")
    drip(exchange, b"4\r\n: x\n\r\n")


def event_then_silence(exchange: Any) -> None:
    exchange.begin()
    exchange.event(text="Hel")
    exchange.seen_fin(LONG)


def compressed(exchange: Any) -> None:
    exchange.begin("application/json", content_encoding="gzip")
    exchange.chunk(b"the decoder is replaced by one that never ends")
    exchange.seen_fin(LONG)


TABLE: list[tuple[str, Callable[[Any], object], dict[str, tuple[str, ...]]]] = [
    ("head", slow_head, {"total": CALLS + STREAMS, "first_event": STREAMS}),
    ("silence before the head", silent, {"read": CALLS + STREAMS}),
    ("body", slow_body, {"total": CALLS + STREAMS, "first_event": STREAMS}),
    ("size of a chunk", slow_chunk, {"total": CALLS + STREAMS, "first_event": STREAMS}),
    ("silence in the body", silent_body, {"read": CALLS + STREAMS, "total": CALLS + STREAMS}),
    ("before the first event", comments, {"total": STREAMS, "first_event": STREAMS}),
    ("between events", event_then_comments, {"total": STREAMS, "between_events": STREAMS}),
    ("silence in a stream", event_then_silence, {"read": STREAMS, "between_events": STREAMS}),
]
CELLS = [
    pytest.param(handler, limit, form, id=f"{phase}-{limit}-{form}")
    for phase, handler, limits in TABLE
    for limit, forms in limits.items()
    for form in forms
]


def cells(**limits: tuple[str, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("limit", "form"), [(limit, form) for limit, forms in limits.items() for form in forms]
    )


def only(limit: str) -> Timeout:
    given = dict.fromkeys(Timeout.__struct_fields__, LONG)
    return Timeout(**given | {limit: SHORT})


def late(through: Through, limit: str, form: str, *prompt: str, **options: Any) -> CallTimeoutError:
    with pytest.raises(CallTimeoutError) as caught:
        through(form, *prompt, timeout=only(limit), **options)
    assert caught.value.details["limit"] == limit
    return caught.value


@pytest.mark.parametrize(("handler", "limit", "form"), CELLS)
def test_a_limit_applies_while_a_response_arrives(
    server: Any, through: Through, handler: Callable[[Any], object], limit: str, form: str
) -> None:
    server.handler = handler
    late(through, limit, form)


@cells(total=CALLS + STREAMS, first_event=STREAMS)
def test_a_limit_applies_during_interim_responses(
    server: Any, through: Through, limit: str, form: str
) -> None:
    server.handler = interim
    late(through, limit, form)


@pytest.fixture
def unread() -> Iterator[int]:
    """Listen on a port that accepts connections but never reads."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@cells(connect=CALLS + STREAMS, total=CALLS + STREAMS, first_event=STREAMS)
def test_a_limit_applies_while_connecting(
    unread: int, through: Through, limit: str, form: str
) -> None:
    late(through, limit, form, base_url=f"https://127.0.0.1:{unread}")  # TLS is never spoken


@cells(read=CALLS + STREAMS, total=CALLS + STREAMS, first_event=STREAMS)
def test_a_limit_applies_while_sending(
    unread: int, through: Through, limit: str, form: str
) -> None:
    late(through, limit, form, "x" * 30_000_000, base_url=f"http://127.0.0.1:{unread}")


def late_for_the_key(through: Through, limit: str, form: str, function: Any) -> None:
    error = late(through, limit, form, api_key=Secret(function))
    assert "the function for the key or the token had not returned" in error.message


@cells(read=CALLS + STREAMS, total=CALLS + STREAMS, first_event=STREAMS)
def test_a_limit_applies_while_a_function_returns_the_key(
    through: Through, limit: str, form: str
) -> None:
    released = threading.Event()

    def key() -> str:
        released.wait(LONG)
        return "sk-1"

    try:
        late_for_the_key(through, limit, form, key)
    finally:
        released.set()


@cells(read=("agenerate", "astream"), total=("agenerate", "astream"), first_event=("astream",))
def test_a_limit_applies_while_an_async_function_returns_the_key(
    through: Through, limit: str, form: str
) -> None:
    async def key() -> str:
        await anyio.sleep_forever()
        raise AssertionError

    late_for_the_key(through, limit, form, key)


class Vault:
    """A source of credentials that cannot be reached until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def ready(self) -> None:
        return None

    def fetch(self, rejected: Any = None) -> Any:
        self.released.wait(LONG)
        raise AssertionError


@cells(read=CALLS + STREAMS, total=CALLS + STREAMS, first_event=STREAMS)
def test_a_limit_applies_while_credentials_are_fetched(
    server: Any, through: Through, limit: str, form: str
) -> None:
    vault = Vault()
    try:
        late(through, limit, form, signers=vault)
    finally:
        vault.released.set()


@cells(total=CALLS + STREAMS, first_event=STREAMS)
def test_a_limit_applies_while_a_body_is_decoded(
    server: Any, through: Through, limit: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.handler = compressed
    monkeypatch.setattr(content_encoding._Decoder, "_step", lambda self: b" ")
    monkeypatch.setattr(content_encoding._Decoder, "rest", lambda self: b" ")
    late(through, limit, form)


@pytest.mark.parametrize("form", CALLS + STREAMS)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_failure_with_an_endless_body_has_its_status(
    server: Any, through: Through, form: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(exchange: Any) -> None:
        exchange.send(
            b"HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\ncontent-encoding: %b\r\n\r\n"
            % encoding.encode()
        )
        drip(exchange, b"3\r\nno \r\n")

    server.handler = handle
    monkeypatch.setattr(_bodies, "FAILURE_SECONDS", SHORT)
    monkeypatch.setattr(content_encoding._Decoder, "_step", lambda self: b"")
    with pytest.raises(ProviderUnavailableError) as caught:
        through(form)
    assert caught.value.status == 503


@pytest.mark.parametrize("form", STREAMS)
@pytest.mark.parametrize("method", ["restart", "check"])
def test_a_limit_that_passes_in_a_stream_has_status_and_request_id(
    server: Any, through: Through, words: Any, form: str, method: str, monkeypatch: Any
) -> None:
    def passed(self: Limits) -> None:
        raise CallTimeoutError("acme: no time left")

    def handle(exchange: Any) -> None:
        exchange.begin(x_request_id="req_1")
        if method == "check":
            exchange.chunk(": a comment\n\n")
        else:
            exchange.event(text="Hel")
        exchange.seen_fin(LONG)

    server.handler = handle
    monkeypatch.setattr(Limits, method, passed)
    with pytest.raises(ChatModelError, match="no time left") as caught:
        through(form)
    assert (caught.value.status, caught.value.request_id) == (200, "req_1")


def test_the_time_of_a_key_function_does_not_count_as_connecting() -> None:
    now = [100.0]
    limits = Limits(Timeout(connect=10), "acme", clock=lambda: now[0])
    now[0] += 9
    assert limits.connect() == 1
    limits.connecting()
    assert limits.connect() == 10
