"""Keeps secrets out of tracebacks: rich, loguru and `pytest -l` print local variables."""

from traceback import clear_frames


def forget_locals(error: BaseException, /) -> None:
    """Clear the local variables in the finished frames of an error and of its causes.

    Requests with their headers are local variables of HTTP libraries. The lines of the traceback
    stay. Only explicit causes are followed: an implicit context may be an exception of the
    caller, whose frames are not ours to clear.
    """
    pending, seen = [error], set[int]()
    while pending:
        found = pending.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        clear_frames(found.__traceback__)
        if found.__cause__ is not None:
            pending.append(found.__cause__)
        several: tuple[BaseException, ...] = getattr(found, "exceptions", ())
        pending.extend(several)
