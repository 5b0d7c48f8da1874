"""`python -m chatmodels.testing serve`: run a simulator until it is interrupted."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from chatmodels.testing._command import parse
from chatmodels.testing._simulator import Simulator
from chatmodels.testing._wire.server import FaultServer


def main(
    arguments: Sequence[str] | None = None, *, sleep: Callable[[float], object] = time.sleep
) -> None:
    """Run a simulator, and a fault server if it is requested, and print their URLs.

    Args:
        arguments: The command line; the default is that of the process.
        sleep: The function that is called repeatedly until it raises `KeyboardInterrupt`.
    """
    simulator, fault_server = parse(arguments)
    stack = ExitStack()
    try:
        stack.enter_context(simulator)
        if fault_server is not None:
            stack.enter_context(fault_server)
    except OSError as error:
        stack.close()
        print(f"error: the simulator cannot start: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    with suppress(KeyboardInterrupt), stack:
        print(_addresses(simulator, fault_server), flush=True)  # noqa: T201 - of the command
        while True:
            sleep(3600)


def _addresses(simulator: Simulator, fault_server: FaultServer | None) -> str:
    url = simulator.url
    lines = [
        f"OPENAI_BASE_URL={simulator.base_url}",
        f"ANTHROPIC_BASE_URL={url}",
        f"# openai, anthropic, bedrock, google, google-vertex: {simulator.base_url}",
        f"# azure, cohere, ollama: {url}",
        f"# mistral: {url}/mistral/v1",
        f"# other clients of Anthropic, Google, Cohere and Ollama: {url}",
        f"# other clients of Mistral: {url}/mistral",
    ]
    if fault_server is not None:
        lines.append(f"# faults of the transport: {fault_server.base_url}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
