"""The rules for calling another model after a failed one, within the same call."""

from collections.abc import Callable

from msgspec.structs import replace

from chatmodels.core import ChatModelError, ChatRequest
from chatmodels.core.extending import CallInfo, error_facts, logger

_LEAST = 1e-3


def can_replace(
    call: CallInfo, request: ChatRequest, error: ChatModelError, clock: Callable[[], float], /
) -> bool:
    """Report whether another model may be called; if not, add the reason to the error as a note."""
    if not request.idempotent:
        reason = "the request is not idempotent"
    elif call.deadline is not None and clock() >= call.deadline:
        reason = f"the total timeout of {call.timeout.total} s is over"
    else:
        return True
    error.add_note(f"no other model was called: {reason}")
    return False


def within_total(
    call: CallInfo, request: ChatRequest, clock: Callable[[], float], /
) -> ChatRequest:
    """Limit the next model to the rest of the total time."""
    timeout = request.timeout
    if timeout is None or timeout.total is None or call.deadline is None:
        return request
    remaining = max(call.deadline - clock(), _LEAST)
    return replace(request, timeout=replace(timeout, total=remaining))


def log_replacement(call: CallInfo, error: ChatModelError, /) -> None:
    """Log that another model is called after an error."""
    facts = error_facts(error) | {"op": call.op}
    logger("chatmodels.resilience").warning(
        "%s of %r failed: %s; the next model is called",
        call.op,
        f"{error.provider or call.provider}:{error.model or call.model}",  # None: of a policy
        facts["code"],
        extra=facts,
    )
