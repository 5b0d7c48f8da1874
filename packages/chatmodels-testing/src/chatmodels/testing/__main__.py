"""`python -m chatmodels.testing`: run a simulator until it is interrupted."""

import argparse
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from chatmodels.testing._samples import samples
from chatmodels.testing._simulator import Simulator


def main(
    arguments: Sequence[str] | None = None, *, sleep: Callable[[float], object] = time.sleep
) -> None:
    """Run a simulator and print its URLs.

    Args:
        arguments: The command line; the default is that of the process.
        sleep: The function that is called repeatedly until it raises `KeyboardInterrupt`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m chatmodels.testing",
        description="Simulates the APIs of the providers on loopback, and prints the base_url of "
        "each provider, and OPENAI_BASE_URL and ANTHROPIC_BASE_URL for programs that read them.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port; by default a free one")
    recorded = parser.add_mutually_exclusive_group()
    recorded.add_argument("--replay", metavar="PATH", help="recorded exchanges: a file or folder")
    recorded.add_argument(
        "--samples", action="store_true", help="replay the exchanges of the package"
    )
    parser.add_argument("--reply", metavar="TEXT", help="the reply if nothing is recorded")
    parser.add_argument(
        "--latency", type=float, default=0.0, help="seconds before the first byte of a response"
    )
    parser.add_argument(
        "--pace", type=float, default=0.0, help="seconds between the events of a stream"
    )
    parser.add_argument(
        "--lenient", action="store_true", help="accept requests that the vendors refuse"
    )
    options = parser.parse_args(arguments)
    try:
        simulator = Simulator(
            reply=options.reply,
            replay=tuple(samples().values()) if options.samples else options.replay or (),
            latency=options.latency,
            pace=options.pace,
            strict=not options.lenient,
            port=options.port,
        )
        stack = ExitStack()
        stack.enter_context(simulator)
    except (OSError, ValueError) as error:
        parser.error(f"the simulator cannot start: {error}")
    with suppress(KeyboardInterrupt), stack:
        print(_addresses(simulator), flush=True)  # noqa: T201 - the purpose of the command
        while True:
            sleep(3600)


def _addresses(simulator: Simulator) -> str:
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
    return "\n".join(lines)


if __name__ == "__main__":
    main()
