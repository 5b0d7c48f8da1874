#!/bin/sh
# httpcore 1.0.9 (and httpx 0.28.1 with it) omits the brackets of an IPv6 address if the request is sent through an
# HTTP proxy. RFC 9110 and RFC 9112 require `CONNECT [2001:db8::1]:8443`. Here the target is `2001:db8::1:8443`, in
# which a proxy cannot identify the port. The absolute URI of a plain request lacks the brackets as well, although httpx
# writes them in `Host`.
#
# Output seen on 2026-11-29:
#   httpx 0.28.1, httpcore 1.0.9
#   https://[2001:db8::1]:8443/x -> CONNECT 2001:db8::1:8443 HTTP/1.1 | Host: 2001:db8::1:8443
#   http://[2001:db8::1]:8080/x -> GET http://2001:db8::1:8080/x HTTP/1.1 | Host: [2001:db8::1]:8080
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9
"$folder/venv/bin/python" - <<'PYTHON'
import contextlib
import socket
import sys
import threading

import httpcore
import httpx

EXPECTED = {
    "https://[2001:db8::1]:8443/x": "CONNECT 2001:db8::1:8443 HTTP/1.1 | Host: 2001:db8::1:8443",
    "http://[2001:db8::1]:8080/x": "GET http://2001:db8::1:8080/x HTTP/1.1 | Host: [2001:db8::1]:8080",
}


def seen_by_a_proxy(url):
    """Send a request through a proxy on loopback that refuses it; return its first two lines."""
    seen = []

    def refuse():
        connection, _ = listener.accept()
        with connection:
            seen.extend(connection.recv(65_536).decode().split("\r\n")[:2])
            connection.sendall(b"HTTP/1.1 502 Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse)
        thread.start()
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with contextlib.suppress(httpx.ProxyError):
            httpx.get(url, proxy=proxy, trust_env=False)
        thread.join()
    return " | ".join(seen)


print(f"httpx {httpx.__version__}, httpcore {httpcore.__version__}")
found = {url: seen_by_a_proxy(url) for url in EXPECTED}
for url, lines in found.items():
    print(f"{url} -> {lines}")
sys.exit(found != EXPECTED)
PYTHON
