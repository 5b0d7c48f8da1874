"""Converts exceptions of a call to `ChatModelError`, with the place of the failure."""

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._errors.classes import ChatModelError, InternalError, StreamInterruptedError
from chatmodels.core._values.response import ChatResponse


def located(error: Exception, /, *, op: str, provider: str, model: str) -> ChatModelError:
    """Convert an exception to a `ChatModelError` with operation, provider and model."""
    if not isinstance(error, ChatModelError):
        from chatmodels.core._errors.pickling import masked_text

        wrapped = InternalError(
            f"{provider}:{model} failed with {type(error).__qualname__}: "
            f"{masked_text(str(error))[:500]}; "
            "this is a defect of its provider package or of a policy, please report it to its "
            "maintainers"
        )
        wrapped.__cause__ = error
        error = wrapped
    return error.located(op=op, provider=provider, model=model)


def located_in(call: CallInfo, error: Exception, /) -> ChatModelError:
    """Convert an exception to a `ChatModelError` with the facts of the call."""
    return located(error, op=call.op, provider=call.provider, model=call.model)


def failed(call: CallInfo, error: BaseException, /) -> BaseException:
    """End a call with an error, and return the error to raise; a cancellation is unchanged.

    Args:
        call: The call.
        error: The exception; its `partial`, if any, is the response for observers.
    """
    partial: ChatResponse | None = None
    if isinstance(error, Exception):
        error = located_in(call, error)
        error.failed_attempts = call.failed_attempts
        partial = error.partial
        if partial is not None:
            partial = error.partial = call.attributed(partial)
    call.end(partial, error)
    return error


def interrupted(call: CallInfo, partial: ChatResponse | None = None, /) -> StreamInterruptedError:
    """Return the error for a stream that ended without its terminal event."""
    name = f"{call.provider}:{call.model}"
    if partial is None:
        return StreamInterruptedError(f"the stream of {name} ended without any event; try again")
    return StreamInterruptedError(
        f"the stream of {name} ended without its terminal event; try again, or use the error's "
        "`partial`, the response so far",
        partial=partial,
    )
