"""What becomes of the errors of a call: ours, with their place, whatever was raised."""

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._errors.classes import ChatModelError, InternalError, StreamInterruptedError
from chatmodels.core._values.response import ChatResponse


def located(error: Exception, /, *, op: str, provider: str, model: str) -> ChatModelError:
    """Make sure that an error is one of ours and says where it happened."""
    if not isinstance(error, ChatModelError):
        from chatmodels.core._errors.pickling import masked_text

        wrapped = InternalError(
            f"{provider}:{model} failed with {type(error).__qualname__}: "
            f"{masked_text(str(error))[:500]}; "
            "this is a defect of its provider package or of a policy, please report it there"
        )
        wrapped.__cause__ = error
        error = wrapped
    return error.located(op=op, provider=provider, model=model)


def located_in(call: CallInfo, error: Exception, /) -> ChatModelError:
    """Make sure that an error is one of ours and says in which call it happened."""
    return located(error, op=call.op, provider=call.provider, model=call.model)


def failed(call: CallInfo, error: BaseException, /) -> BaseException:
    """End a call for an error and give the error to raise, which for a cancellation is the same.

    Args:
        call: The call.
        error: What was raised; its `partial`, if it has one, is what observers see as response.
    """
    partial: ChatResponse | None = None
    if isinstance(error, Exception):
        error = located_in(call, error)
        error.failed_attempts = call.failed_attempts
        partial = error.partial
    call.end(partial, error)
    return error


def interrupted(call: CallInfo, partial: ChatResponse | None = None, /) -> StreamInterruptedError:
    """Tell that a stream ended, but the answer did not."""
    name = f"{call.provider}:{call.model}"
    if partial is None:
        return StreamInterruptedError(f"the stream of {name} ended without any event; try again")
    return StreamInterruptedError(
        f"the stream of {name} ended without its terminal event; try again, or use the error's "
        "`partial`, which holds what had arrived",
        partial=partial,
    )
