#!/bin/sh
# With `stream_options={"include_usage": True}` the last chunk of a stream has the usage and, by OpenAI's documentation,
# `choices: []`. LiteLLM 1.108.7 reads this chunk from a server and hands it on with one choice, without a finish reason, and
# with an empty delta; LiteLLM 1.110.2 hands on the empty list. So neither may be relied upon: with the former the last choice
# of a stream is not the one with the finish reason, with the latter `chunk.choices[0]` raises an error.
#
# Output seen on 2026-11-30:
#   litellm 1.108.7: choices 1, finish reasons [None, 'stop', None], usage 7 1
#   litellm 1.110.2: choices 0, finish reasons [None, 'stop'], usage 7 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/check.py" <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import litellm

BASE = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o", "usage": None}
CHUNKS = [
    {**BASE, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}]},
    {**BASE, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {**BASE, "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}},
]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for data in (*map(json.dumps, CHUNKS), "[DONE]"):
            self.wfile.write(f"data: {data}\n\n".encode())

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
chunks = list(
    litellm.completion(
        "openai/gpt-4o",
        [{"role": "user", "content": "Hi"}],
        api_base=f"http://127.0.0.1:{server.server_port}",
        api_key="x",
        stream=True,
        stream_options={"include_usage": True},
    )
)
last = chunks[-1]
reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
used = (last.usage.prompt_tokens, last.usage.completion_tokens)
print(f"litellm {version('litellm')}: choices {len(last.choices)}, finish reasons {reasons}, usage", *used)
expected = int(sys.argv[1])
sys.exit((len(last.choices), reasons, used) != (expected, [None, "stop"] + [None] * expected, (7, 1)))
PYTHON
python3 -m venv "$folder/venv"
for expected in 1.108.7=1 1.110.2=0; do
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "litellm==${expected%=*}"
  LITELLM_LOCAL_MODEL_COST_MAP=True "$folder/venv/bin/python" "$folder/check.py" "${expected#*=}"
done
