"""Converts the arguments of a call to a checked request, with all problems in one error."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import msgspec

from chatmodels.core._calls.negotiation import negotiate
from chatmodels.core._calls.options import CallOptions
from chatmodels.core._deprecation import deprecated
from chatmodels.core._errors.classes import ChatModelError, InvalidRequestError, UnsupportedError
from chatmodels.core._values.messages import Prompt, as_messages
from chatmodels.core._values.profile import EVERYTHING, Profile
from chatmodels.core._values.request import ChatRequest, OutputSchema, ToolChoice, ToolDefinition
from chatmodels.core._values.setting_rules import chosen_settings, validated_settings
from chatmodels.core._values.settings import NO_SETTINGS, Settings
from chatmodels.core._values.timeout import Timeout, as_timeout

if TYPE_CHECKING:
    from chatmodels.core._tools.output import Output

P = ParamSpec("P")
Result = TypeVar("Result")

OPTION_NAMES = (
    "tools",
    "tool_choice",
    "output_type",
    "timeout",
    "provider_options",
    "idempotent",
)


class Prepared(msgspec.Struct, frozen=True):
    """A request that can be sent.

    Attributes:
        full_request: The whole request of the caller.
        request: The part of `full_request` that the model supports.
        output: The parser of the output, if the call has an `output_type`.
        warnings: The parts of `full_request` that the model does not support.
        is_checked: Whether the model is known to support `request`.
    """

    full_request: ChatRequest
    request: ChatRequest
    output: "Output[Any] | None" = None
    warnings: tuple[str, ...] = ()
    is_checked: bool = True


class _FormerFields(type(msgspec.Struct)):  # pyright: ignore[reportUntypedBaseClass, reportGeneralTypeIssues]
    """The metaclass that accepts the fields in pickles of 0.1.0."""

    def __call__(cls, **fields: Any) -> Any:
        if "unsupported" in fields:
            fields["on_unsupported"] = fields.pop("unsupported")
            supported = fields.pop("supported")
            names = None if supported is None else {name: name for name in supported}
            fields["profile"] = msgspec.structs.replace(EVERYTHING, settings=names)
        return super().__call__(**fields)


class Defaults(msgspec.Struct, frozen=True, kw_only=True, metaclass=_FormerFields):
    """The defaults of a model for its calls.

    Attributes:
        provider: The provider's name, for messages.
        settings: Settings that a call can override.
        timeout: Time limits that a call can override.
        profile: The features that the model supports.
        on_unsupported: "error" refuses unsupported features, "warn" omits them with a warning.
        remedies: Setting to the option of the model with which it is supported.
    """

    provider: str
    settings: Settings
    timeout: Timeout
    profile: Profile
    on_unsupported: Literal["error", "warn"]
    remedies: Mapping[str, str]


def prepare(
    prompt: Prompt | ChatRequest,
    output_type: Any,
    options: CallOptions,
    defaults: Defaults,
    /,
    *,
    may_be_unsupported: Callable[[], bool],
) -> Prepared:
    """Check the arguments of a call and build its request.

    Args:
        prompt: The prompt.
        output_type: The type of the output, or None.
        options: The options of the call.
        defaults: The defaults of the model.
        may_be_unsupported: Reports whether a request that the model does not support is accepted,
            because a policy can call another model.

    Raises:
        InvalidRequestError: Arguments are invalid; the message lists every problem.
        UnsupportedError: The arguments are valid, but the model does not support them.
    """
    output: Output[Any] | None = None
    if isinstance(prompt, ChatRequest):
        request, output = _ready(prompt, output_type, options, defaults)
    elif options or output_type is not None:
        request, output = _built(prompt, output_type, options, defaults)
    else:
        request = ChatRequest(messages=as_messages(prompt))
    try:
        supported, warnings = negotiated(request, defaults)
    except UnsupportedError:
        if not may_be_unsupported():
            raise
        return Prepared(request, request, output, is_checked=False)
    return Prepared(request, supported, output, warnings)


def negotiated(request: ChatRequest, defaults: Defaults, /) -> tuple[ChatRequest, tuple[str, ...]]:
    """Return the part of the request that the model supports, and warnings about the rest.

    The model's default settings apply here and not earlier: a request that a policy passes on to
    another model does not have them.

    Raises:
        UnsupportedError: Features are not supported, and the model does not omit them.
    """
    if defaults.settings is not NO_SETTINGS:
        settings = defaults.settings
        if request.settings is not NO_SETTINGS:
            settings = msgspec.structs.replace(settings, **request.settings.chosen())
        request = msgspec.structs.replace(request, settings=settings)
    return negotiate(
        request,
        defaults.profile,
        provider=defaults.provider,
        on_unsupported=defaults.on_unsupported,
        remedies=defaults.remedies,
    )


def _ready(
    request: ChatRequest, output_type: Any, options: CallOptions, defaults: Defaults
) -> "tuple[ChatRequest, Output[Any] | None]":
    names = [name for name, value in options.items() if value is not None]
    if names:
        raise InvalidRequestError(
            f"a ChatRequest contains its own options; put {', '.join(names)} into it"
        )
    problems: list[str] = []
    messages = _checked(problems, (), as_messages, request.messages)
    settings = request.settings
    if settings != NO_SETTINGS:
        explicit = _checked(problems, {}, chosen_settings, settings)
        settings = _checked(problems, settings, validated_settings, explicit)
    timeout = request.timeout
    if timeout is not None:
        timeout = _checked(problems, None, as_timeout, timeout, defaults.timeout)
    tools = _checked(problems, (), _tools, request.tools)
    output = None if output_type is None else _checked(problems, None, _output, output_type)
    if problems:
        raise InvalidRequestError("; ".join(problems))
    schema = request.output if output is None else output.schema
    updated = msgspec.structs.replace(
        request, messages=messages, settings=settings, timeout=timeout, tools=tools, output=schema
    )
    return updated, output


def _built(
    prompt: Prompt, output_type: Any, options: CallOptions, defaults: Defaults
) -> "tuple[ChatRequest, Output[Any] | None]":
    arguments: dict[str, Any] = dict(options)
    if "repeatable" in arguments:
        deprecated("repeatable=...", "use idempotent=...")
        arguments["idempotent"] = arguments.pop("repeatable")
    passed: dict[str, Any] = {
        name: arguments.pop(name) for name in OPTION_NAMES if name in arguments
    }
    problems: list[str] = []

    messages = _checked(problems, (), as_messages, prompt)
    settings = _checked(problems, NO_SETTINGS, validated_settings, arguments, others=OPTION_NAMES)
    timeout = passed.get("timeout")
    if timeout is not None:
        timeout = _checked(problems, None, as_timeout, timeout, defaults.timeout)
    count = len(problems)
    tools = _checked(problems, (), _tools, passed.get("tools"))
    tool_choice: ToolChoice | None = None
    # If the tools are invalid, the choice is not checked.
    if passed.get("tool_choice") is not None and len(problems) == count:
        tool_choice = _checked(problems, None, _choice, passed["tool_choice"], tools)
    output = None if output_type is None else _checked(problems, None, _output, output_type)
    provider_options: dict[str, Any] = {}
    if passed.get("provider_options") is not None:
        provider_options = _checked(problems, {}, _provider_options, passed["provider_options"])
    idempotent = True
    if passed.get("idempotent") is not None:
        idempotent = _checked(problems, True, _repeatable, passed["idempotent"])
    if problems:
        raise InvalidRequestError("; ".join(problems))
    schema: OutputSchema | None = None if output is None else output.schema
    request = ChatRequest(
        messages=messages,
        settings=settings,
        tools=tools,
        tool_choice=tool_choice,
        output=schema,
        timeout=timeout,
        provider_options=provider_options,
        idempotent=idempotent,
    )
    return request, output


def _checked(
    problems: list[str],
    fallback: Result,
    build: Callable[P, Result],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Result:
    """Call a function; on failure, append the problem and return the fallback."""
    try:
        return build(*args, **kwargs)
    except ChatModelError as error:
        problems.append(error.message)
        return fallback


def _tools(tools: Any) -> tuple[ToolDefinition, ...]:
    if not tools:
        return ()
    from chatmodels.core._tools.toolbox import tool_definitions

    return tool_definitions(tools)


def _choice(choice: Any, tools: tuple[ToolDefinition, ...]) -> ToolChoice | None:
    from chatmodels.core._tools.toolbox import tool_choice

    return tool_choice(choice, tools)


def _output(output_type: Any) -> "Output[Any]":
    from chatmodels.core._tools.output import structured_output

    return structured_output(output_type)


def _provider_options(options: Any) -> dict[str, Any]:
    try:
        return {str(name): value for name, value in dict(options).items()}
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(
            f"provider_options must be a mapping of field names, not {type(options).__name__}"
        ) from error


def _repeatable(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequestError(f"idempotent must be True or False, not {value!r}")
    return value
