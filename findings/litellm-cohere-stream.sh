#!/bin/sh
# Cohere's SDK reads the stream of the chat API v2 as server-sent events. LiteLLM 1.110.2 (`cohere_chat/`) does not: it parses
# each line of the response as JSON, so that a line `event: ...` raises an error, and so does `data: ...`. It reads the same
# events as bare JSON lines, but without the end: `MAX_TOKENS` becomes `stop`, and the usage is LiteLLM's own estimate.
#
# Output seen on 2026-11-30:
#   litellm 1.110.2, cohere 7.3.1
#   cohere, events: Hi MAX_TOKENS 70 10
#   litellm, events: MidStreamFallbackError
#   litellm, events without names: MidStreamFallbackError
#   litellm, JSON lines: Hi stop 8 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check litellm==1.110.2 cohere==7.3.1
LITELLM_LOCAL_MODEL_COST_MAP=True "$folder/venv/bin/python" - <<'PYTHON'
import contextlib
import io
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import cohere
import litellm

tokens = {"input_tokens": 70, "output_tokens": 10}
message = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
EVENTS = [
    {"type": "message-start", "id": "1", "delta": {"message": message}},
    {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hi"}}}},
    {"type": "content-end", "index": 0},
    {"type": "message-end", "delta": {"finish_reason": "MAX_TOKENS", "usage": {"tokens": tokens}}},
]
FORMS = {
    "/events": "event: {name}\ndata: {data}\n\n",
    "/unnamed": "data: {data}\n\n",
    "/lines": "{data}\n",
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        form = FORMS[self.path.removesuffix("/v2/chat")]
        self.send_response(200)
        self.send_header("content-type", "application/stream+json" if "lines" in self.path else "text/event-stream")
        self.end_headers()
        for event in EVENTS:
            self.wfile.write(form.format(name=event["type"], data=json.dumps(event)).encode())

    def log_message(self, *args):
        pass


def with_cohere(url):
    client = cohere.ClientV2(api_key="x", base_url=url)
    events = list(client.chat_stream(model="command-a-03-2025", messages=MESSAGES))
    text = "".join(event.delta.message.content.text for event in events if event.type == "content-delta")
    end = events[-1].delta
    used = end.usage.tokens
    return f"{text} {end.finish_reason} {used.input_tokens:.0f} {used.output_tokens:.0f}"


def with_litellm(url):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            chunks = list(
                litellm.completion(
                    "cohere_chat/command-a-03-2025",
                    MESSAGES,
                    api_base=f"{url}/v2/chat",
                    api_key="x",
                    stream=True,
                    stream_options={"include_usage": True},
                )
            )
    except Exception as error:
        return type(error).__name__
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    text = "".join(choice.delta.content or "" for choice in choices)
    used = chunks[-1].usage
    return f"{text} {choices[-1].finish_reason} {used.prompt_tokens} {used.completion_tokens}"


MESSAGES = [{"role": "user", "content": "Hi"}]
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
seen = [with_cohere(f"{base}/events"), *(with_litellm(base + form) for form in FORMS)]
print(f"litellm {version('litellm')}, cohere {version('cohere')}")
names = ("cohere, events", "litellm, events", "litellm, events without names", "litellm, JSON lines")
for name, outcome in zip(names, seen):
    print(f"{name}: {outcome}")
error = "MidStreamFallbackError"
sys.exit(seen != ["Hi MAX_TOKENS 70 10", error, error, "Hi stop 8 1"])
PYTHON
