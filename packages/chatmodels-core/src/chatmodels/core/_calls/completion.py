"""Completes a response for the caller: provider, model, timing, warnings, parsed output."""

from typing import TYPE_CHECKING, Any

import msgspec

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._errors.classes import OutputInvalidError
from chatmodels.core._values.parts import ProviderPart, TextPart
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from chatmodels.core._tools.output import Output


def complete_response(
    output: "Output[Any] | None", response: ChatResponse[Any], call: CallInfo
) -> ChatResponse[Any]:
    """Complete a response.

    Raises:
        OutputInvalidError: The output does not match the requested type.
        TypeError: It is not a `ChatResponse`.
    """
    if not isinstance(response, ChatResponse):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped providers and policies
        raise TypeError(f"{type(response).__qualname__} is not a ChatResponse")
    warnings = response.warnings
    if not call.is_delegated:  # the other model has added its own warnings
        warnings = call.warnings + warnings + _missing_call_warning(call.request, response)
    response = msgspec.structs.replace(
        response,
        provider=response.provider or call.provider,
        warnings=warnings,
        timing=call.timing(),
        failed_attempts=call.failed_attempts + response.failed_attempts,
        requested_model=response.requested_model or call.model,
        prices=response.prices if call.is_delegated else call.prices,
    )
    if response.parsed is not None:  # parsed inside the policies, so that they see its errors
        return response
    return parsed_response(response, output, call)


def parsed_response(
    response: ChatResponse[Any], output: "Output[Any] | None", call: CallInfo
) -> ChatResponse[Any]:
    """Return a response with its output parsed; unchanged without an output or with tool calls.

    It is unchanged, too, if the model paused, and if the output was omitted because the model does
    not support it.

    Raises:
        OutputInvalidError: The output does not match the requested type; `partial` is the response.
    """
    if output is None or response.tool_calls or not _requested(call):
        return response
    if response.finish_reason == "paused":  # the output is yet to come
        return response
    return msgspec.structs.replace(response, parsed=_parsed(output, response))


def collected_response(
    response: ChatResponse[Any], output: "Output[Any] | None", call: CallInfo
) -> ChatResponse[Any]:
    """Return a response with its output parsed, if that is not done: a policy made it."""
    return response if response.parsed is not None else parsed_response(response, output, call)


def with_partial_output(
    output: "Output[Any] | None", response: ChatResponse[Any], call: CallInfo
) -> ChatResponse[Any]:
    """Return the partial response of a stream, with the partial output as plain data."""
    has_output = response.refusal is None and not response.tool_calls and _requested(call)
    if output is None or not has_output:
        return response
    parsed = output.parse_partial(response.text)
    if parsed is None:  # a model can write comments before it
        texts = _texts(response)
        parsed = output.parse_partial(texts[-1]) if len(texts) > 1 else None
    return msgspec.structs.replace(response, parsed=parsed)


def _requested(call: CallInfo) -> bool:
    # The output is omitted from the request if the model does not support it.
    return call.request.output is not None or call.is_delegated


def _missing_call_warning(request: ChatRequest, response: ChatResponse[Any]) -> tuple[str, ...]:
    """Return a warning if the response lacks the required tool call; some servers ignore that."""
    choice = request.tool_choice
    if choice is None or choice.mode not in {"required", "tool"}:
        return ()
    if response.finish_reason != "stop" or response.tool_calls:
        return ()
    if any(isinstance(part, ProviderPart) for part in response.message.parts):
        return ()  # the vendor ran its own tool
    return (f"the model called no tool, although tool_choice is {choice.name or choice.mode!r}",)


def _parsed(output: "Output[Any]", response: ChatResponse[Any]) -> object:
    try:
        if response.refusal is not None:
            raise OutputInvalidError(f"the model refused: {response.refusal[:500]!r}")
        return _read(output, response)
    except OutputInvalidError as error:
        error.partial = response
        if reason := _ended_early(response):
            error.message = f"{reason} ({error})"
            error.args = (error.message,)
        raise


def _read(output: "Output[Any]", response: ChatResponse[Any]) -> object:
    """Parse the text, or only its last part: models write comments before it."""
    try:
        return output.parse(response.text)
    except OutputInvalidError as error:
        texts = _texts(response)
        if len(texts) < 2:
            raise
        try:
            return output.parse(texts[-1])
        except OutputInvalidError:
            raise error from error.__cause__


def _texts(response: ChatResponse[Any]) -> list[str]:
    return [part.text for part in response.message.parts if isinstance(part, TextPart)]


def _ended_early(response: ChatResponse[Any]) -> str:
    """Return the reason why an output is cut off or empty."""
    match response.finish_reason:
        case "length":
            return "the token limit cut the output off; raise max_output_tokens"
        case "content_filter":
            # Some providers name the filter in a warning.
            return "; ".join(("a content filter ended the response", *response.warnings))
        case _:
            return ""
