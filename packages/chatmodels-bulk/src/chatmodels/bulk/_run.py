"""Answers every row of a source once, into a file."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import aclosing, closing
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Unpack, get_args

from chatmodels.bulk._batch_calls import BatchCalls
from chatmodels.bulk._batch_run import BatchRun
from chatmodels.bulk._batch_store import BatchStore
from chatmodels.bulk._budget import Budget
from chatmodels.bulk._checkpoint import Checkpoint, RunFacts
from chatmodels.bulk._clock import Clock, SystemClock
from chatmodels.bulk._comparison import check_end, compare, settle_batches
from chatmodels.bulk._earlier import EarlierResults
from chatmodels.bulk._engine import Engine, Results
from chatmodels.bulk._export import refuse_unknown_format
from chatmodels.bulk._folder import RunFolder, is_same_file
from chatmodels.bulk._gate import Gate
from chatmodels.bulk._identity import identify
from chatmodels.bulk._job import Job
from chatmodels.bulk._journal import Journal
from chatmodels.bulk._limits import Limits, Via
from chatmodels.bulk._loops import refuse_running_loop
from chatmodels.bulk._policies import limited
from chatmodels.bulk._prompts import PromptSource, prompt_builder
from chatmodels.bulk._questions import check_count, questions
from chatmodels.bulk._remaining import Changed, Remaining
from chatmodels.bulk._rows import Source, count_rows, read_rows
from chatmodels.bulk._stopping import StopConditions
from chatmodels.bulk._tally import OnProgress
from chatmodels.core import ChatModel, InvalidRequestError, UnsupportedError
from chatmodels.core.extending import CallOptions

CLOCK: Clock = SystemClock()
"""The clock of runs with batches."""


async def arun(
    model: ChatModel | str,
    source: Source,
    /,
    *,
    to: str | PathLike[str],
    prompt: PromptSource | None = None,
    output_type: Any = None,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
    samples: int = 1,
    changed: Changed = "stop",
    retry_failed: bool = False,
    via: Via = "calls",
    first: int | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_start: Callable[[Job], object] | None = None,
    on_progress: OnProgress | None = None,
    model_options: Mapping[str, Any] | None = None,
    **options: Unpack[CallOptions],
) -> Job:
    """Answer every row of a source once, and write the results to a file in the order of the rows.

    Each result is stored in the folder `TO.run` within a tenth of a second, so that it survives a
    crash and a loss of power. Run it again with the same arguments, and it asks for the rows that
    have no result. After a crash, the rows that were under way are asked again.

    A row that fails is a result, too: its record has the error. The run stops at errors that every
    further row would have, such as a wrong API key.

    Args:
        model: `"provider:model"`, an alias, or a model. Only the first form has retries inside of
            which the limits per minute count each attempt.
        source: The rows: a `.jsonl`, `.csv` or `.parquet` file, or an iterable.
        to: The file of the results: `.jsonl`, `.csv` or `.parquet`. It is written when all rows
            have a result, by replacing it as a whole.
        prompt: A template with the names of columns in braces, messages whose texts are templates,
            or a function of the columns that returns a prompt. By default, the column "messages"
            (of chat completions) or "prompt". Files and URLs in the column "attachments" are added
            to the last message, except to that of a function.
        output_type: The type of the output, as for `generate`.
        limits: The limits of the run.
        samples: The number of responses for each row.
        changed: The reaction to a row whose prompt, model, options or schema are not those of its
            stored result: "stop" raises an error, "redo" asks again, "keep" keeps the result.
            "redo" also abandons batches that the vendor no longer has, or that cannot be read. If
            the model, options or schema have changed, it cancels open batches of the same provider;
            those of another one go on at the vendor.
        retry_failed: Whether rows that failed in an earlier run are asked again. Pass it again if
            that run is interrupted.
        via: "calls" calls the model for each row. "batch" sends the rows to the vendor's batch API,
            which costs less and takes up to a day; a run that is interrupted finds its batches
            again. "auto" does so if the vendor has one, and calls the model for the rows without a
            response after `limits.batch_deadline`. If the vendor has one, but not with the options
            of the model, both are refused. The policies of a model do not apply to batches.
        first: The number of rows to answer, from the beginning, as a trial. The others are left to
            a later run, and the file is not written. None for all rows.
        should_stop: Is called before each further call. If it returns True, no further call begins,
            those that are under way are completed, and `RunStoppedError` is raised. With batches,
            it is also called each second between polls, and a later run reads the batches that are
            under way; a `Stop` ends the waiting at once.
        on_start: Receives the job before the first call.
        on_progress: Receives the progress after each new result. The rows of a CSV or JSON Lines
            file are counted first, which reads it once more.
        model_options: The options with which a model that is passed as a text is created, such as
            `base_url`.
        options: The options and settings of the calls, as for `generate`.

    Returns:
        The finished job, with its counts and results.

    Raises:
        RunStoppedError: A limit was reached, every further row would fail, or `should_stop`
            returned True.
        ConfigurationError: Another process has the run, its files cannot be written or are
            damaged, a row has changed, a batch cannot be read, or a limit has no effect.
        InvalidRequestError: The source, the prompt or the options are invalid.
        UnsupportedError: The vendor has no batch API that chatmodels supports.
        ChatModelError: A request about batches failed.
    """
    check_count("samples", samples)
    if first is not None:
        check_count("first", first)
    _check("changed", changed, Changed)
    _check("via", via, Via)
    folder = RunFolder(to)
    refuse_unknown_format(folder.target)
    _refuse_source(source, folder.target)
    build = prompt_builder(prompt)
    rows = read_rows(source)
    stops = () if should_stop is None else (should_stop,)
    stopping = StopConditions(*stops, folder.is_stop_requested)
    gate = Gate(stopping)
    bounded = limited(model, limits, gate, model_options, via=via)
    call: dict[str, Any] = {**options, "output_type": output_type}
    batch_calls = None if via == "calls" else _batch_calls(bounded, call, via)
    identity = await identify(bounded, output_type, options)
    facts = RunFacts(identity.model, identity.digest, samples)
    with closing(rows), folder.locked():
        checkpoint = Checkpoint(folder.checkpoint)
        store = BatchStore(checkpoint.connection)
        try:
            await compare(checkpoint, store, facts, changed, bounded)
            settle_batches(store, batch_calls)
            end = sys.maxsize if first is None else first * samples
            earlier = EarlierResults(checkpoint, retried=end if retry_failed else 0)
            tally = earlier.tally(counts_usage=on_progress is not None)
            if on_start is not None:
                on_start(Job(folder, output_type))
            remaining = Remaining(
                checkpoint.known(), identity, samples, changed, retry_failed=retry_failed
            )
            budget = Budget(limits, tally, stopping)
            total = None if on_progress is None else _total(source, first, samples)
            calls = remaining.of(questions(islice(rows, first), build, samples))
            removes_batched = batch_calls is not None
            with closing(Journal(folder.checkpoint, removes_batched=removes_batched)) as journal:

                async def keep(results: Results) -> None:
                    async with aclosing(results):
                        async for result, cost in results:
                            earlier.replace(remaining.place(result), tally)
                            journal.put(remaining.stored(result, cost))
                            if on_progress is not None:
                                on_progress(tally.progress(total))

                if batch_calls is not None:
                    batches = BatchRun(
                        batch_calls,
                        store,
                        remaining,
                        budget,
                        limits,
                        stopping,
                        samples=samples,
                        clock=CLOCK,
                        flush=journal.flush,
                        has_calls=via == "auto",
                        abandons_lost=changed == "redo",
                    )
                    await keep(batches.results(calls))
                    if via == "auto":
                        # Their requests have the options already.
                        rest = Engine(
                            bounded, limits.in_flight, budget, gate, {"output_type": output_type}
                        )
                        await keep(rest.results(batches.unanswered()))
                if via != "batch":
                    rest = Engine(bounded, limits.in_flight, budget, gate, call)
                    await keep(rest.results(calls))
            if first is None:
                check_end(checkpoint, remaining.end, changed)
        finally:
            checkpoint.close()
        job = Job(folder, output_type)
        if first is None:
            job.export(folder.target)
    return job


def run(
    model: ChatModel | str,
    source: Source,
    /,
    *,
    to: str | PathLike[str],
    prompt: PromptSource | None = None,
    output_type: Any = None,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
    samples: int = 1,
    changed: Changed = "stop",
    retry_failed: bool = False,
    via: Via = "calls",
    first: int | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_start: Callable[[Job], object] | None = None,
    on_progress: OnProgress | None = None,
    model_options: Mapping[str, Any] | None = None,
    **options: Unpack[CallOptions],
) -> Job:
    """Answer every row of a source once; see `arun`, which async code awaits instead.

    Raises:
        ConfigurationError: An event loop runs already, as in a notebook; for the others see `arun`.
    """
    refuse_running_loop("run", "arun")
    return asyncio.run(
        arun(
            model,
            source,
            to=to,
            prompt=prompt,
            output_type=output_type,
            limits=limits,
            samples=samples,
            changed=changed,
            retry_failed=retry_failed,
            via=via,
            first=first,
            should_stop=should_stop,
            on_start=on_start,
            on_progress=on_progress,
            model_options=model_options,
            **options,
        )
    )


def _refuse_source(source: Source, target: Path) -> None:
    """Check that the results do not replace the rows.

    Raises:
        InvalidRequestError: They are the same file.
    """
    if isinstance(source, str | PathLike) and is_same_file(Path(fspath(source)), target):
        raise InvalidRequestError(
            f"the results would replace the rows in {target}; choose another output"
        )


def _check(name: str, value: object, choices: Any) -> None:
    if value not in get_args(choices):
        raise InvalidRequestError(
            f"{name} must be one of {', '.join(map(repr, get_args(choices)))}, not {value!r}"
        )


def _batch_calls(model: ChatModel, call: dict[str, Any], via: Via) -> BatchCalls | None:
    try:
        return BatchCalls(model, call)
    except UnsupportedError:
        if via == "auto":
            return None
        raise


def _total(source: Source, first: int | None, samples: int) -> int | None:
    count = count_rows(source)
    if count is None:
        return None
    return (count if first is None else min(first, count)) * samples
