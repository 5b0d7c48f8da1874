"""The state of a bulk run, as text and as JSON."""

from typing import TYPE_CHECKING, Any

import click

from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._output import print_json
from chatmodels.cli._preferences import preferences
from chatmodels.cli._records import amount, cost_record, count, usage_record

if TYPE_CHECKING:
    from chatmodels.bulk import Job


def report_job(job: "Job", /, **more: Any) -> ExitCode:
    """Write the counts of a run, and return the exit code for them.

    Args:
        job: The run.
        more: Further facts for JSON.
    """
    code = ExitCode.FAILED if job.failed else ExitCode.OK
    codes = {str(each): number for each, number in job.error_codes().most_common()}
    if preferences().json:
        print_json(job_record(job, codes) | more)
        return code
    failed = f"{job.failed:,} failed"
    if codes:
        failed += f" ({', '.join(f'{name}: {number:,}' for name, number in codes.items())})"
    batched = job.batched
    waiting = f", {batched:,} in batches or waiting for one" if batched else ""
    click.echo(f"{job.answered:,} answered, {failed}{waiting}")
    tokens = f"{count(job.usage.input_tokens)} in, {count(job.usage.output_tokens)} out"
    cost = job.cost
    click.echo(tokens if cost.amount is None else f"{tokens} · {amount(cost)}")
    return code


def job_record(job: "Job", codes: dict[str, int], /) -> dict[str, Any]:
    """Return the facts of a run, for JSON."""
    return {
        "model": job.model,
        "file": str(job.path),
        "answered": job.answered,
        "failed": job.failed,
        "batched": job.batched,
        "errors": codes,
        "usage": usage_record(job.usage),
        "cost": cost_record(job.cost),
    }


def propose(action: str, name: str, job: "Job", /) -> None:
    """Name the command that goes on with a run, on standard error."""
    from shlex import quote

    click.echo(f"{action}: chatmodels bulk {name} {quote(str(job.path))}", err=True)
