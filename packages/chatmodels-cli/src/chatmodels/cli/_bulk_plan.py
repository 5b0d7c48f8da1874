"""The command of a bulk run, kept beside its results so that it can be continued by name."""

from typing import TYPE_CHECKING, Any

import click
import msgspec

from chatmodels.cli._model_options import keywords
from chatmodels.cli._schema_file import read_schema
from chatmodels.core import system, user

if TYPE_CHECKING:
    from chatmodels.bulk import Job

_FORMAT = 1


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The arguments of a run that its results depend on, and its limits.

    Keys of vendors are not among them: `api_key_env` names a variable.
    """

    model: str
    source: str
    to: str
    prompt: str | None = None
    instructions: str | None = None
    schema: str | None = None
    options: list[tuple[str, Any]] = []
    api_key_env: str | None = None
    samples: int = 1
    limits: dict[str, Any] = {}
    format: int = _FORMAT

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `chatmodels.bulk.arun`.

        Raises:
            UsageError: An option is a secret, or a file or a variable is missing.
            ConfigurationError: A limit is out of range.
        """
        from chatmodels.bulk import Limits

        return {
            "to": self.to,
            "prompt": self._prompt(),
            "output_type": None if self.schema is None else read_schema(self.schema),
            "samples": self.samples,
            "limits": Limits(**self.limits),
            "model_options": keywords(self.model, self.options, self.api_key_env),
        }

    def _prompt(self) -> Any:
        if self.instructions is None:
            return self.prompt
        if self.prompt is None:
            raise click.UsageError(
                "--system needs --prompt; put the system prompt into the column of messages instead"
            )
        # Braces of the system prompt are text: it is the same for every row.
        instructions = self.instructions.replace("{", "{{").replace("}", "}}")
        return [system(instructions), user(self.prompt)]


def store_plan(plan: Plan, job: "Job", /) -> None:
    """Store the plan of a run in its folder."""
    path = job.folder / "command.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(plan), indent=1))
    temporary.replace(path)


def stored_plan(job: "Job", /) -> Plan | None:
    """Return the plan of a run; None if it was started by other means than the command line.

    Raises:
        UsageError: It cannot be read.
    """
    path = job.folder / "command.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}; use bulk run again") from None
