"""The command `chat`: a conversation in the terminal."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from chatmodels.cli._call_options import call_options
from chatmodels.cli._chat_session import ChatSession
from chatmodels.cli._command import define
from chatmodels.cli._completion import complete_spec
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._history import Chat, History, default_path
from chatmodels.cli._model_options import create_model, model_options
from chatmodels.cli._output import print_json, print_table
from chatmodels.cli._preferences import json_option, preferences
from chatmodels.cli._prompt import attached, read_instructions

if TYPE_CHECKING:
    from chatmodels.core import Tool


@define(
    "chat",
    "chatmodels chat openai:gpt-6.1-terra",
    'chatmodels chat anthropic:claude-sonnet-5 --system "Be brief." -a report.pdf',
    "chatmodels chat --continue",
    "chatmodels chat gemini:gemini-3.5-flash --resume 3f9c",
    "chatmodels chat --list",
)
@click.argument("spec", metavar="[MODEL]", required=False, shell_complete=complete_spec)
@click.option("--continue", "latest", is_flag=True, help="Continue the latest chat.")
@click.option("--resume", metavar="ID", help="Continue a chat, by the beginning of its id.")
@click.option("--list", "listing", is_flag=True, help="List the stored chats.")
@click.option("--delete", metavar="ID", help="Delete a stored chat.")
@call_options
@model_options
@click.option("--plain", is_flag=True, help="Do not render Markdown.")
@click.option("--reasoning", is_flag=True, help="Write the reasoning to standard error.")
@click.option(
    "--history",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="The SQLite database of the chats; by default, the one that CHATMODELS_HISTORY names, or "
    "one in your data folder.",
)
@click.option("--no-history", is_flag=True, help="Do not store the chat.")
@json_option
def command(
    spec: str | None,
    latest: bool,
    resume: str | None,
    listing: bool,
    delete: str | None,
    system: str | None,
    attachments: tuple[str, ...],
    tool_files: tuple[str, ...],
    servers: tuple[str, ...],
    approve: bool,
    options: tuple[tuple[str, Any], ...],
    api_key_env: str | None,
    plain: bool,
    reasoning: bool,
    history: str | None,
    no_history: bool,
) -> ExitCode:
    """Chat with a model; the chat is stored and can be continued.

    Each line is a prompt; a backslash at its end continues it. Ctrl-C ends a response and keeps
    what has arrived, Ctrl-D ends the chat. Type /help for commands, such as /model to continue
    with another model. With --json, each turn is a line of JSON.
    """
    path = ":memory:" if no_history else history or default_path()
    with History(path) as database, ExitStack() as stack:
        if listing:
            return _list(database.chats())
        if delete is not None:
            database.delete(database.find(delete).id)
            return ExitCode.OK
        stored = _stored(database, resume, latest=latest)
        name = spec or (stored.model if stored else None)
        if name is None:
            raise click.UsageError("there is no model; pass one, or --continue the latest chat")
        tools: list[Tool[..., Any]] = []
        if tool_files or servers:
            from chatmodels.cli._tool_sources import open_tools

            tools = open_tools(tool_files, servers, stack)
        session = ChatSession(
            create_model(name, options, api_key_env),
            name,
            database,
            chat=stored.id if stored else None,
            messages=database.messages(stored.id) if stored else (),
            tools=tools,
            approve=approve,
        )
        session.attachments = [attached(source) for source in attachments]
        if system is not None:
            session.instruct(read_instructions(system))
        from chatmodels.cli._chat_loop import ChatLoop

        code = ChatLoop(session, plain=plain, reasoning=reasoning).run()
        if session.chat is not None and not no_history and sys.stdin.isatty():
            click.echo(f"continue with: chatmodels chat --resume {session.chat}", err=True)
        return code


def _stored(database: History, resume: str | None, *, latest: bool) -> Chat | None:
    if resume is not None:
        return database.find(resume)
    if not latest:
        return None
    chats = database.chats()
    if not chats:
        raise click.UsageError("there is no chat to continue; begin one with a model")
    return chats[0]


def _list(chats: list[Chat]) -> ExitCode:
    if preferences().json:
        print_json([chat._asdict() for chat in chats])
        return ExitCode.OK
    from datetime import datetime

    print_table(
        ("id", "updated", "model", "messages", "title"),
        [
            (
                chat.id,
                f"{datetime.fromtimestamp(chat.updated).astimezone():%Y-%m-%d %H:%M}",
                chat.model,
                str(chat.messages),
                chat.title,
            )
            for chat in chats
        ],
    )
    return ExitCode.OK
