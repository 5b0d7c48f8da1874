"""The overhead of telemetry in a whole call, beside the SDK alone and `util-genai`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from opentelemetry.trace import INVALID_SPAN, Span, use_span

from benchmarks.measuring import row
from benchmarks.telemetry import bare
from benchmarks.telemetry.subject import QUESTION, Providers, api, model, sdk
from benchmarks.telemetry.turns import Contender, microseconds
from chatmodels.core import ChatModel
from chatmodels.otel import instrument

CALLS = 100
TURNS = 60
UTIL_GENAI = "opentelemetry.util.genai"
SAMPLED = "sampled, batch processor, metrics"


def main() -> None:
    """Print the overhead of a call, in its own thread and in others."""
    show(microseconds(contenders(), runs=CALLS, turns=TURNS), "us")


def contenders() -> dict[str, Contender]:
    """Return a call without telemetry, and with it in each setting."""
    found = {"plain": Contender(generate(model()))}
    found |= side_by_side("the API alone", api(), None)
    off = sdk(sampled=False, metrics=False)
    request = off.tracers.get_tracer("bare").start_span("request")
    found |= side_by_side("not sampled, nor the request around", off, bare.span(off), request)
    off = sdk(sampled=False, metrics=False)
    found |= side_by_side("not sampled, nothing around", off, bare.span(off))
    off = sdk(sampled=False, metrics=True)
    found |= side_by_side("not sampled, metrics", off, bare.span_and_metrics(off))
    on = sdk(sampled=True, metrics=False)
    found |= side_by_side("sampled, batch processor", on, bare.span(on))
    on = sdk(sampled=True, metrics=True)
    found |= side_by_side(SAMPLED, on, bare.span_and_metrics(on))
    found |= on_other_threads(sdk(sampled=True, metrics=True))
    now = sdk(sampled=True, metrics=True)
    found["immediate"] = Contender(generate(now.watched(measurements="immediate")), now.collected)
    return found


def show(best: dict[str, float], unit: str) -> None:
    """Print the table, and the cost of deferred measurements."""
    plain = best["plain"]
    columns = f"{'ours':>8}{'the SDK':>9}{'on top':>8}{'util-genai':>12}{'ratio':>7}"
    print(f"  {f'{unit} added to a call':<38}{columns}")
    for name, whole in best.items():
        setting, _, contender = name.partition(": ")
        if contender != "ours":
            continue
        ours = whole - plain
        line = f"  {setting:<38}{ours:8.1f}"
        alone = best.get(f"{setting}: the SDK")
        line += " " * 17 if alone is None else f"{alone - plain:9.1f}{ours - alone + plain:8.1f}"
        theirs = best.get(f"{setting}: util-genai")
        line += "" if theirs is None else f"{theirs - plain:12.1f}{ours / (theirs - plain):7.2f}"
        print(line)
    if f"{SAMPLED}: util-genai" not in best:
        print("  opentelemetry-util-genai is not installed and is left out")
    print()
    alone = best[f"{SAMPLED}: the SDK"] - plain
    total = best[f"{SAMPLED}: ours"] - plain + best["later"]
    row("sampled, metrics: later, in the reader's thread", f"{best['later']:.1f} {unit}")
    row(
        "both threads together",
        f"{total:.1f} {unit}",
        f"{total / alone:.2f} of the SDK's {alone:.1f}",
    )
    row("with immediate measurements", f"{best['immediate'] - plain:.1f} {unit}")
    row("the call itself, without telemetry", f"{plain:.1f} {unit}")


def generate(watched: ChatModel) -> Callable[[], object]:
    return lambda: watched.generate(QUESTION)


def side_by_side(
    setting: str,
    providers: Providers,
    alone: Callable[[], object] | None,
    request: Span = INVALID_SPAN,
) -> dict[str, Contender]:
    """Return the contenders chatmodels, SDK and util-genai, around or beside the same call."""
    plain = generate(model())

    @contextmanager
    def requested() -> Iterator[None]:
        with providers.collected(), use_span(request):
            yield

    @contextmanager
    def by_itself() -> Iterator[None]:
        # chatmodels checks for marks of util-genai if that is imported, which has a small cost.
        module = sys.modules.pop(UTIL_GENAI, None)
        with requested():
            yield
        if module is not None:
            sys.modules[UTIL_GENAI] = module

    contenders = {f"{setting}: ours": Contender(generate(providers.watched()), by_itself)}
    if alone is not None:

        def beside() -> None:
            plain()
            alone()

        contenders[f"{setting}: the SDK"] = Contender(beside, requested)
    theirs = util_genai(providers, plain)
    if theirs is not None:
        contenders[f"{setting}: util-genai"] = Contender(theirs, requested)
    return contenders


def on_other_threads(providers: Providers) -> dict[str, Contender]:
    """Return the contender for deferred measurements, which a reader records."""
    telemetry = providers.telemetry()
    watched = instrument(model(), telemetry=telemetry)

    @contextmanager
    def called() -> Iterator[None]:
        for _ in range(CALLS):
            watched.generate(QUESTION)
        with providers.collected():
            yield

    return {"later": Contender(telemetry.flush, called, runs=1)}


def util_genai(providers: Providers, call: Callable[[], object]) -> Callable[[], object] | None:
    """Return a call in the handler of `opentelemetry-util-genai`, with the same attributes."""
    try:
        handlers: Any = import_module(f"{UTIL_GENAI}.handler")
    except ImportError:
        return None
    handler = handlers.TelemetryHandler(
        tracer_provider=providers.tracers, meter_provider=providers.meters
    )

    def run() -> None:
        with handler.inference(
            provider="acme",
            request_model="large",
            server_address="api.acme.example",
            server_port=443,
        ) as invocation:
            call()
            invocation.response_id = "response-1"
            invocation.response_model_name = "large-2026-10-01"
            invocation.finish_reasons = ["stop"]
            invocation.input_tokens = 12
            invocation.output_tokens = 7

    return run
