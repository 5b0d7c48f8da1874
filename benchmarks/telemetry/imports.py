"""The time to import telemetry, and to use it first: fresh interpreters, in turns."""

import os
import subprocess
import sys

from benchmarks.measuring import row

TURNS = 20

API = "import opentelemetry.trace, opentelemetry.metrics"
MODEL = """
class Model(chatmodels.core.extending.StandardChatModel):
    def respond(self, request, call):
        return chatmodels.core.ChatResponse(message=chatmodels.core.assistant("x"))
model = Model("acme", "large")
"""
STATEMENTS = {
    "api": API,
    "api, logs": f"{API}, opentelemetry._logs",
    "ours": "import chatmodels.otel",
    "call": f"{MODEL}model.generate('Hi')",
    "ours, call": f"import chatmodels.otel{MODEL}chatmodels.otel.instrument(model).generate('Hi')",
    "util-genai": "import opentelemetry.util.genai.handler",
}


def main() -> None:
    """Print the time of imports after `chatmodels.core`, which every program imports."""
    best = dict.fromkeys(STATEMENTS, float("inf"))
    for _ in range(TURNS):
        for name, statement in STATEMENTS.items():
            best[name] = min(best[name], imported(statement))
    api = best["api, logs"]
    used = best["ours, call"] - best["call"]
    print("\n  CPU to import, after chatmodels.core")
    row("the API: opentelemetry.trace, .metrics", f"{best['api']:.1f} ms")
    row("... and ._logs", f"{api:.1f} ms")
    row("chatmodels.otel, the API included", f"{best['ours']:.1f} ms", f"{best['ours'] - api:+.1f}")
    row("... instrument() and a first call included", f"{used:.1f} ms", f"{used - api:+.1f}")
    if best["util-genai"] < float("inf"):
        row("opentelemetry-util-genai's handler", f"{best['util-genai']:.1f} ms")


def imported(statement: str) -> float:
    """Return the CPU milliseconds, with compiled files; infinite if the import fails."""
    script = (
        f"import time, chatmodels.core\nstart = time.process_time()\n{statement}\n"
        "print(time.process_time() - start)"
    )
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment
    )
    return float(done.stdout) * 1000 if done.returncode == 0 else float("inf")
