#!/bin/sh
# The tool runner of Anthropic's client sends the whole conversation with each request, as its users would guess and as it did
# before. Since message threads, the runner of anthropic 2.14.0 opts in to this beta by itself, though nothing in the call asks
# for it: its second request has the result of the tool alone, without the tools, and refers to the first response by its id.
# A proxy, a recorder or a server with the same API that does not store conversations sees a history that begins with a result.
# If the server responds with 404 and the code `thread_not_found`, the runner sends the whole conversation again.
#
# Output seen on 2026-11-30:
#   anthropic 2.14.0
#   1: thread {'type': 'create'}, beta message-threads-2026-08-12, tools True, messages user:str
#   2: thread {'type': 'continue', 'previous_message_id': 'msg_1'}, beta message-threads-2026-08-12, tools False, messages user:tool_result
#   3: thread {'type': 'create'}, beta message-threads-2026-08-12, tools True, messages user:str assistant:tool_use user:tool_result
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check anthropic==2.14.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from anthropic import Anthropic, beta_tool

seen = []
USAGE = {"input_tokens": 1, "output_tokens": 1}
CALL = {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Oslo"}}
LOST = {"type": "not_found_error", "message": "no thread", "details": {"error_code": "thread_not_found"}}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        seen.append((body, self.headers["anthropic-beta"]))
        number = len(seen)
        content = [CALL] if number == 1 else [{"type": "text", "text": "Cold."}]
        reply = {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": "tool_use" if number == 1 else "end_turn",
            "stop_sequence": None,
            "usage": USAGE,
        }
        data = json.dumps({"type": "error", "error": LOST} if number == 2 else reply).encode()
        self.send_response(404 if number == 2 else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@beta_tool
def weather(city: str) -> str:
    """Look up the weather.

    Args:
        city: The city.
    """
    return "cold"


def kind(message):
    content = message["content"]
    return f"{message['role']}:{'str' if isinstance(content, str) else content[0]['type']}"


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Anthropic(api_key="x", base_url=f"http://127.0.0.1:{server.server_port}", max_retries=0)
runner = client.beta.messages.tool_runner(
    model="claude-sonnet-5-5",
    max_tokens=99,
    messages=[{"role": "user", "content": "The weather in Oslo?"}],
    tools=[weather],
)
runner.until_done()
print(f"anthropic {version('anthropic')}")
for number, (body, beta) in enumerate(seen, 1):
    kinds = " ".join(map(kind, body["messages"]))
    print(f"{number}: thread {body.get('thread')}, beta {beta}, tools {'tools' in body}, messages {kinds}")
kinds = [[kind(message) for message in body["messages"]] for body, _ in seen]
sys.exit(
    kinds != [["user:str"], ["user:tool_result"], ["user:str", "assistant:tool_use", "user:tool_result"]]
    or [body["thread"]["type"] for body, _ in seen] != ["create", "continue", "create"]
)
PYTHON
