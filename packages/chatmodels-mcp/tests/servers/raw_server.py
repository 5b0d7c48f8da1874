"""An MCP server over stdio without an SDK, which can do what no SDK does.

python raw_server.py [--version V] [--noise] [--endless] [--twice] [--long] [--broken]
                     [--without-tools] [--crash-on-call] [--many N] [--silent]
"""

import argparse
import json
import sys
from typing import Any

FLAGS = ("noise", "endless", "twice", "broken", "without-tools", "crash-on-call", "silent")


def send(message: dict[str, Any]) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def result_of(options: Any, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    match method:
        case "initialize":
            return {
                "protocolVersion": options.version,
                "capabilities": {} if options.without_tools else {"tools": {}},
                "serverInfo": {"name": "raw-server", "version": "7"},
            }
        case "tools/list":
            names = [f"tool_{number}" for number in range(options.many)]
            names += names if options.twice else []
            tools = [{"name": name, "inputSchema": {"type": "object"}} for name in names]
            return {"tools": tools, **({"nextCursor": "again"} if options.endless else {})}
        case "tools/call":
            if options.crash_on_call:
                sys.exit(1)
            if options.broken:
                return {"content": [{"type": "unknown"}]}
            return {"content": [{"type": "text", "text": params["name"]}]}
        case _:
            return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", default="2025-11-25")
    parser.add_argument("--many", type=int, default=1)
    for flag in FLAGS:
        parser.add_argument(f"--{flag}", action="store_true")
    options = parser.parse_args()
    if options.noise:
        print("Starting the server ...", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request or options.silent:
            continue
        result = result_of(options, request["method"], request.get("params", {}))
        if options.noise:
            print("DEBUG not JSON", flush=True)
        if result is None:
            send({"id": request["id"], "error": {"code": -32601, "message": "unknown method"}})
        else:
            send({"id": request["id"], "result": result})


if __name__ == "__main__":
    main()
