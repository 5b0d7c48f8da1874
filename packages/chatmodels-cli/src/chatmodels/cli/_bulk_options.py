"""The options of `bulk run` and `bulk estimate`."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chatmodels.cli._call_options import FILE
from chatmodels.cli._completion import complete_spec
from chatmodels.cli._model_options import model_options
from chatmodels.cli._prompt import read_instructions

if TYPE_CHECKING:
    from chatmodels.cli._bulk_plan import Plan, StoredLimits

F = TypeVar("F", bound=Callable[..., Any])

_LIMITS = (
    "in_flight",
    "requests_per_minute",
    "tokens_per_minute",
    "retries",
    "cost",
    "errors",
    "batch_rows",
    "batch_tokens",
    "batch_deadline",
)


class Share(click.ParamType[float]):
    """A number of rows such as 100, or a share of them such as 0.05."""

    name = "NUMBER"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | float:
        """Read an integer or a share."""
        try:
            number = float(value)
        except ValueError:
            self.fail(f"{value!r} is not a number such as 100 or 0.05", param, ctx)
        return int(number) if number >= 1 and number.is_integer() else number


def limit_options(function: F, /) -> F:
    """Add the options of the limits of a run."""
    for decorate in (
        click.option(
            "--batch-deadline",
            type=click.IntRange(1),
            metavar="SECONDS",
            help="The age at which --via auto cancels a batch, and calls the model for the rows "
            "without a response; by default 86400, a day.",
        ),
        click.option(
            "--batch-tokens",
            type=click.IntRange(1),
            help="The largest number of estimated input tokens in all open batches, such as the "
            "limit of your tier.",
        ),
        click.option(
            "--batch-rows",
            type=click.IntRange(1),
            help="The largest number of rows of one batch; by default the vendor's limit.",
        ),
        click.option(
            "--errors",
            type=Share(),
            help="Stop when this number of rows, or this share such as 0.05, has failed.",
        ),
        click.option(
            "--cost",
            type=click.FloatRange(0, min_open=True),
            metavar="AMOUNT",
            help="Stop when the results have cost as much; needs known prices.",
        ),
        click.option(
            "--retries", type=click.IntRange(0, 10), help="Retries of a failed call; by default 5."
        ),
        click.option("--tokens-per-minute", type=click.IntRange(1), help="Tokens per minute."),
        click.option("--requests-per-minute", type=click.IntRange(1), help="Requests per minute."),
        click.option(
            "-c",
            "--in-flight",
            type=click.IntRange(1),
            help="The largest number of calls at the same time; by default 100.",
        ),
    ):
        function = decorate(function)
    return function


def run_options(function: F, /) -> F:
    """Add the options that describe a run."""
    for decorate in (
        model_options,
        limit_options,
        click.option(
            "--via",
            type=click.Choice(("calls", "batch", "auto")),
            default="calls",
            show_default=True,
            help="Calls, the vendor's batch API, which takes hours and costs less, or batches with "
            "calls for rows that take too long.",
        ),
        click.option(
            "-n", "--samples", type=click.IntRange(1), default=1, help="Responses for each row."
        ),
        click.option("--schema", type=FILE, help="A file with the JSON Schema of the output."),
        click.option(
            "--system",
            metavar="TEXT",
            help="The system prompt of every row, or @ and a file that contains it.",
        ),
        click.option(
            "-p",
            "--prompt",
            metavar="TEMPLATE",
            help="The prompt, with the names of columns in braces, or @ and a file that contains "
            'it. By default, the column "messages" or "prompt".',
        ),
        click.option(
            "--to",
            metavar="FILE",
            required=True,
            type=click.Path(dir_okay=False),
            help="The file of the results: .jsonl, .csv or .parquet.",
        ),
        click.argument("source", metavar="ROWS", type=FILE),
        click.argument("spec", metavar="MODEL", shell_complete=complete_spec),
    ):
        function = decorate(function)
    return function


def plan_of(arguments: dict[str, Any], /) -> "Plan":
    """Return the plan that a command line describes.

    Raises:
        UsageError: A file cannot be read.
    """
    from chatmodels.cli._bulk_plan import Plan, StoredSchema
    from chatmodels.cli._schema_file import read_schema

    prompt, instructions, path = (arguments[name] for name in ("prompt", "system", "schema"))
    for name in ("source", "to"):
        _refuse_bytes(arguments[name])
    if any(name == "headers" for name, _ in arguments["options"]):
        raise click.UsageError(
            "headers can contain keys, and the options of a run are stored beside its results; "
            "put the headers into the configuration file"
        )
    schema = None
    if path is not None:
        found = read_schema(path)
        schema = StoredSchema(found.name, {**(found.schema or {})})
    config = click.get_current_context().find_root().params.get("config")
    return Plan(
        model=arguments["spec"],
        source=os.path.abspath(arguments["source"]),
        to=os.path.abspath(arguments["to"]),
        folder=os.getcwd(),
        prompt=prompt and read_instructions(prompt, "prompt"),
        instructions=instructions and read_instructions(instructions),
        schema=schema,
        config=config and os.path.abspath(config),
        options=list(arguments["options"]),
        api_key_env=arguments["api_key_env"],
        samples=arguments["samples"],
        via=arguments["via"],
        limits=limits_of(arguments),
    )


def limits_of(arguments: Mapping[str, Any], /) -> "StoredLimits":
    """Return the limits of a command line."""
    from chatmodels.cli._bulk_plan import StoredLimits

    return StoredLimits(**{name: arguments[name] for name in _LIMITS})


def _refuse_bytes(path: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        raise click.UsageError(
            f"the name {os.fsencode(path)!r} is not UTF-8; rename the file"
        ) from None
