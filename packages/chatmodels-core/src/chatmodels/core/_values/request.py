"""The request to a model: the conversation, the tools, the output schema, the settings."""

from typing import Any, Literal, get_args

from chatmodels.core._deprecation import deprecated
from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import FrozenValue, Json, check_field
from chatmodels.core._values.settings import NO_SETTINGS, Settings
from chatmodels.core._values.timeout import Timeout


class ToolDefinition(FrozenValue, frozen=True):
    """The description of a tool for the model.

    Attributes:
        name: The name by which the model calls it. If an API does not accept the name, the
            provider sends another, and restores this one in the calls of the response.
        description: The purpose of the tool.
        parameters: The JSON Schema of its arguments, an object. Providers translate it into the
            subset of JSON Schema that their API accepts.
        strict: Whether the vendor enforces the schema during generation. If so, optional
            arguments can be null, which means that they are absent.
        lenient: Whether an API that cannot enforce the schema, or limits descriptions, receives
            the tool without strictness, or with a shorter description, and `response.warnings`
            names it. Otherwise this raises an error, unless `on_unsupported` is "warn".
    """

    name: str
    description: str
    parameters: dict[str, Json]
    strict: bool = False
    lenient: bool = False

    def __post_init__(self) -> None:
        check_field(self, "name", str, "pass the name of the tool")
        check_field(self, "parameters", dict, "pass the JSON Schema as a dict")


ToolChoiceMode = Literal["auto", "none", "required", "tool"]
_MODES: tuple[str, ...] = get_args(ToolChoiceMode)


class ToolChoice(FrozenValue, frozen=True):
    """The choice whether the model may, must or must not call tools.

    Attributes:
        mode: "auto" lets the model choose, "none" forbids calls, "required" requires a call of any
            tool, "tool" requires a call of the tool `name`.
        name: The required tool.

    Raises:
        InvalidRequestError: The mode is unknown, or inconsistent with the name.
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
    """The schema of structured output.

    Attributes:
        name: A name for the schema: letters, digits, `_` and `-`.
        schema: The JSON Schema; None for any JSON object.
        description: The meaning of the output.
        strict: Whether the vendor is to enforce the schema during generation.
    """

    name: str
    schema: dict[str, Json] | None
    description: str | None = None
    strict: bool = True

    def __post_init__(self) -> None:
        check_field(self, "name", str, "the name comes before the schema")
        check_field(self, "schema", (dict, type(None)), "pass the JSON Schema as a dict")


class _FormerArguments(type(FrozenValue)):  # pyright: ignore[reportUntypedBaseClass, reportGeneralTypeIssues]
    """The metaclass that accepts the former name of an argument, also for pickles of 0.1.0."""

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
    """The complete request of one call, independent of the vendor.

    Attributes:
        messages: The conversation, oldest first, at least one message.
        settings: The settings of the generation.
        tools: The tools that the model may call.
        tool_choice: The tool choice; None uses the vendor's default.
        output: The output schema; None for free text.
        timeout: Time limits of this call; None for the model's own.
        provider_options: Fields to add to the vendor's request body unchanged.
        idempotent: Whether policies may send it again after a failure. Set it to False if a
            repeated call does harm, for example because the vendor's own tools have effects.
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
        """True if there are tools: the caller's, or the vendor's own in `provider_options`."""
        return bool(self.tools or self.provider_options.get("tools"))

    @property
    def repeatable(self) -> bool:
        """The former name of `idempotent`, to be removed in 0.3; JSON still uses it."""
        deprecated("ChatRequest.repeatable", "use idempotent")
        return self.idempotent
