"""The command `bench`: calls of a model under load."""

import os
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

import anyio
import click

from chatmodels.cli._bench_compare import changes
from chatmodels.cli._bench_load import Load
from chatmodels.cli._bench_plot import svg
from chatmodels.cli._bench_progress import progress
from chatmodels.cli._bench_report import print_stages, report_changes, stage_record
from chatmodels.cli._bench_run import BenchRun, check_target, read_run, write_file, write_run
from chatmodels.cli._command import define
from chatmodels.cli._completion import complete_spec
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._model_options import create_model, model_options
from chatmodels.cli._preferences import json_option, preferences
from chatmodels.core import ChatModel, Message, user

_PROMPT = "Reply with a paragraph about the sea."
_FILE = click.Path(exists=True, dir_okay=False)
_NOTHING_COMMON = (
    "--max-regression cannot be checked: the runs have no stage in common; measure them with the "
    "same --concurrency"
)


class Ramp(click.ParamType["tuple[int, ...]"]):
    """One or several numbers of calls at the same time, such as `1,2,4`."""

    name = "N[,N]..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read the numbers."""
        words = str(value).split(",")
        if not all(word.isascii() and word.isdigit() and int(word) for word in words):
            self.fail(f"{value!r} must be integers of at least 1, as in 8 or 1,2,4,8", param, ctx)
        return tuple(map(int, words))


@define(
    "bench",
    "chatmodels bench openai:gpt-6.1-terra --concurrency 8 --requests 200 -o max_output_tokens=100",
    "chatmodels bench vllm:qwen3 --concurrency 1,2,4,8,16 --save today.json --svg today.svg",
    "chatmodels bench vllm:qwen3 --requests 100 --baseline today.json --max-regression 10 --json",
    "chatmodels bench --compare monday.json friday.json",
)
@click.argument("spec", metavar="[MODEL]", required=False, shell_complete=complete_spec)
@click.argument("prompt", required=False, default=_PROMPT)
@click.option(
    "-c",
    "--concurrency",
    type=Ramp(),
    default="1",
    show_default=True,
    help="Calls at the same time; several numbers are stages, one after the other.",
)
@click.option(
    "-n",
    "--requests",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Calls of each stage.",
)
@click.option(
    "--warmup",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Calls before the first stage that do not count.",
)
@model_options
@click.option("--save", metavar="FILE", help="Write the run to a JSON file.")
@click.option("--svg", "picture", metavar="FILE", help="Write a plot of the durations as SVG.")
@click.option("--baseline", type=_FILE, help="A saved run to compare with.")
@click.option(
    "--compare", type=_FILE, nargs=2, metavar="OLD NEW", help="Compare two saved runs; no calls."
)
@click.option(
    "--max-regression",
    type=click.FloatRange(0),
    metavar="PERCENT",
    help="Exit with code 9 if a figure is worse by more than this.",
)
@json_option
def command(
    spec: str | None,
    prompt: str,
    concurrency: tuple[int, ...],
    requests: int,
    warmup: int,
    options: tuple[tuple[str, Any], ...],
    api_key_env: str | None,
    save: str | None,
    picture: str | None,
    baseline: str | None,
    compare: tuple[str, str] | None,
    max_regression: float | None,
) -> ExitCode:
    """Measure a model under load: durations, time to the first token, throughput, failures.

    Failed calls are counted and not sent again, unless you pass -o max_retries=2. Ctrl-C ends the
    calls and reports those that have ended. Calls cost what they cost elsewhere.
    """
    if compare is not None:
        found = changes(*map(read_run, compare))
        if max_regression is not None and not found:
            raise click.UsageError(_NOTHING_COMMON)
        return report_changes(found, max_regression, {})
    if spec is None:
        raise click.UsageError("there is no model; pass one, or --compare two saved runs")
    if max_regression is not None and baseline is None:
        raise click.UsageError("--max-regression needs a run to compare with: --baseline FILE")
    before = None if baseline is None else read_run(baseline)
    if before is not None and max_regression is not None:
        known = {stage.concurrency for stage in before.stages if stage.samples}
        if known.isdisjoint(concurrency):
            raise click.UsageError(_NOTHING_COMMON)
    for target in (save, picture):
        if target is not None:
            check_target(target)
    model = create_model(spec, [("max_retries", 0), *options], api_key_env)
    loads: list[Load] = []
    messages = [user(prompt)]
    interrupted = False
    try:
        anyio.run(_measure, model, messages, concurrency, requests, warmup, loads)
    except KeyboardInterrupt:
        interrupted = True
    run = BenchRun(spec, [stage for stage in (load.stage() for load in loads) if stage.samples])
    if save is not None and run.stages:  # else Ctrl-C came before the end of the first call
        if interrupted and os.path.exists(save):
            click.echo(f"{save} is not replaced, because the run was interrupted", err=True)
        else:
            write_run(run, save)
    if picture is not None and run.stages:
        write_file(picture, svg(run).encode())
    found = [] if before is None else changes(before, run)
    if preferences().json:
        results = {
            "model": spec,
            "interrupted": interrupted,
            "stages": list(map(stage_record, run.stages)),
        }
        code = report_changes(found, max_regression, results)
    else:
        print_stages(run.stages)
        code = report_changes(found, max_regression, {}) if found else ExitCode.OK
    if interrupted:
        raise KeyboardInterrupt
    failed = run.stages and not any(stage.succeeded for stage in run.stages)
    return ExitCode.FAILED if failed else code


async def _measure(
    model: ChatModel,
    messages: list[Message],
    concurrency: Iterable[int],
    requests: int,
    warmup: int,
    loads: list[Load],
) -> None:
    if warmup:
        await Load(model, messages, concurrency=warmup, requests=warmup).run()
    with ExitStack() as stack:
        begin = progress(stack)
        for number in concurrency:
            loads.append(Load(model, messages, concurrency=number, requests=requests))
            await loads[-1].run(begin(number, requests))
