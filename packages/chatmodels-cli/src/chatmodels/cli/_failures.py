"""Reports of failures, as text or as JSON."""

from typing import Any

import click

from chatmodels.cli._exit_codes import ExitCode, exit_code
from chatmodels.cli._output import print_json
from chatmodels.cli._preferences import Preferences
from chatmodels.cli._printable import printable
from chatmodels.cli._terms import message_of
from chatmodels.core import ChatModelError


def report(error: ChatModelError, chosen: Preferences, /) -> ExitCode:
    """Report an error, and return the exit code for it."""
    if chosen.json:
        print_json({"error": error_record(error)})
    else:
        show_error(error)
    return exit_code(error)


def show_error(error: ChatModelError, /) -> None:
    """Write an error to standard error: its message, and its request for the vendor's support."""
    request = f" (request {error.request_id})" if error.request_id else ""
    known = request if str(error.request_id) not in error.message else ""
    message = printable(f"{message_of(error)}{known}")
    click.echo(f"{click.style('error:', fg='red', bold=True)} {message}", err=True)
    if error.retry_after is not None:
        click.echo(f"try again in {error.retry_after:g} s", err=True)


def usage_record(error: click.ClickException, /) -> dict[str, Any]:
    """Return the facts of a wrong command line, for JSON."""
    return {"code": "usage", "message": error.format_message(), "exit_code": error.exit_code}


def error_record(error: ChatModelError, /) -> dict[str, Any]:
    """Return the facts of an error, for JSON."""
    return {
        "code": str(error.code),
        "message": message_of(error),
        "provider": error.provider,
        "model": error.model,
        "status": error.status,
        "request_id": error.request_id,
        "retry_after": error.retry_after,
        "attempts": len(error.failed_attempts),
        "exit_code": int(exit_code(error)),
    }
