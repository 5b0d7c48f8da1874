#!/bin/sh
# LiteLLM ends a valid stream with an error if more than 100 deltas in a row have the same text of more than two characters,
# which it takes for a loop of the model. A model that writes the rule of a wide table or a long repetition raises an error
# instead of a response, after its tokens were paid. Texts of one or two characters pass.
#
# Output seen on 2026-11-30:
#   litellm 1.110.2: 100 of 'yes ' -> 100 deltas; 101 of 'yes ' -> MidStreamFallbackError; 101 of '- ' -> 101 deltas
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


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        count, text = json.loads(asked["messages"][0]["content"])
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        deltas = [({"content": text}, None)] * count + [({}, "stop")]
        for delta, reason in deltas:
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *args):
        pass


def outcome(count, text):
    try:
        stream = litellm.completion(
            "openai/gpt-4o",
            [{"role": "user", "content": json.dumps([count, text])}],
            api_base=f"http://127.0.0.1:{server.server_port}",
            api_key="x",
            stream=True,
            num_retries=0,
        )
        return f"{sum(bool(chunk.choices[0].delta.content) for chunk in stream)} deltas"
    except Exception as error:
        return type(error).__name__


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
found = [(count, text, outcome(count, text)) for count, text in ((100, "yes "), (101, "yes "), (101, "- "))]
seen = "; ".join(f"{count} of {text!r} -> {result}" for count, text, result in found)
print(f"litellm {version('litellm')}: {seen}")
sys.exit([result for _, _, result in found] != ["100 deltas", "MidStreamFallbackError", "101 deltas"])
PYTHON
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check litellm==1.110.2
LITELLM_LOCAL_MODEL_COST_MAP=True "$folder/venv/bin/python" "$folder/check.py"
