"""What becomes of an answer before the caller gets it: told whose it is, timed, and parsed."""

from typing import TYPE_CHECKING, Any

import msgspec

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.prepare import Prepared
from chatmodels.core._errors import OutputInvalidError
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from chatmodels.core._tools.output import Output


def finish(prepared: Prepared, response: ChatResponse[Any], call: CallInfo) -> ChatResponse[Any]:
    """Complete an answer.

    Raises:
        OutputInvalidError: It is not of the type that was asked for.
        TypeError: It is no answer at all.
    """
    if not isinstance(response, ChatResponse):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped providers and policies
        raise TypeError(f"{type(response).__qualname__} is no ChatResponse")
    response = msgspec.structs.replace(
        response,
        provider=response.provider or call.provider,
        warnings=prepared.warnings + response.warnings,
        timing=call.timing(),
    )
    if prepared.output is None or response.tool_calls:
        return response
    return msgspec.structs.replace(response, parsed=_parsed(prepared.output, response))


def _parsed(output: "Output[Any]", response: ChatResponse[Any]) -> object:
    try:
        if response.refusal is not None:
            raise OutputInvalidError(f"the model refused: {response.refusal[:500]!r}")
        return output.parse(response.text)
    except OutputInvalidError as error:
        error.partial = response
        if response.finish_reason == "length":
            raise _cut_off(error)
        raise


def _cut_off(error: OutputInvalidError) -> OutputInvalidError:
    """Say first what is behind an output that stops in the middle."""
    error.message = f"the limit of tokens cut the answer off; raise max_output_tokens ({error})"
    error.args = (error.message,)
    return error
