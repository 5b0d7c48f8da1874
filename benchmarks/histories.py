"""Encoding a conversation: CPU time and instructions, beside `json.dumps` of the same request.

One conversation has 1,000 short messages, the other ten messages with an image of 1 MB.
`json.dumps` starts with the objects of the request: the texts of the messages, and the image in
base64.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable

from benchmarks.instructions import counted
from benchmarks.measuring import cpu_seconds, row
from chatmodels.core import (
    ChatRequest,
    Message,
    assistant,
    create_chat_model,
    image,
    system,
    user,
)

TEXT = "The sky is blue because air scatters short waves of light more than long ones. "
TURNS = [assistant(TEXT) if number % 2 else user(TEXT) for number in range(999)]
SHORT = [system(TEXT), *TURNS]  # it ends with the user, as Google requires
PICTURE = [
    SHORT[0],
    user("Describe", image(bytes(1_000_000), media_type="image/png")),
    *SHORT[2:10],
]
MODELS = ("openai:gpt-6.1-terra", "anthropic:claude-opus-5-5", "google:gemini-3.8-flash")
HISTORIES: dict[str, tuple[list[Message], int]] = {
    "1,000 short messages": (SHORT, 10),
    "an image of 1 MB": (PICTURE, 5),
}
"""The messages, and the calls of a round."""


def main() -> None:
    has_valgrind = shutil.which("valgrind") is not None
    for label, (messages, calls) in HISTORIES.items():
        for spec in MODELS:
            works = contenders(spec, messages)
            times = cpu_seconds(works, calls=calls)
            ratio = f"{times['ours'] / times['json.dumps']:.2f} of json.dumps"
            name = f"{label}, {spec.partition(':')[0]}"
            row(name, f"{times['ours'] * 1e6:,.0f} us", ratio)
            if has_valgrind:
                program = [sys.executable, "-m", "benchmarks.histories", label, spec]
                ours, dumps = counted(program, os.environ | {"PYTHONHASHSEED": "0"}, len(works))
                row("", f"{ours:,}", f"instructions, {ours / dumps:.2f} of json.dumps")


def contenders(spec: str, messages: list[Message]) -> dict[str, Callable[[], object]]:
    model = create_chat_model(spec, api_key="key", max_output_tokens=1000)
    request = ChatRequest(messages=tuple(messages))
    codec = model._sender.codec  # without sending it
    body = json.loads(codec.encode(model.model, request, stream=False).body)
    return {
        "ours": lambda: codec.encode(model.model, request, stream=False),
        "json.dumps": lambda: json.dumps(body).encode(),
    }


if __name__ == "__main__":
    for work in contenders(sys.argv[2], HISTORIES[sys.argv[1]][0]).values():
        work()
        os.getppid()
        work()
        os.getppid()
