#!/bin/sh
# Recorded calls of models are replayed with vcrpy. A compressed response that vcrpy 9.4.2 records from `requests` is stored
# decoded, with its `content-encoding: gzip` and the length of the compressed body left in the headers; one from httpx is
# stored as received. So a cassette is bound to the client that recorded it: httpx raises an error with that of `requests`,
# and `requests` returns the compressed bytes as the text of that of httpx. With `decode_compressed_response=True` each
# client reads the cassette of the other.
#
# Output seen on 2026-11-30:
#   vcrpy 9.4.2, requests 2.34.2, urllib3 2.8.0, httpx 0.28.1
#   of requests: gzip, decoded body, requests: decoded, httpx: DecodingError
#   of httpx: gzip, compressed body, requests: compressed, httpx: decoded
#   decode_compressed_response, of requests: None, decoded body, requests: decoded, httpx: decoded
#   decode_compressed_response, of httpx: None, decoded body, requests: decoded, httpx: decoded
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  vcrpy==9.4.2 requests==2.34.2 urllib3==2.8.0 httpx==0.28.1
cd "$folder"
NO_PROXY=127.0.0.1 venv/bin/python - <<'PYTHON'
import gzip
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import httpx
import requests
import vcr
import yaml

TEXT = '{"object": "chat.completion"}'


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = gzip.compress(TEXT.encode())
        self.send_response(200)
        self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def form(body):
    return "decoded" if body in (TEXT, TEXT.encode()) else "compressed"


def replayed(client):
    try:
        return form(client.get(url).text)
    except httpx.DecodingError as error:
        return type(error).__name__


def check(recorder, **options):
    path = f"{recorder.__name__}-{len(options)}.yaml"
    with vcr.use_cassette(path, **options):
        recorder.get(url)
    (interaction,) = yaml.safe_load(Path(path).read_text())["interactions"]
    response = interaction["response"]
    (encoding,) = response["headers"].get("content-encoding", [None])
    with vcr.use_cassette(path, record_mode="none", allow_playback_repeats=True):
        outcomes = [replayed(client) for client in (requests, httpx)]
    print(*options, sep="", end=", " if options else "")
    print(f"of {recorder.__name__}: {encoding}, {form(response['body']['string'])} body,", end=" ")
    print("requests: {}, httpx: {}".format(*outcomes))
    return [encoding, form(response["body"]["string"]), *outcomes]


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
print(", ".join(f"{name} {version(name)}" for name in ("vcrpy", "requests", "urllib3", "httpx")))
of_requests, of_httpx = check(requests), check(httpx)
options = {"decode_compressed_response": True}
decoded = [check(requests, **options), check(httpx, **options)]
sys.exit(
    of_requests != ["gzip", "decoded", "decoded", "DecodingError"]
    or of_httpx != ["gzip", "compressed", "compressed", "decoded"]
    or decoded != [[None, "decoded", "decoded", "decoded"]] * 2
)
PYTHON
