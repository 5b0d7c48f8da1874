"""Overhead of telemetry: CPU time added to a call, a chunk, a wait and an import, beside its peers.

    python -m benchmarks.telemetry [interpreter ...]

All values are CPU times, measured in turns. The contenders of a table run in short turns in one
process, with the garbage collector off. The best turn of each is reported, since on a shared
machine all other turns contain noise. An overhead is the time of a call with telemetry minus the
time of the same call without. A span of the SDK is also measured beside such a call, since alone in
a loop it would always be in the CPU caches. If valgrind is installed, it also counts the
instructions of the same calls, which have no noise.

Peers are measured if they are installed. The handler of `opentelemetry-util-genai` runs in turns
with chatmodels. Peers that patch the client of OpenAI run in a process of their own, with a client
whose transport responds at once, in turns with chatmodels. Some peers cannot be installed beside
the others; pass an interpreter that has them, such as this one, which needs an old util-genai and
`httpx`:

    uv venv /tmp/openai-v2
    uv pip install --python /tmp/openai-v2/bin/python "opentelemetry-util-genai==0.4b0" httpx \
        openai opentelemetry-sdk opentelemetry-instrumentation-openai-v2 \
        -e packages/chatmodels-core -e packages/chatmodels-otel
    python -m benchmarks.telemetry /tmp/openai-v2/bin/python

The dependency group `bench` has the others.
"""

import sys


def main(interpreters: list[str] | None = None) -> None:
    # Imported here: a probe runs in an interpreter without the dependencies of the others.
    from benchmarks.telemetry import calls, imports, instructions, peers, streams, waits

    calls.main()
    instructions.main()
    streams.main()
    waits.main()
    imports.main()
    peers.main([sys.executable, *(interpreters or ())])
