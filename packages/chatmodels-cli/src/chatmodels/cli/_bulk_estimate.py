"""The estimate of a bulk run from its first rows."""

from decimal import Decimal
from shlex import quote
from typing import TYPE_CHECKING

import click
import msgspec

from chatmodels.cli._bulk_report import propose
from chatmodels.cli._bulk_run import answer, import_bulk
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._output import print_json, print_table
from chatmodels.cli._preferences import preferences
from chatmodels.cli._records import amount
from chatmodels.core import ConfigurationError, Cost

if TYPE_CHECKING:
    from chatmodels.bulk import Range
    from chatmodels.cli._bulk_plan import Plan


def carry_out_estimate(plan: "Plan", rows: int, /, *, changed: str) -> ExitCode:
    """Ask the first rows of a plan, and report the estimate for all of them.

    Raises:
        UsageError: The plan is wrong, rows are in batches, or chatmodels-bulk is not installed.
        ChatModelError: The run cannot begin.
    """
    _refuse_batches(plan)
    # A batch takes hours, and some vendors accept none of so few rows. So the trial uses calls and
    # their limits, and the stored plan keeps those that apply to the run.
    plan.limits.check(plan.via, "calls")
    limits = plan.limits.that_apply("calls").limits()
    plan = msgspec.structs.replace(plan, limits=plan.limits.that_apply(plan.via))
    job = answer(plan, first=rows, changed=changed, via="calls", limits=limits)
    if isinstance(job, ExitCode):
        return job
    total = import_bulk().count_rows(plan.source)
    if not total:
        raise click.UsageError(f"{plan.source} has no rows")
    found = job.estimate(total)
    code = ExitCode.FAILED if found.failed else ExitCode.OK
    if preferences().json:
        print_json({"file": str(job.path), **msgspec.to_builtins(found)})
        return code
    click.echo(
        f"{found.answered:,} of {found.results:,} answered, {found.failed:,} failed", err=True
    )
    print_table(
        ("", "expected", "low", "high"),
        [
            ("input tokens", *_numbers(found.input_tokens)),
            ("output tokens", *_numbers(found.output_tokens)),
            ("cost", *_amounts(found.cost)),
        ],
    )
    if plan.via != "calls":
        click.echo("the cost is that of calls; batches cost less", err=True)
    if found.failed:
        propose("ask the failed rows again with", "retry", job)
    propose("go on with", "resume", job)
    return code


def _refuse_batches(plan: "Plan") -> None:
    try:
        job = import_bulk().open_job(plan.to)
    except ConfigurationError:  # there is no run yet
        return
    if job.batched:
        raise click.UsageError(
            f"rows of {plan.to} are in batches or wait for one, and calls could be paid twice; go "
            f"on with: chatmodels bulk resume {quote(plan.to)}"
        )


def _numbers(found: "Range | None") -> tuple[str, ...]:
    return ("?",) * 3 if found is None else tuple(f"{each:,.0f}" for each in _ends(found))


def _amounts(found: "Range | None") -> tuple[str, ...]:
    if found is None:
        return ("?",) * 3
    return tuple(amount(Cost(amount=Decimal(each))) for each in _ends(found))


def _ends(found: "Range") -> tuple[float, float, float]:
    return found.expected, found.low, found.high
