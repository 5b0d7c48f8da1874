"""The error for a request without a recorded exchange, with the nearest one and the difference."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatmodels.core import ConfigurationError
from chatmodels.testing._recorder.matching import differences

_MOST = 8  # differences in a message


class MissingExchangeError(ConfigurationError):
    """No recorded exchange has the request; the message shows the nearest one.

    It is an error of the test: it is not retried, and a `Recorder` reports it again at its end, in
    case that the program handles it as a failed call.
    """


def missing_message(
    folder: Path, sent: dict[str, Any], recorded: Sequence[tuple[str, dict[str, Any], bool]], /
) -> str:
    """Describe a missing exchange.

    Args:
        folder: The folder of the exchanges.
        sent: The view of the request.
        recorded: The name, the view and the prior use of each recorded exchange.
    """
    request = f"{sent.get('method', '')} {sent.get('path', '')}".strip()
    remedy = "record it with --record=new, or everything again with --record=all"
    if not recorded:
        return f"no exchange is recorded in {folder} for {request}; record it with --record=once"
    used = [name for name, view, was_used in recorded if was_used and view == sent]
    if used:
        return (
            f"{request} is sent more often than it was recorded in {folder} ({', '.join(used)}); "
            f"pass repeat=True to replay it again, or {remedy}"
        )
    found = [(list(differences(view, sent)), name) for name, view, _ in recorded]
    nearest, name = min(found, key=lambda each: _distance(each[0]))
    lines = [f"  {each}" for each in nearest[:_MOST]]
    if len(nearest) > _MOST:
        lines.append(f"  and {len(nearest) - _MOST} more differences")
    listed = "\n".join(lines)
    return (
        f"none of the {len(recorded)} exchanges in {folder} has the request {request}; the nearest "
        f"is {name}, which differs here:\n{listed}\n{remedy}"
    )


def _distance(found: list[str]) -> int:
    # another path is another kind of request
    return len(found) + 100 * sum(each.startswith(("path", "method")) for each in found)
