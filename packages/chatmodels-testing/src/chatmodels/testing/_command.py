"""The command line of the simulator: its options, and its help with all APIs and faults."""

import argparse
from collections.abc import Sequence

from chatmodels.testing._fault_plan import TRANSIENT_FAULTS, FaultPlan
from chatmodels.testing._faults import FAULTS
from chatmodels.testing._latency import LatencyModel
from chatmodels.testing._protocols.endpoints import ENDPOINTS
from chatmodels.testing._rate_limits import RateLimits
from chatmodels.testing._samples import samples
from chatmodels.testing._simulator import Simulator
from chatmodels.testing._strict.retirement import AS_OF
from chatmodels.testing._wire.catalogue import WIRE_FAULTS
from chatmodels.testing._wire.server import FaultServer

_HISTORY = 1_000  # requests of the command that are kept, though it never reads them


def parse(arguments: Sequence[str] | None, /) -> tuple[Simulator, FaultServer | None]:
    """Create the servers that a command line describes; exit if it is invalid.

    Args:
        arguments: The command line; the default is that of the process.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        simulator = Simulator(
            reply=options.reply,
            replay=tuple(samples().values()) if options.samples else options.replay or (),
            faults=_fault_plan(options),
            latency=_latency(options),
            pace=options.pace,
            limits=_limits(options),
            models=options.model,
            strict=not options.lenient,
            as_of=options.as_of,
            history=_HISTORY,
            port=options.port,
        )
    except (OSError, ValueError) as error:
        parser.error(f"the simulator cannot start: {error}")
    if options.fault_server is None:
        return simulator, None
    fault = options.wire_fault
    if fault is not None and fault not in WIRE_FAULTS:
        parser.error(f"no fault of the transport is named {fault!r}; see --list-wire-faults")
    return simulator, FaultServer(fault, port=options.fault_server)


def described_options() -> list[tuple[str, str]]:
    """Return the options with their values, and their descriptions."""
    return [
        (
            " ".join(filter(None, (action.option_strings[-1], str(action.metavar or "")))),
            action.help,
        )
        for action in _parser()._actions  # argparse has no public name for them
        if action.option_strings and action.help
    ]


def _fault_plan(options: argparse.Namespace) -> FaultPlan | None:
    if options.fault_rate is None and options.fault is None:
        return None
    rate = 1.0 if options.fault_rate is None else options.fault_rate
    return FaultPlan(rate, options.fault or TRANSIENT_FAULTS, seed=options.seed)


def _latency(options: argparse.Namespace) -> float | LatencyModel:
    if options.first_token is None and options.tokens_per_second is None:
        return options.latency
    speed: dict[str, float] = {
        name: value
        for name in ("first_token", "tokens_per_second")
        if (value := getattr(options, name)) is not None
    }
    return LatencyModel(**speed, jitter=options.jitter, seed=options.seed)


def _limits(options: argparse.Namespace) -> RateLimits | None:
    limits = RateLimits(
        requests_per_minute=options.requests_per_minute,
        tokens_per_minute=options.tokens_per_minute,
        input_tokens_per_minute=options.input_tokens_per_minute,
        output_tokens_per_minute=options.output_tokens_per_minute,
    )
    return None if limits == RateLimits() else limits


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chatmodels.testing",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Simulates the APIs of the providers on loopback, for programs in any language."
        "\nPrints the base URLs, and serves until it is interrupted. Refuses keys that begin with\n"
        "`bad`.",
        epilog=_catalogue(),
    )
    parser.add_argument(
        "command", nargs="?", choices=("serve",), default="serve", help="the default"
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="PORT", help="the port; by default a free one"
    )
    parser.add_argument(
        "--model",
        action="append",
        metavar="NAME",
        help="a model that exists; others do not. Repeatable; by default each name exists",
    )
    parser.add_argument(
        "--lenient", action="store_true", help="accept requests that the vendors refuse"
    )
    parser.add_argument(
        "--as-of",
        metavar="DATE",
        default=AS_OF,
        help=f"refuse the models that are retired by this ISO date; by default {AS_OF}",
    )
    replies = parser.add_argument_group("replies", "by default the prompt is repeated")
    recorded = replies.add_mutually_exclusive_group()
    recorded.add_argument("--replay", metavar="PATH", help="recorded exchanges: a file or folder")
    recorded.add_argument(
        "--samples", action="store_true", help="replay the exchanges of the package"
    )
    replies.add_argument("--reply", metavar="TEXT", help="the reply if nothing is recorded")
    _add_speed(parser.add_argument_group("speed", "times in seconds"))
    _add_limits(parser.add_argument_group("rate limits of each key and model, with their headers"))
    faults = parser.add_argument_group(
        "faults", "beside those of the model names; the seed also holds for the jitter"
    )
    faults.add_argument(
        "--fault-rate", type=float, metavar="PART", help="the part of the requests with a fault"
    )
    faults.add_argument(
        "--fault",
        action="append",
        metavar="NAME",
        help="a fault of the list below. Repeatable; by default those after which the next attempt "
        "can succeed. Without --fault-rate each request has one",
    )
    faults.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="NUMBER",
        help="another one has other faults and times",
    )
    faults.add_argument(
        "--fault-server",
        type=int,
        nargs="?",
        const=0,
        metavar="PORT",
        help="also serve faults of the transport, at another port; by default a free one",
    )
    faults.add_argument(
        "--wire-fault", metavar="NAME", help="the fault of each request to the fault server"
    )
    faults.add_argument(
        "--list-wire-faults", action=_ListWireFaults, nargs=0, help="list them and exit"
    )
    return parser


_Group = argparse._ArgumentGroup  # pyright: ignore[reportPrivateUsage] - it has no public name


def _add_speed(group: _Group) -> None:
    group.add_argument(
        "--latency",
        type=float,
        metavar="SECONDS",
        default=0.0,
        help="before the first byte of a response",
    )
    group.add_argument(
        "--pace", type=float, metavar="SECONDS", default=0.0, help="between the events of a stream"
    )
    group.add_argument(
        "--first-token", type=float, metavar="SECONDS", help="before the first token of a model"
    )
    group.add_argument(
        "--tokens-per-second", type=float, metavar="NUMBER", help="the speed of a model"
    )
    group.add_argument(
        "--jitter",
        type=float,
        metavar="PART",
        default=0.0,
        help="the deviation of both, as a part of them",
    )


def _add_limits(group: _Group) -> None:
    for name in ("requests", "tokens", "input-tokens", "output-tokens"):
        counted = f"at most so many {name.replace('-', ' ')}"
        group.add_argument(f"--{name}-per-minute", type=int, metavar="NUMBER", help=counted)


class _ListWireFaults(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        lines = [f"{fault.name}: {fault.description}" for fault in WIRE_FAULTS.values()]
        print("\n".join(lines))  # noqa: T201 - the purpose of the option
        parser.exit()


def _catalogue() -> str:
    lines = ["APIs (URL is the first part of the printed URLs):"]
    for endpoints in ENDPOINTS:
        lines += ["", f"  {endpoints.api}: {endpoints.base_url}"]
        lines += [f"    {request}" for request in endpoints.requests]
    lines += ["", "faults, also of the model `fault-NAME`:", ""]
    width = max(map(len, FAULTS)) + 2
    lines += [f"  {name:<{width}}{fault.description}" for name, fault in FAULTS.items()]
    lines += [
        "",
        f"The fault server has {len(WIRE_FAULTS)} others, also of the model `fault-NAME`.",
    ]
    return "\n".join(lines)
