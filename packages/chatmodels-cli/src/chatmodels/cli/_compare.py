"""The command `compare`: one prompt, several models."""

from collections.abc import Sequence
from typing import Any

import anyio
import click

from chatmodels.cli._command import define
from chatmodels.cli._compare_report import record, summary
from chatmodels.cli._completion import complete_spec
from chatmodels.cli._exit_codes import ExitCode, exit_code
from chatmodels.cli._measured import MeasuredCall
from chatmodels.cli._model_options import create_model
from chatmodels.cli._output import is_terminal, print_json
from chatmodels.cli._preferences import json_option, preferences
from chatmodels.cli._prompt import read_messages
from chatmodels.cli._terms import message_of
from chatmodels.cli._values import NAME_AND_VALUE
from chatmodels.core import ChatModel, ChatModelError, Message


@define(
    "compare",
    'chatmodels compare openai:gpt-6.1-terra anthropic:claude-sonnet-5 "Why is the sky blue?"',
    "chatmodels compare ollama:llama3.2 ollama:qwen3 - < prompt.txt",
    'chatmodels compare fast smart "Sort these." --json -o temperature=0',
)
@click.argument(
    "words", metavar="MODEL... PROMPT", nargs=-1, required=True, shell_complete=complete_spec
)
@click.option(
    "--system", metavar="TEXT", help="The system prompt, or @ and a file that contains it."
)
@click.option(
    "-a",
    "--attach",
    "attachments",
    metavar="FILE",
    multiple=True,
    help="A file for all models, or its URL. Repeatable.",
)
@click.option(
    "-o",
    "--option",
    "options",
    type=NAME_AND_VALUE,
    multiple=True,
    help="A setting or an option of all models, as in ask. Those of a single model belong into an "
    "alias of the configuration file. Repeatable.",
)
@json_option
def command(
    words: tuple[str, ...],
    system: str | None,
    attachments: tuple[str, ...],
    options: tuple[tuple[str, Any], ...],
) -> ExitCode:
    """Send a prompt to several models at the same time, side by side.

    The last word is the prompt; "-" stands for standard input. Each model has its time to the first
    token, its tokens per second and its cost; all times count from the same moment. Ctrl-C ends all
    calls and keeps what has arrived.
    """
    *specs, prompt = words
    if not specs:
        raise click.UsageError("there is no model before the prompt")
    messages = read_messages([prompt], attachments, system)
    calls = [MeasuredCall() for _ in specs]
    interrupted = False
    try:
        anyio.run(_compare, specs, calls, messages, options)
    except KeyboardInterrupt:
        interrupted = True
    if preferences().json:
        print_json({"results": list(map(record, specs, calls)), "interrupted": interrupted})
    elif not is_terminal():
        for spec, call in zip(specs, calls, strict=True):
            _print(spec, call)
    if interrupted:
        raise KeyboardInterrupt
    errors = [call.error for call in calls if call.error is not None]
    return exit_code(errors[0]) if errors else ExitCode.OK


async def _compare(
    specs: Sequence[str],
    calls: Sequence[MeasuredCall],
    messages: Sequence[Message],
    options: Sequence[tuple[str, Any]],
) -> None:
    if preferences().json or not is_terminal():
        await _run_all(specs, calls, messages, options)
        return
    from chatmodels.cli._side_by_side import SideBySide

    with SideBySide(specs, calls) as display:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(display.keep_current)
            await _run_all(specs, calls, messages, options)
            tasks.cancel_scope.cancel()


async def _run_all(
    specs: Sequence[str],
    calls: Sequence[MeasuredCall],
    messages: Sequence[Message],
    options: Sequence[tuple[str, Any]],
) -> None:
    models: list[tuple[MeasuredCall, ChatModel]] = []
    for spec, call in zip(specs, calls, strict=True):
        try:
            models.append((call, create_model(spec, options)))
        except ChatModelError as error:
            call.fail(error)
    # The first request imports the HTTP library: all calls start before, so that it counts for all.
    for call, _ in models:
        call.start()
    async with anyio.create_task_group() as tasks:
        for call, model in models:
            tasks.start_soon(call.run, model, messages)


def _print(spec: str, call: MeasuredCall) -> None:
    click.echo(f"== {spec}\n{call.text}")
    if call.error is not None:
        click.echo(f"error: {message_of(call.error)}")
    click.echo(f"-- {summary(call)}\n")
