#!/bin/sh
# google-genai 3.6.1: the reason why a batch of the Gemini API failed is lost. The API returns it as `error` of the operation
# ("Batch API", REST). The type `BatchJob` documents `error` as set for failed and cancelled jobs, and the guide prints
# `batch_job.error`, but the SDK does not read the field, so that it is None. It does so for Vertex AI only.
#
# Output seen on 2026-12-01:
#   google-genai 3.6.1
#   REST: BATCH_STATE_FAILED Line 3 of the file is no JSON.
#   SDK: JOB_STATE_FAILED None
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-genai==3.6.1
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from google import genai

OPERATION = {
    "name": "batches/b1",
    "metadata": {
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
        "name": "batches/b1",
        "model": "models/gemini-3.8-flash",
        "displayName": "rows",
        "state": "BATCH_STATE_FAILED",
        "createTime": "2026-12-01T00:00:00Z",
    },
    "done": True,
    "error": {"code": 3, "message": "Line 3 of the file is no JSON."},
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(OPERATION).encode())

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
with urllib.request.urlopen(f"{base}/v1beta/batches/b1") as response:
    sent = json.load(response)
client = genai.Client(api_key="k", vertexai=False, http_options={"base_url": base})
job = client.batches.get(name="batches/b1")
print(f"google-genai {version('google-genai')}")
print(f"REST: {sent['metadata']['state']} {sent['error']['message']}")
print(f"SDK: {job.state.value} {job.error}")
sys.exit((job.state.value, job.error) != ("JOB_STATE_FAILED", None))
PYTHON
