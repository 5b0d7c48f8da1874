#!/bin/sh
# Groq's client is generated as OpenAI's is, and has the same call, `client.batches.list()`. That of OpenAI is an iterator over
# the batches of all pages. That of Groq is one page: it has no parameter for the next one, its type has no `paging`, and a loop
# over it yields the names and values of its fields. A program that looks for a batch by its metadata in `list().data`, so as not
# to create it twice, does not find an older one, and gets no error. The cursor is in the response, though: `paging.next_cursor`
# is an extra attribute, to be sent as `extra_query={"cursor": ...}`.
#
# Output seen on 2026-12-01:
#   openai 3.57.0: batches 3, pages requested 2
#   groq 1.7.0: a loop yields ['data', 'object', 'paging'], data has 2 of 3 batches, pages requested 1
#   groq 1.7.0: with the cursor of {'next_cursor': 'c1'}: 1 further batch
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check groq==1.7.0 openai==3.57.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

from groq import Groq
from openai import OpenAI

FACTS = {"object": "batch", "status": "completed", "completion_window": "24h", "created_at": 1}
BATCHES = [{**FACTS, "id": f"b{n}", "endpoint": "/v1/chat/completions", "input_file_id": "f"} for n in range(3)]
requested = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        requested.append(self.path)
        query = parse_qs(urlsplit(self.path).query)
        is_first = not query.keys() & {"cursor", "after"}
        page = {"object": "list", "data": BATCHES[:2] if is_first else BATCHES[2:]}
        if "groq" not in self.path:
            page["has_more"] = is_first
        elif is_first:
            page["paging"] = {"next_cursor": "c1"}
        data = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"

listed = [batch.id for batch in OpenAI(api_key="x", base_url=f"{url}/v1", max_retries=0).batches.list()]
pages = len(requested)
print(f"openai {version('openai')}: batches {len(listed)}, pages requested {pages}")
seen = [len(listed), pages]

requested.clear()
client = Groq(api_key="x", base_url=f"{url}/groq", max_retries=0)
first = client.batches.list()
names = [name for name, _ in first]
print(
    f"groq {version('groq')}: a loop yields {names}, data has {len(first.data)} of 3 batches,"
    f" pages requested {len(requested)}"
)
seen += [names, len(first.data), len(requested)]
more = client.batches.list(extra_query={"cursor": first.paging["next_cursor"]})
print(f"groq {version('groq')}: with the cursor of {first.paging}: {len(more.data)} further batch")
sys.exit([*seen, len(more.data)] != [3, 2, ["data", "object", "paging"], 2, 1, 1])
PYTHON
