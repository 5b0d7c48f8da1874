"""Problems of a config file, each with the dotted key of its value."""

from typing import Any

Problem = tuple[str, str]
"""A dotted key of a file, and the problem of its value."""


def listed(problems: list[Problem], /) -> dict[str, Any]:
    """Return the message and the details of an error that lists problems."""
    lines = [f"{key}: {problem}" for key, problem in problems]
    return {
        "message": lines[0]
        if len(lines) == 1
        else f"{len(lines)} problems\n- " + "\n- ".join(lines),
        "details": {"problems": tuple({"key": key, "problem": text} for key, text in problems)},
    }
