"""Proxies and TLS: the ways to a provider other than a plain connection."""

import pickle
import socket
import ssl
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    ConfigurationError,
    NetworkError,
    is_retryable,
)
from chatmodels.http import HttpChatModel, RequestHead, TransferError
from chatmodels.http._transport.httpcore_parts import prepare, route_to
from chatmodels.http._transport.tls import tls_context

pytestmark = pytest.mark.usefixtures("built_in")

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]


@pytest.mark.usefixtures("trusted")
def test_a_call_uses_tls(server: Any, tls_server: int, model: Make, words: Any, ask: Ask) -> None:
    server.handler = words("a", "b")
    acme = model(base_url=f"https://localhost:{tls_server}")
    assert ask(acme).text == "ab"
    assert server.requests[0].headers["host"] == f"localhost:{tls_server}"


def test_an_untrusted_certificate_is_not_retried_and_the_error_names_the_remedies(
    tls_server: int, model: Make, ask: Ask
) -> None:
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE") as caught:
        ask(model(base_url=f"https://localhost:{tls_server}", max_retries=2))
    for remedy in ("SSL_CERT_FILE", "SSL_CERT_DIR", "http_client=", "async_http_client="):
        assert remedy in caught.value.message
    assert not is_retryable(caught.value)


def test_an_untrusted_certificate_of_a_proxy_is_not_retried(
    tls_server: int, model: Make, ask: Ask
) -> None:
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        ask(model(base_url="http://api.acme.test", proxy=f"https://localhost:{tls_server}"))


def test_the_settings_for_tls_are_created_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setattr("chatmodels.http._transport.tls._shared", [])
    assert tls_context() is tls_context()
    assert tls_context().verify_mode is ssl.CERT_REQUIRED


@pytest.mark.usefixtures("trusted")
def test_concurrent_threads_share_the_settings_for_tls() -> None:
    together = threading.Barrier(8)
    found: list[Any] = []

    def make() -> None:
        together.wait()
        found.append(tls_context())

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1


