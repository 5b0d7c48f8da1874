"""Closes the iterators of providers; failures are only logged, since the result is complete."""

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._log import error_facts, logger


def close(source: object, call: CallInfo, /) -> None:
    """Close an iterator, if it can be closed."""
    method = getattr(source, "close", None)
    if method is not None:
        try:
            method()
        except Exception as error:
            _report(call, error)


async def aclose(source: object, call: CallInfo, /) -> None:
    """Close an async iterator, if it can be closed."""
    method = getattr(source, "aclose", None)
    if method is not None:
        try:
            await method()
        except Exception as error:
            _report(call, error)


def _report(call: CallInfo, error: Exception) -> None:
    facts = error_facts(error) | {"op": call.op, "provider": call.provider, "model": call.model}
    logger("chatmodels.calls").warning(
        "a stream of %r could not be closed: %s",
        f"{call.provider}:{call.model}",
        facts["error_type"],
        extra=facts,
    )
