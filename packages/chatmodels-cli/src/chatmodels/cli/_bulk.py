"""The command `bulk`: a model over the rows of a data set."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from chatmodels.cli._bulk_options import limit_options, limits_of, plan_of, run_options
from chatmodels.cli._bulk_run import carry_out, changed_option, import_bulk
from chatmodels.cli._command import Command
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._preferences import json_option, preferences

if TYPE_CHECKING:
    from chatmodels.bulk import Job
    from chatmodels.cli._bulk_plan import Plan

_RESULTS = click.argument("path", metavar="FILE", type=click.Path(dir_okay=False))


@click.group("bulk")
def command() -> None:
    """Answer every row of a data set once, and go on after an interruption."""


@command.command(
    "run",
    cls=Command,
    examples=(
        "chatmodels bulk run vllm:qwen3 rows.jsonl --to out.jsonl -p 'Classify: {text}'",
        "chatmodels bulk run openai:gpt-6.1-luna rows.csv --to out.parquet --schema kind.json",
        "chatmodels bulk run mistral:mistral-large-latest rows.csv --to out.csv -p @prompt.txt",
    ),
)
@run_options
@changed_option
@json_option
def run(changed: str, **arguments: Any) -> ExitCode:
    """Send a prompt for every row of a file to a model, and write the results to a file.

    The results are kept in the folder FILE.run as they arrive. Run the command again, or use bulk
    resume, to go on after Ctrl-C or a crash: rows that have a result are not asked again. Ctrl-C
    lets the calls that are under way end; twice, it cancels them. It leaves batches to the vendor,
    and the next run reads their results.
    """
    return carry_out(plan_of(arguments), changed=changed)


@command.command(
    "resume",
    cls=Command,
    examples=("chatmodels bulk resume out.jsonl",),
)
@_RESULTS
@limit_options
@changed_option
@json_option
def resume(path: str, changed: str, **limits: Any) -> ExitCode:
    """Go on with a run that was interrupted, with its model, rows and prompt.

    Its limits apply, too, except those that are passed anew.
    """
    return carry_out(_plan(path, limits), changed=changed)


@command.command(
    "retry",
    cls=Command,
    examples=("chatmodels bulk retry out.jsonl",),
)
@_RESULTS
@limit_options
@changed_option
@json_option
def retry(path: str, changed: str, **limits: Any) -> ExitCode:
    """Ask the failed rows of a run again, and go on with the others.

    Its limits apply, too, except those that are passed anew.
    """
    return carry_out(_plan(path, limits), changed=changed, retry_failed=True)


@command.command(
    "estimate",
    cls=Command,
    examples=(
        "chatmodels bulk estimate openai:gpt-6.1-luna rows.jsonl --to out.jsonl -p @prompt.txt",
    ),
)
@run_options
@click.option(
    "--rows",
    type=click.IntRange(2),
    default=20,
    show_default=True,
    help="The number of rows to ask, from the beginning.",
)
@changed_option
@json_option
def estimate(rows: int, changed: str, **arguments: Any) -> ExitCode:
    """Ask the first rows, and estimate the tokens and the cost of all.

    The results count towards the run, so that nothing is paid twice. The interval contains the
    amount with a probability of 95 %, if the other rows are like the first ones. The model is
    called for the first rows also with --via batch or auto, which the rest then uses: their
    results arrive at once, and the cost is that of calls.
    """
    from chatmodels.cli._bulk_estimate import carry_out_estimate

    return carry_out_estimate(plan_of(arguments), rows, changed=changed)


@command.command(
    "status",
    cls=Command,
    examples=("chatmodels bulk status out.jsonl", "chatmodels bulk status out.jsonl --json"),
)
@_RESULTS
@json_option
def status(path: str) -> ExitCode:
    """Show the results, failures, tokens and cost of a run, also while it goes on.

    Rows in batches at the vendor are counted, too: they go on when no process runs.
    """
    from chatmodels.cli._bulk_report import report_job

    job = _job(path)
    owner = job.owner
    if not preferences().json:
        click.echo(f"{job.model}: {'not running' if owner is None else f'running in {owner}'}")
    return report_job(job, running=None if owner is None else str(owner))


@command.command(
    "cancel",
    cls=Command,
    examples=("chatmodels bulk cancel out.jsonl", "chatmodels bulk cancel out.jsonl --json"),
)
@_RESULTS
@json_option
def cancel(path: str) -> ExitCode:
    """Stop a run, on this or another machine, and cancel its batches at the vendor.

    Its calls under way end, and results are kept.
    """
    from chatmodels.cli._bulk_cancel import cancel_run

    return cancel_run(_job(path))


@command.command(
    "export",
    cls=Command,
    examples=(
        "chatmodels bulk export out.jsonl answers.parquet",
        "chatmodels bulk export out.jsonl failures.csv --failed",
    ),
)
@_RESULTS
@click.argument("target", metavar="TARGET", type=click.Path(dir_okay=False))
@click.option("--failed", is_flag=True, help="Export only the failed rows.")
def export(path: str, target: str, failed: bool) -> ExitCode:
    """Write the results so far into a JSON Lines, CSV or Parquet file."""
    from chatmodels.cli._bulk_plan import stored_plan

    job = _job(path)
    plan = stored_plan(job)
    if plan is not None:
        if os.path.abspath(target) == plan.source:
            raise click.UsageError(f"{target} has the rows of the run; choose another file")
        job = import_bulk().open_job(path, output_type=plan.output_type())
    job.export(target, failed=True if failed else None)
    return ExitCode.OK


def _job(path: str) -> "Job":
    return import_bulk().open_job(path)


def _plan(path: str, limits: Mapping[str, Any]) -> "Plan":
    """Return the plan of a run, with the limits of this command line in the place of its own."""
    from msgspec.structs import replace

    from chatmodels.cli._bulk_plan import stored_plan

    plan = stored_plan(_job(path))
    if plan is None:
        raise click.UsageError(
            f"{path} is the file of a run in Python; call chatmodels.bulk.run again there, or use "
            "bulk run with the same arguments"
        )
    if plan.config is not None and click.get_current_context().find_root().params["config"] is None:
        from chatmodels.core import load_config

        load_config(plan.config)
    return replace(plan, limits=replace(plan.limits, **limits_of(limits).passed()))
