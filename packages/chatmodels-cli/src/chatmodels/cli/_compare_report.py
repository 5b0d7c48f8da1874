"""A measured call as plain data, for JSON, and as a line of figures."""

from typing import Any

from chatmodels.cli._failures import error_record
from chatmodels.cli._measured import MeasuredCall
from chatmodels.cli._records import figures, response_record


def record(spec: str, call: MeasuredCall, /) -> dict[str, Any]:
    """Return the facts of a call, for JSON."""
    found = {} if call.response is None else response_record(call.response)
    return found | {
        "spec": spec,
        "status": call.status,
        "first_token": call.first_token,
        "seconds": call.seconds,
        "tokens_per_second": call.tokens_per_second,
        "error": None if call.error is None else error_record(call.error),
    }


def summary(call: MeasuredCall, /) -> str:
    """Return the figures of a call in a line, or its failure."""
    if call.error is not None and not call.text:
        return f"failed: {call.error.code}"
    line = figures(call.usage, call.cost, seconds=call.seconds, first_event=call.first_token)
    return line if call.status in {"done", "running"} else f"{call.status} · {line}"
