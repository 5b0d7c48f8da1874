"""Why bytes did not come through, in the words of whoever saw it first."""


def reason(error: BaseException, /) -> str:
    """Give the words of an error's first cause: the last one often says just that all failed."""
    words = str(error)
    cause = error.__cause__
    while cause is not None:
        several: tuple[BaseException, ...] = getattr(cause, "exceptions", ())
        if several:
            cause = several[0]
        else:
            words = str(cause) or words
            cause = cause.__cause__
    return words or type(error).__name__
