"""What telemetry costs: CPU added to a call, a chunk, a wait and an import, beside its peers.

    python -m benchmarks.telemetry [interpreter ...]

Everything is CPU time, measured in turns: the contenders of a table take short turns in one
process, with the garbage collector off, and the best turn of each counts, since on a shared machine
everything else is somebody else's noise. A cost is what a call takes with telemetry less what the
same call takes without; a span of the SDK is measured beside such a call too, since alone in a loop
it would be in all caches.

Peers are measured where they are installed. The handler of `opentelemetry-util-genai` takes its
turns with ours. Those that patch the client of OpenAI do so in a process of their own, around a
client whose transport answers at once; ours takes turns with them there. Further interpreters are
looked through for peers that cannot be installed beside the others, as this one, which needs an
old util-genai, and `httpx` besides:

    uv venv /tmp/openai-v2
    uv pip install --python /tmp/openai-v2/bin/python "opentelemetry-util-genai==0.4b0" httpx \
        openai opentelemetry-sdk opentelemetry-instrumentation-openai-v2 \
        -e packages/chatmodels-core -e packages/chatmodels-otel
    python -m benchmarks.telemetry /tmp/openai-v2/bin/python

The dependency group `bench` has the others.
"""

import sys


def main(interpreters: list[str] | None = None) -> None:
    # Only here: a probe runs in an interpreter that need not have what the others need.
    from benchmarks.telemetry import calls, imports, peers, streams, waits

    calls.main()
    streams.main()
    waits.main()
    imports.main()
    peers.main([sys.executable, *(interpreters or ())])
