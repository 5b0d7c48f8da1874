"""What a model is asked: the conversation, the tools, the form of the answer, the settings."""

from typing import Any, Literal, get_args

from chatmodels.core._deprecation import deprecated
from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import FrozenValue, Json, check_field
from chatmodels.core._values.settings import NO_SETTINGS, Settings
from chatmodels.core._values.timeout import Timeout


class ToolDefinition(FrozenValue, frozen=True):
    """What a model is told of a tool.

    Attributes:
        name: The name by which the model calls it. A provider whose API does not accept it sends
            another one, and calls in the response have this one again.
        description: The purpose of the tool.
        parameters: The JSON Schema of its arguments, an object. Providers translate it into the
            part of JSON Schema that their API accepts.
        strict: Whether the vendor enforces the schema while the model writes. Optional arguments
            may then be null, which stands for their absence.
    """

    name: str
    description: str
    parameters: dict[str, Json]
    strict: bool = False

    def __post_init__(self) -> None:
        check_field(self, "name", str, "pass the name of the tool")
        check_field(self, "parameters", dict, "pass the JSON Schema as a dict")


ToolChoiceMode = Literal["auto", "none", "required", "tool"]
_MODES: tuple[str, ...] = get_args(ToolChoiceMode)


class ToolChoice(FrozenValue, frozen=True):
    """Whether the model may, must or must not call tools.

    Attributes:
        mode: "auto" leaves it to the model, "none" forbids, "required" demands any tool,
            "tool" demands the one called `name`.
        name: The tool demanded.

    Raises:
        InvalidRequestError: There is no such mode, or the mode and the name do not fit together.
    """

    mode: ToolChoiceMode
    name: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in _MODES:
            raise InvalidRequestError(
                f"there is no tool choice of mode {self.mode!r}; use one of {', '.join(_MODES)}"
            )
        if (self.mode == "tool") != (self.name is not None):
            raise InvalidRequestError(
                f"a ToolChoice has a name if, and only if, its mode is 'tool', not mode "
                f"{self.mode!r} and name {self.name!r}"
            )


class OutputSchema(FrozenValue, frozen=True):
    """The form that the answer must have.

    Attributes:
        name: A name for the schema: letters, digits, `_` and `-`.
        schema: The JSON Schema; None asks for any JSON object.
        description: What the answer means.
        strict: Whether the vendor shall enforce it while the model writes.
    """

    name: str
    schema: dict[str, Json] | None
    description: str | None = None
    strict: bool = True

    def __post_init__(self) -> None:
        check_field(self, "name", str, "the name comes before the schema")
        check_field(self, "schema", (dict, type(None)), "pass the JSON Schema as a dict")


class _FormerArguments(type(FrozenValue)):  # pyright: ignore[reportUntypedBaseClass, reportGeneralTypeIssues]
    """Accepts the former name of an argument, which pickles of 0.1.0 have too."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if "repeatable" in kwargs:
            deprecated("repeatable=...", "use idempotent=...")
            kwargs["idempotent"] = kwargs.pop("repeatable")
        return super().__call__(*args, **kwargs)


class ChatRequest(
    FrozenValue,
    frozen=True,
    kw_only=True,
    rename={"idempotent": "repeatable"},
    metaclass=_FormerArguments,
):
    """One call, ready to be translated for a vendor.

    Attributes:
        messages: The conversation, oldest first, at least one message.
        settings: How to generate.
        tools: The tools that the model may call.
        tool_choice: Whether it may or must; None leaves it to the vendor's default.
        output: The form of the answer; None for free text.
        timeout: Time limits of this call; None for the model's own.
        provider_options: Fields put into the vendor's request body as they are.
        idempotent: Whether policies may send it again after a failure. Set it to False where a
            repeated call does harm, as when it makes the vendor's own tools act.
    """

    messages: tuple[Message, ...]
    settings: Settings = NO_SETTINGS
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: ToolChoice | None = None
    output: OutputSchema | None = None
    timeout: Timeout | None = None
    provider_options: dict[str, Any] = {}  # noqa: RUF012 - each request has its own
    idempotent: bool = True

    @property
    def has_tools(self) -> bool:
        """Whether there are tools: the caller's, or the vendor's own in `provider_options`."""
        return bool(self.tools or self.provider_options.get("tools"))

    @property
    def repeatable(self) -> bool:
        """The former name of `idempotent`, until 0.3; in JSON the field keeps it."""
        deprecated("ChatRequest.repeatable", "use idempotent")
        return self.idempotent
