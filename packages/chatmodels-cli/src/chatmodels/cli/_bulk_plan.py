"""The command of a bulk run, kept beside its results so that it can be continued by name."""

import os
from typing import TYPE_CHECKING, Any, Literal

import click
import msgspec

from chatmodels.cli._model_options import keywords
from chatmodels.core import system, user
from chatmodels.core.extending import OutputSchema

if TYPE_CHECKING:
    from chatmodels.bulk import Job, Limits

_FORMAT = 1


class StoredLimits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The limits that were passed; None for the defaults of `chatmodels.bulk.Limits`."""

    in_flight: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    retries: int | None = None
    cost: float | None = None
    errors: int | float | None = None
    batch_rows: int | None = None
    batch_tokens: int | None = None
    batch_deadline: int | None = None

    def passed(self) -> dict[str, Any]:
        """Return the limits that were passed."""
        limits = msgspec.structs.asdict(self).items()
        return {name: value for name, value in limits if value is not None}

    def limits(self) -> "Limits":
        """Return the limits, with the defaults of those that were not passed.

        Raises:
            ConfigurationError: A limit is out of range.
        """
        from chatmodels.bulk import Limits

        return Limits(**self.passed())

    def that_apply(self, via: str, /) -> "StoredLimits":
        """Return the limits that have an effect with a way to the responses."""
        from chatmodels.bulk import Limits

        limits = self.passed().items()
        return StoredLimits(**{name: each for name, each in limits if via in Limits.ways(name)})

    def check(self, via: str, /, *others: str) -> None:
        """Check that each limit has an effect.

        Args:
            via: The way of the run to the responses.
            *others: Other ways that the command uses.

        Raises:
            UsageError: One has none.
        """
        from chatmodels.bulk import Limits

        for name in self.passed():
            ways = Limits.ways(name)
            if not {via, *others}.isdisjoint(ways):
                continue
            remedy = "omit it"
            if "via" in click.get_current_context().params:  # resume and retry have no such option
                remedy = "pass " + " or ".join(f"--via {way}" for way in ways)
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} has no effect with --via {via}; {remedy}")


class StoredSchema(msgspec.Struct, frozen=True):
    """The schema of the output, so that the file is read only once."""

    name: str
    schema: dict[str, Any]


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The arguments of a run that its results depend on, and its limits.

    Keys of vendors are not among them: `api_key_env` names a variable. `config` is the path of the
    configuration file, if it was passed. The paths of attachments are relative to `folder`.
    """

    model: str
    source: str
    to: str
    folder: str
    prompt: str | None = None
    instructions: str | None = None
    schema: StoredSchema | None = None
    config: str | None = None
    options: list[tuple[str, Any]] = []
    api_key_env: str | None = None
    samples: int = 1
    via: Literal["calls", "batch", "auto"] = "calls"
    limits: StoredLimits = StoredLimits()
    format: int = _FORMAT

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `chatmodels.bulk.arun`.

        Raises:
            UsageError: An option is a secret, a variable is missing, or a limit has no effect.
            ConfigurationError: A limit is out of range.
        """
        self.limits.check(self.via)
        return {
            "to": self.to,
            "prompt": self._prompt(),
            "output_type": self.output_type(),
            "samples": self.samples,
            "via": self.via,
            "limits": self.limits.limits(),
            "model_options": self.model_options(),
        }

    def model_options(self) -> dict[str, Any]:
        """Return the options of the model.

        Raises:
            UsageError: One is a secret, or a variable is missing.
        """
        return keywords(self.model, self.options, self.api_key_env)

    def output_type(self) -> OutputSchema | None:
        """Return the schema of the output."""
        return None if self.schema is None else OutputSchema(self.schema.name, self.schema.schema)

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
    with open(temporary, "wb", opener=_private) as file:
        file.write(msgspec.json.format(msgspec.json.encode(plan), indent=1))
    temporary.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # prompts and options are the user's own


def stored_plan(job: "Job", /) -> Plan | None:
    """Return the plan of a run; None if it was started by other means than the command line.

    Raises:
        UsageError: It cannot be read.
    """
    path = job.folder / "command.json"
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=Plan)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}; use bulk run again") from None
    if plan.format > _FORMAT:
        raise click.UsageError(
            f"{path} has format {plan.format}, and this version reads {_FORMAT}; update it"
        )
    return plan