def test_a_plain_call_uses_a_proxy(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond('{"text": "by proxy"}')
    acme = model(
        base_url="http://api.acme.test/v1", proxy=f"http://user:p%40ss@127.0.0.1:{server.port}"
    )
    assert ask(acme).text == "by proxy"
    (request,) = server.requests
    assert request.path == "http://api.acme.test/v1/chat"
    assert request.headers["host"] == "api.acme.test"
    assert request.headers["proxy-authorization"] == "Basic dXNlcjpwQHNz"


def test_the_password_of_a_proxy_can_have_umlauts(server: Any, model: Make, ask: Ask) -> None:
    acme = model(
        base_url="http://api.acme.test", proxy=f"http://user:p%C3%BC@127.0.0.1:{server.port}"
    )
    assert ask(acme).text == "hello"
    assert server.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpww7w="


@pytest.mark.parametrize(
    ("host", "proxy"),
    [
        ("sharp.acme.test", "http://user:sword#fish@127.0.0.1:1"),
        ("bracket.acme.test", "http://user:sword@[::1"),
        ("socks4.acme.test", "socks4://user:sword@127.0.0.1:1"),
    ],
)
def test_an_invalid_proxy_of_the_environment_is_reported_without_its_password(
    model: Make, ask: Ask, monkeypatch: pytest.MonkeyPatch, host: str, proxy: str
) -> None:
    module = "chatmodels.http._transport.proxies"
    monkeypatch.setattr(f"{module}.environment_proxy", lambda _: proxy)
    with pytest.raises(ConfigurationError, match="the address of the proxy") as caught:
        ask(model(base_url=f"http://{host}"))
    assert "sword" not in f"{caught.value.message} {caught.value.__cause__}"


def test_unreadable_certificates_are_reported(
    model: Make, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatmodels.http._transport.tls._shared", [])
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    with pytest.raises(ConfigurationError, match=r"from /nowhere\.pem .*SSL_CERT_FILE"):
        ask(model(base_url="https://certificates.acme.test"))


def test_calls_in_a_row_through_a_proxy_use_one_connection(server: Any, model: Make) -> None:
    acme = model(base_url="http://api.acme.test", proxy=server.url)
    assert [acme.generate("hi").text for _ in range(3)] == ["hello"] * 3
    assert server.connections == 1


def test_the_proxy_of_the_environment_is_used(
    server: Any, model: Make, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    acme = model(base_url=f"http://port-{server.port}.acme.test")
    assert ask(acme).text == "hello"
    assert server.requests[0].path.startswith("http://port-")


@pytest.mark.usefixtures("trusted")
def test_a_proxy_opens_a_tunnel_to_a_secure_server(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond("", 407)
    acme = model(base_url="https://api.acme.test", proxy=server.url)
    with pytest.raises(NetworkError, match=r"acme: no connection to api\.acme\.test: "):
        ask(acme)
    assert server.requests[0].method == "CONNECT"


@pytest.mark.usefixtures("trusted")
def test_a_proxy_can_use_tls_itself(server: Any, tls_server: int, model: Make, ask: Ask) -> None:
    acme = model(base_url="http://api.acme.test", proxy=f"https://localhost:{tls_server}")
    server.handler = lambda exchange: exchange.respond('{"text": "by proxy"}')
    assert [ask(acme).text for _ in range(2)] == ["by proxy"] * 2


def test_a_proxy_reads_an_address_of_version_six_in_brackets(
    server: Any, model: Make, ask: Ask
) -> None:
    assert ask(model(base_url="http://[::1]:8080/v1", proxy=server.url)).text == "hello"
    (request,) = server.requests
    assert request.path == "http://[::1]:8080/v1/chat"
    assert request.headers["host"] == "[::1]:8080"


@pytest.mark.usefixtures("trusted")
def test_a_tunnel_leads_to_an_address_of_version_six(
    server: Any, server_tls: ssl.SSLContext, model: Make, ask: Ask
) -> None:
    def tunnel(exchange: Any) -> None:
        if exchange.method == "CONNECT":
            exchange.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            server.serve(server_tls.wrap_socket(exchange.detach(), server_side=True))
        else:
            exchange.respond('{"text": "by tunnel"}')

    server.handler = tunnel
    assert ask(model(base_url="https://[::1]:8443", proxy=server.url)).text == "by tunnel"
    connect, request = server.requests
    assert (connect.path, connect.headers["host"]) == ("[::1]:8443", "[::1]:8443")
    assert request.headers["host"] == "[::1]:8443"


def test_a_socks_proxy_gets_an_address_without_brackets() -> None:
    head = prepare(RequestHead("GET", "https://[::1]", ()))
    route = route_to(head, "socks5://127.0.0.1:1")
    assert (route.proxied, route.origin.host) == (False, b"::1")


def test_a_socks_proxy_without_its_library_raises_with_the_name_of_the_library(
    model: Make, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(ConfigurationError, match="pip install socksio"):
        ask(model(proxy="socks5://127.0.0.1:1", base_url="https://api.acme.test"))


SWORD = "swordfish"


@pytest.mark.parametrize("base_url", ["http://api.acme.test", "https://api.acme.test"])
def test_the_password_of_a_proxy_is_in_no_error_and_no_log(
    server: Any,
    model: Make,
    ask: Ask,
    caplog: pytest.LogCaptureFixture,
    base_url: str,
) -> None:
    caplog.set_level("DEBUG")
    server.handler = lambda exchange: exchange.respond("", 407)
    acme = model(base_url=base_url, proxy=f"http://user:{SWORD}@127.0.0.1:{server.port}")
    with pytest.raises(ChatModelError) as caught:
        ask(acme)
    assert server.requests[0].headers["proxy-authorization"].startswith("Basic ")
    shown = "".join(traceback.format_exception(caught.value))
    assert SWORD not in f"{acme!r} {shown} {caught.value.details} {caplog.text}"
    assert SWORD.encode() not in pickle.dumps(caught.value)


def test_the_credentials_of_a_proxy_are_masked_in_logs_of_httpcore() -> None:
    head = prepare(RequestHead("GET", "https://acme.test", ()))
    proxy = route_to(head, f"socks5://{SWORD}:{SWORD}@127.0.0.1:1").proxy
    assert proxy is not None
    assert proxy.auth == (SWORD.encode(), SWORD.encode())
    assert SWORD not in repr(proxy.auth)


def test_an_address_of_version_six_keeps_its_brackets() -> None:
    ready = prepare(RequestHead("GET", "http://[::1]:8080/v1/a b?q=ü", ()))
    assert ready.headers == ((b"Host", b"[::1]:8080"),)
    assert ready.url.target == b"/v1/a%20b?q=%C3%BC"


def test_a_host_with_an_umlaut_is_encoded() -> None:
    assert prepare(RequestHead("GET", "http://bücher.test", ())).headers == (
        (b"Host", b"xn--bcher-kva.test"),
    )


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"], ids=ascii)
def test_a_host_that_old_rules_would_change_is_refused(joiner: str) -> None:
    with pytest.raises(TransferError, match="write the host in its xn-- form"):
        prepare(RequestHead("GET", f"http://a{joiner}b.test", ()))


@pytest.mark.parametrize("value", ["sk-1\r\nx-admin: yes", "sk-\u20ac", "sk-\0"])
def test_an_invalid_header_is_reported_without_its_value(value: str) -> None:
    with pytest.raises(TransferError, match="the header 'x-key' contains characters") as caught:
        prepare(RequestHead("GET", "http://acme.test", (("x-key", value),)))
    assert caught.value.kind == "unusable"
    assert "sk" not in str(caught.value)


def test_the_frames_of_a_traceback_show_no_secret() -> None:
    head = RequestHead("GET", "http://acme.test/v1", (("x-key", "sk-1234"),))
    ready = prepare(head)
    route = route_to(ready, "http://user:sk-1234@127.0.0.1:1")
    assert "sk-1234" not in f"{head!r} {ready!r} {route!r}"
    assert "http://acme.test" in repr(ready)


@pytest.mark.parametrize(
    "replies",
    [[b"HTTP/1.1 400 Bad Request"], [b"\x05"], [b"\x05\x00", b"\x05\x00\x00\x01\x7f"]],
    ids=["not SOCKS", "cut off", "short address"],
)
def test_a_malformed_reply_of_a_socks_proxy_is_a_network_error(
    model: Make, ask: Ask, replies: list[bytes]
) -> None:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            for reply in replies:
                connection.recv(1000)
                connection.sendall(reply)
            connection.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        proxy = f"socks5://127.0.0.1:{listener.getsockname()[1]}"
        acme = model(base_url="http://api.acme.test", proxy=proxy)
        with pytest.raises(NetworkError, match="the reply of the SOCKS proxy is malformed"):
            ask(acme)
