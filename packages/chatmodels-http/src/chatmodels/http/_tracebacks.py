"""Clears local variables from tracebacks: rich, loguru and `pytest -l` print their secrets."""


def forget_locals(error: BaseException, /) -> None:
    """Clear the local variables in the finished frames of an error and of its causes.

    Local variables of HTTP libraries contain requests with their headers. The lines of the
    traceback stay. Only explicit causes are followed: an implicit context can be an exception of
    the caller, whose frames must not be cleared.
    """
    from traceback import clear_frames  # not at the top: only failures need it

    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        clear_frames(current.__traceback__)
        if current.__cause__ is not None:
            pending.append(current.__cause__)
        group: tuple[BaseException, ...] = getattr(current, "exceptions", ())
        pending.extend(group)
