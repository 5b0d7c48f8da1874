"""The cancellation of a bulk run and of its batches."""

from typing import TYPE_CHECKING

import click

from chatmodels.cli._bulk_plan import stored_plan
from chatmodels.cli._bulk_report import propose
from chatmodels.cli._bulk_run import import_bulk
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._output import print_json
from chatmodels.cli._preferences import preferences
from chatmodels.core import create_chat_model

if TYPE_CHECKING:
    from chatmodels.bulk import Job
    from chatmodels.cli._bulk_plan import Plan


def cancel_run(job: "Job", /) -> ExitCode:
    """Stop the process of a run, cancel its batches, and report both.

    Raises:
        UsageError: The plan of the run cannot be read, or only Python can cancel its batches.
        ChatModelError: The batches cannot be cancelled.
    """
    plan = stored_plan(job)
    owner = job.owner
    is_stopping = job.stop()
    if plan is None and job.batched:
        raise click.UsageError(
            f"{job.path} is the file of a run in Python; call chatmodels.bulk.cancel there, to "
            "cancel its batches"
        )
    batches = None if plan is None or plan.via == "calls" else _cancel_batches(plan, job)
    is_done = is_stopping or bool(batches)
    if preferences().json:
        print_json(
            {
                "model": job.model,
                "file": str(job.path),
                "cancelled_batches": batches or 0,
                "stopping": is_stopping,
                "running": None if owner is None else str(owner),
            }
        )
        return ExitCode.OK if is_done else ExitCode.FAILED
    if batches is not None:
        click.echo(f"{batches:,} {'batch' if batches == 1 else 'batches'} cancelled")
    if is_stopping:
        click.echo(f"the run in {owner or 'its process'} stops after the calls under way")
    if not is_done:
        click.echo("the run does not go on in any process", err=True)
        return ExitCode.FAILED
    propose("go on with", "resume", job)
    return ExitCode.OK


def _cancel_batches(plan: "Plan", job: "Job") -> int:
    model = create_chat_model(plan.model, **plan.model_options())
    return import_bulk().cancel(model, to=job.path)
