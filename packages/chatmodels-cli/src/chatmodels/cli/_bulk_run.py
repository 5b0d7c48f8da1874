"""Carries out the plan of a bulk run, with a progress bar, and reports its end."""

import os
from contextlib import ExitStack, chdir
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from chatmodels.cli._exit_codes import ExitCode, exit_code
from chatmodels.cli._preferences import preferences
from chatmodels.core import ChatModelError

if TYPE_CHECKING:
    from chatmodels.bulk import Job
    from chatmodels.cli._bulk_plan import Plan

changed_option = click.option(
    "--changed",
    type=click.Choice(("stop", "redo", "keep")),
    default="stop",
    show_default=True,
    help="For rows, models or prompts that have changed since their result was stored: stop, ask "
    "again, or keep the result.",
)
"""The option of the commands that go on with a run."""


def carry_out(plan: "Plan", /, *, changed: str, retry_failed: bool = False) -> ExitCode:
    """Carry out a plan to its end, and report it.

    Raises:
        UsageError: The plan is wrong, or chatmodels-bulk is not installed.
        ChatModelError: The run cannot begin.
    """
    from chatmodels.cli._bulk_report import propose, report_job

    job = answer(plan, changed=changed, retry_failed=retry_failed)
    if isinstance(job, ExitCode):
        return job
    code = report_job(job)
    if job.failed:
        propose("ask the failed rows again with", "retry", job)
    return code


def answer(plan: "Plan", /, **arguments: Any) -> "Job | ExitCode":
    """Carry out a plan; return its run, or the exit code if it has stopped early."""
    bulk = import_bulk()
    from chatmodels.cli._bulk_plan import store_plan
    from chatmodels.cli._bulk_progress import Interrupts, progress_bar

    whole = plan.arguments() | arguments
    stop = bulk.Stop()
    started: list[Job] = []

    def start(job: "Job") -> None:  # when this process has the folder
        store_plan(plan, job)
        started.append(job)

    with ExitStack() as stack:
        if os.path.isdir(plan.folder):  # attachments are read from there
            stack.enter_context(chdir(plan.folder))
        show = progress_bar(stack)
        try:
            return Interrupts(stop).run(
                bulk.arun(
                    plan.model,
                    plan.source,
                    should_stop=stop,
                    on_start=start,
                    on_progress=show,
                    **whole,
                )
            )
        except bulk.RunStoppedError as error:
            failure, interrupted = error, error.requested
        except KeyboardInterrupt:
            if not started:
                raise
            failure, interrupted = None, True
        except ChatModelError as error:
            if not started:
                raise
            return _failed(started[0], error)
    return _stopped(started[0], failure, interrupted=interrupted)


def _failed(job: "Job", error: ChatModelError) -> ExitCode:
    from chatmodels.cli._bulk_report import propose
    from chatmodels.cli._failures import report

    code = report(error, preferences())
    propose("go on with", "resume", job)
    return code


def _stopped(job: "Job", failure: Any, *, interrupted: bool) -> ExitCode:
    from chatmodels.cli._bulk_report import propose, report_job
    from chatmodels.cli._failures import error_record, show_error

    code = ExitCode.INTERRUPTED if interrupted else exit_code(failure)
    if preferences().json:
        report_job(job, error=failure and error_record(failure), interrupted=interrupted)
        return code
    report_job(job)
    if failure is not None:
        show_error(failure)
    propose("go on with", "resume", job)
    return code


def import_bulk() -> ModuleType:
    """Import `chatmodels.bulk`.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import chatmodels.bulk
    except ImportError:
        raise click.UsageError("data sets need: pip install chatmodels-bulk") from None
    return chatmodels.bulk
