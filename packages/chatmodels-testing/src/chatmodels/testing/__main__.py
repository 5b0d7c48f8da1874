"""`python -m chatmodels.testing`: a simulator that runs until it is interrupted."""

import argparse
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from chatmodels.testing._samples import samples
from chatmodels.testing._simulator import Simulator


def main(
    arguments: Sequence[str] | None = None, *, rest: Callable[[float], object] = time.sleep
) -> None:
    """Run a simulator and say where it is.

    Args:
        arguments: The command line; that of the process by default.
        rest: What to do while the simulator works, again and again, until it raises
            `KeyboardInterrupt`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m chatmodels.testing",
        description="Simulates the APIs of the providers on loopback. It prints the base_url of "
        "each provider, and OPENAI_BASE_URL for programs that read it.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port; a free one by default")
    recorded = parser.add_mutually_exclusive_group()
    recorded.add_argument("--replay", metavar="PATH", help="recorded exchanges: a file or folder")
    recorded.add_argument(
        "--samples", action="store_true", help="replay the exchanges that come with the package"
    )
    parser.add_argument("--reply", metavar="TEXT", help="what to answer if nothing is recorded")
    parser.add_argument(
        "--latency", type=float, default=0.0, help="seconds before the first byte of an answer"
    )
    parser.add_argument(
        "--pace", type=float, default=0.0, help="seconds between the events of a stream"
    )
    chosen = parser.parse_args(arguments)
    try:
        simulator = Simulator(
            reply=chosen.reply,
            replay=tuple(samples().values()) if chosen.samples else chosen.replay or (),
            latency=chosen.latency,
            pace=chosen.pace,
            port=chosen.port,
        )
        running = ExitStack()
        running.enter_context(simulator)
    except (OSError, ValueError) as error:
        parser.error(f"the simulator cannot start: {error}")
    with suppress(KeyboardInterrupt), running:
        print(_addresses(simulator), flush=True)  # noqa: T201 - its purpose
        while True:
            rest(3600)


def _addresses(simulator: Simulator) -> str:
    url = simulator.url
    lines = [
        f"OPENAI_BASE_URL={simulator.base_url}",
        f"# openai, anthropic, bedrock, google, google-vertex: {simulator.base_url}",
        f"# azure, cohere, ollama: {url}",
        f"# mistral: {url}/mistral/v1",
        f"# other clients of Anthropic, Google, Cohere and Ollama: {url}",
        f"# other clients of Mistral: {url}/mistral",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
