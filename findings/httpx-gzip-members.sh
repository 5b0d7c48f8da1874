#!/bin/sh
# httpx 0.28.1 returns only the first member of a gzip body that has several, without an error. Servers and log
# pipelines that compress in chunks send such bodies, and RFC 1952 allows them: a file is a series of members.
# `gzip.decompress` returns all of them.
#
# Output seen on 2026-11-29:
#   httpx 0.28.1
#   gzip.decompress: b'first second'
#   httpx: 200 b'first '
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1
"$folder/venv/bin/python" - <<'PYTHON'
import gzip
import sys

import httpx

body = gzip.compress(b"first ") + gzip.compress(b"second")
transport = httpx.MockTransport(
    lambda request: httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=body)
)
with httpx.Client(transport=transport) as client:
    response = client.get("http://example.test/")

print("httpx", httpx.__version__)
print("gzip.decompress:", gzip.decompress(body))
print("httpx:", response.status_code, response.content)
sys.exit((response.status_code, response.content) != (200, b"first "))
PYTHON
