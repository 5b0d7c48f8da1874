"""Requests structured output through a tool if the model has no native output for it.

The decoders of vendors read the call like any other; `Codec.reader` turns it back into text.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from chatmodels.core import ChatRequest, FilePart, ToolChoice, UnsupportedError
from chatmodels.core.extending import OutputForm, OutputSchema, Profile, ToolDefinition

OUTPUT_DESCRIPTION = "Return the output in this form."
"""The description of the tool, if the output has none of its own."""

_REASONING = ("reasoning_effort", "reasoning_budget")


def with_output_tool(
    request: ChatRequest,
    profile: Profile,
    provider: str,
    warnings: list[str],
    *,
    longest_name: int,
    lenient: bool,
) -> tuple[ChatRequest, str]:
    """Return the request with its output requested, and the name of the output's tool.

    The request keeps `output` if the model has native output for it, and the name is empty. Else
    the model has to call a tool: the one for the output, or one of the caller's if there are some.
    If the caller requires a call of the caller's tools, no output is requested.

    Args:
        request: The request with translated schemas.
        profile: The abilities of the model.
        provider: The provider's registered name, for messages.
        warnings: The list to which warnings about omitted settings are added.
        longest_name: The largest number of characters of the tool's name.
        lenient: Whether reasoning is left out if it prevents the output.

    Raises:
        UnsupportedError: The model has neither native output nor a tool for it.
    """
    output = request.output
    if output is None or _is_native(request, output, profile):
        return request, ""
    choice = request.tool_choice
    if choice is not None and choice.mode == "none":
        without = replace(request, tools=(), tool_choice=None)  # the model must not call them
        if _is_native(without, output, profile):
            return without, ""
    if choice is not None and choice.mode in {"required", "tool"} and request.tools:
        return replace(request, output=None), ""
    name = output_tool_name(output, request.tools, longest_name)
    is_alone = not request.has_tools or (choice is not None and choice.mode in {"none", "tool"})
    forced = ToolChoice("tool", name) if is_alone else ToolChoice("required")
    if not request.has_tools and "tool" not in profile.tool_choices:
        forced = ToolChoice("required")  # there is no other tool
    problem = ""
    if not profile.tools:
        problem = "structured output with this model"
    elif forced.mode not in profile.tool_choices:
        problem = (
            "an output type without a fixed, finite schema, for which this model cannot be forced "
            "to call a tool"
        )
    elif forced.mode not in profile.tool_choices_with_reasoning and request.settings.reasons:
        problem = "reasoning together with an output that requires a tool"
        if lenient:
            warnings.append(f"{problem} is not supported: reasoning is left out")
            settings = replace(request.settings, **dict.fromkeys(_REASONING))
            request, problem = replace(request, settings=settings), ""
    if problem:
        raise UnsupportedError(
            f"{provider} does not support {problem}; omit it, or use another model"
        )
    tool = ToolDefinition(
        name,
        output.description or OUTPUT_DESCRIPTION,
        {"type": "object"} if output.schema is None else output.schema,
        strict=output.strict and output.schema is not None and has_strict_tool(profile),
    )
    with_tool = replace(request, output=None, tools=(*request.tools, tool), tool_choice=forced)
    return with_tool, name


def output_tool_name(
    output: OutputSchema, tools: Sequence[ToolDefinition], longest_name: int = 64, /
) -> str:
    """Return the name of the tool whose arguments are the output.

    It is the output's name, with underscores if one of the caller's tools has the same name.
    """
    name, suffix = output.name, ""
    while any(tool.name == name + suffix for tool in tools):
        suffix += "_"
        name = name[: longest_name - len(suffix)]
    return name + suffix


def has_strict_tool(profile: Profile) -> bool:
    """Report whether the vendor enforces the schema of an output that comes from a tool."""
    return profile.strict_output_tool and profile.strict_tools


def _is_native(request: ChatRequest, output: OutputSchema, profile: Profile) -> bool:
    form: OutputForm = "strict" if output.strict else "schema"
    if output.schema is None:
        form = "object"
    return form in profile.native_output and not any(
        _has(request, each) for each in profile.native_output_without
    )


def _has(request: ChatRequest, what: str) -> bool:
    """Report whether a request has tools, or documents from files of the user."""
    if what == "tools":
        return request.has_tools
    return bool(request.provider_options.get(what)) or any(
        isinstance(part, FilePart)
        for message in request.messages
        if message.role == "user"
        for part in message.parts
    )
