"""What importing telemetry costs, and what its first use imports: fresh interpreters, in turns."""

import os
import subprocess
import sys

from benchmarks.measuring import row

TURNS = 20

API = "import opentelemetry.trace, opentelemetry.metrics"
STATEMENTS = {
    "api": API,
    "ours": "import chatmodels.otel",
    "used": """
import chatmodels.otel
class Model(chatmodels.core.StandardChatModel):
    def respond(self, request, call):
        return chatmodels.core.ChatResponse(message=chatmodels.core.assistant("x"))
model = chatmodels.otel.instrument(Model("acme", "large"))
model.generate("Hi")
""",
    "api, used": f"""
{API}
opentelemetry.trace.get_tracer("x").start_span("x").end()
opentelemetry.metrics.get_meter("x").create_histogram("x").record(1)
class Model(chatmodels.core.StandardChatModel):
    def respond(self, request, call):
        return chatmodels.core.ChatResponse(message=chatmodels.core.assistant("x"))
model = Model("acme", "large")
model.generate("Hi")
""",
    "util-genai": "import opentelemetry.util.genai.handler",
}


def main() -> None:
    """Print what imports cost after `chatmodels.core`, which a program has anyway."""
    best = dict.fromkeys(STATEMENTS, float("inf"))
    for _ in range(TURNS):
        for name, statement in STATEMENTS.items():
            best[name] = min(best[name], imported(statement))
    print("\n  CPU to import, after chatmodels.core")
    row("the API: opentelemetry.trace and .metrics", f"{best['api']:.1f} ms")
    row("chatmodels.otel with it", f"{best['ours']:.1f} ms", f"{best['ours'] - best['api']:+.1f}")
    row("a first call with the API alone", f"{best['api, used']:.1f} ms")
    row(
        "instrument() and a first call",
        f"{best['used']:.1f} ms",
        f"{best['used'] - best['api, used']:+.1f}",
    )
    if best["util-genai"] < float("inf"):
        row("opentelemetry-util-genai's handler", f"{best['util-genai']:.1f} ms")


def imported(statement: str) -> float:
    """Milliseconds of CPU, with compiled files; infinite if there is nothing to import."""
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
