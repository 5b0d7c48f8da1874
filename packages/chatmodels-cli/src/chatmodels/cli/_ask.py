"""The command `ask`: one prompt, one response."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from chatmodels.cli._call_options import FILE, call_options
from chatmodels.cli._command import define
from chatmodels.cli._completion import complete_spec
from chatmodels.cli._event_writer import EventWriter
from chatmodels.cli._exit_codes import ExitCode, exit_code
from chatmodels.cli._model_options import create_model, model_options
from chatmodels.cli._preferences import json_option, preferences
from chatmodels.cli._prompt import read_messages
from chatmodels.cli._values import NAME_AND_VALUE
from chatmodels.core import ChatModelError, ChatResponse, ToolRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatmodels.core import ChatModel, Message, Tool
    from chatmodels.core.extending import OutputSchema


@define(
    "ask",
    'chatmodels ask openai:gpt-6.1-terra "Why is the sky blue?"',
    'git diff | chatmodels ask anthropic:claude-sonnet-5 "Review this change:" -',
    'chatmodels ask gemini:gemini-3.5-flash "Describe it." -a cat.png -o temperature=0',
    "chatmodels ask mistral:mistral-large-latest --schema invoice.json --json < invoice.txt",
    'chatmodels ask openai:gpt-6.1-terra "What changed?" --mcp "uvx mcp-server-git"',
    'chatmodels ask ollama:llama3.2 "Hello!" --explain',
)
@click.argument("spec", metavar="MODEL", shell_complete=complete_spec)
@click.argument("texts", metavar="[PROMPT]...", nargs=-1)
@call_options
@click.option(
    "--schema", type=FILE, help="A file with the JSON Schema of the output, which is then JSON."
)
@click.option(
    "--max-rounds",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="Limit of calls of the model in a run with tools.",
)
@click.option(
    "--extra",
    "extras",
    type=NAME_AND_VALUE,
    multiple=True,
    help="A field for the body of the provider's request, sent as it is. Repeatable.",
)
@model_options
@click.option("-m", "--markdown", is_flag=True, help="Render Markdown, in a terminal.")
@click.option("--no-stream", is_flag=True, help="Request the whole response at once.")
@click.option("--reasoning", is_flag=True, help="Write the reasoning to standard error.")
@click.option("-u", "--usage", is_flag=True, help="Write tokens, cost and time to standard error.")
@click.option("--explain", is_flag=True, help="Print the HTTP request instead of sending it.")
@json_option
def command(
    spec: str,
    texts: tuple[str, ...],
    system: str | None,
    attachments: tuple[str, ...],
    tool_files: tuple[str, ...],
    servers: tuple[str, ...],
    approve: bool,
    schema: str | None,
    max_rounds: int,
    extras: tuple[tuple[str, Any], ...],
    options: tuple[tuple[str, Any], ...],
    api_key_env: str | None,
    markdown: bool,
    no_stream: bool,
    reasoning: bool,
    usage: bool,
    explain: bool,
) -> ExitCode:
    """Send a prompt to a model and print the response.

    Several texts are joined; "-" stands for standard input, as does no text. Ctrl-C ends the call
    and keeps what has arrived.
    """
    messages = read_messages(texts, attachments, system)
    output = None
    if schema is not None:
        from chatmodels.cli._schema_file import read_schema

        output = read_schema(schema)
    model = create_model(spec, options, api_key_env)
    with ExitStack() as stack:
        tools: list[Tool[..., Any]] = []
        if tool_files or servers:
            from chatmodels.cli._tool_sources import open_tools

            tools = open_tools(tool_files, servers, stack)
        call = Call(model, messages, output, dict(extras), tools, max_rounds, approve=approve)
        if explain:
            return _explain(call)
        visible = output is None and not preferences().json
        writer = _writer(texts=visible, reasoning=reasoning, markdown=markdown)
        return _finish(call, writer, streamed=not no_stream, usage=usage)


class Call:
    """A call, or a run with tools, that a command line describes."""

    def __init__(
        self,
        model: "ChatModel",
        messages: "Sequence[Message]",
        output: "OutputSchema | None" = None,
        extras: dict[str, Any] | None = None,
        tools: "Sequence[Tool[..., Any]]" = (),
        max_rounds: int = 10,
        *,
        approve: bool = False,
    ) -> None:
        self.model = model
        self.messages = messages
        self.output = output
        self.extras = extras or None
        self.tools = tools
        self.max_rounds = max_rounds
        self.approve = approve
        self.partial: ChatResponse[Any] | ToolRun[Any] | None = None

    def whole(self) -> "ChatResponse[Any] | ToolRun[Any]":
        """Return the response without streaming."""
        if self.tools:
            from chatmodels.core import run_tools

            return run_tools(self.model, self.messages, **self._run_options())
        options: Any = {"provider_options": self.extras}
        if self.output is not None:
            options["output_type"] = self.output
        return self.model.generate(self.messages, **options)

    def streamed(self, writer: EventWriter, /) -> "ChatResponse[Any] | ToolRun[Any]":
        """Write the events of the stream, and return the response.

        After an error or Ctrl-C, `partial` is the response so far.
        """
        if self.tools:
            from chatmodels.core import stream_tools

            with stream_tools(self.model, self.messages, **self._run_options()) as run:
                try:
                    for event in run:
                        writer.write(event)
                except BaseException:
                    self.partial = run.partial
                    raise
                return run.run
        options: Any = {"provider_options": self.extras}
        if self.output is not None:
            options["output_type"] = self.output
        stream = self.model.stream(self.messages, **options)
        try:
            with stream:
                for event in stream:
                    writer.write(event)
        except BaseException:
            self.partial = stream.partial
            raise
        return stream.response

    def _run_options(self) -> Any:
        options: dict[str, Any] = {
            "tools": self.tools,
            "max_rounds": self.max_rounds,
            "provider_options": self.extras,
            "output_type": self.output,
        }
        if self.approve:
            from chatmodels.cli._approval import approve

            # One at a time, because the questions share the terminal.
            options |= {"before_tool": approve, "max_concurrency": 1}
        return options


def _writer(*, texts: bool, reasoning: bool, markdown: bool) -> EventWriter:
    if markdown and texts:
        from chatmodels.cli._output import console, is_terminal

        if is_terminal():
            from chatmodels.cli._markdown_writer import MarkdownWriter

            return MarkdownWriter(console(), reasoning=reasoning)
    return EventWriter(texts=texts, reasoning=reasoning)


def _explain(call: Call) -> ExitCode:
    from chatmodels.cli._explanation import print_explanation

    print_explanation(
        call.model.explain(
            call.messages,
            output_type=call.output,
            tools=call.tools or None,
            provider_options=call.extras,
        )
    )
    return ExitCode.OK


def _finish(call: Call, writer: EventWriter, *, streamed: bool, usage: bool) -> ExitCode:
    """Make the call, and write the response and what belongs to it."""
    try:
        result = call.streamed(writer) if streamed else call.whole()
    except KeyboardInterrupt:
        writer.end_line()
        if call.partial is not None:
            _write_result(call, call.partial, interrupted=True)
        raise
    except ChatModelError as error:
        writer.end_line()
        partial = error.run or error.partial or call.partial
        if not preferences().json or partial is None:
            raise
        from chatmodels.cli._failures import error_record

        _write_result(call, partial, error=error_record(error))
        return exit_code(error)
    if not streamed and not preferences().json and call.output is None:
        writer.write_text(result.text)
    writer.end_line()
    _write_result(call, result)
    response = result.response if isinstance(result, ToolRun) else result
    for warning in response.warnings:
        click.secho(f"warning: {warning}", err=True, fg="yellow")
    if response.finish_reason in {"length", "content_filter"}:
        click.secho(f"the response is cut off ({response.finish_reason})", err=True, fg="yellow")
    if usage:
        _write_figures(result, response)
    return ExitCode.OK


def _write_result(call: Call, result: "ChatResponse[Any] | ToolRun[Any]", **more: Any) -> None:
    """Write JSON, if it is requested: that of the response, or that of the output alone."""
    from chatmodels.cli._output import print_json

    chosen = preferences()
    if not chosen.json and call.output is None:
        return
    responses = result.responses if isinstance(result, ToolRun) else (result,)
    if not chosen.json:
        if responses and responses[-1].parsed is not None:
            print_json(responses[-1].parsed)
        return
    from chatmodels.cli._records import run_record

    print_json(run_record(result) | more)


def _write_figures(
    result: "ChatResponse[Any] | ToolRun[Any]", response: "ChatResponse[Any]"
) -> None:
    from chatmodels.cli._records import figures

    one = not isinstance(result, ToolRun)
    line = figures(
        result.usage,
        result.cost,
        seconds=response.timing.total if one else None,
        first_event=response.timing.first_event if one else None,
    )
    click.secho(f"{response.model or response.requested_model} · {line}", err=True, dim=True)
