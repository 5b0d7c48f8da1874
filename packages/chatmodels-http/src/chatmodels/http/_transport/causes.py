"""The reason why bytes did not come through, by the first cause of an error."""


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


def is_certificate_failure(error: BaseException, /) -> bool:
    """Report whether a `ConnectError` is due to a certificate that cannot be verified.

    Connection pools of httpcore raise `from None`, which moves the cause into the context. Other
    contexts do not count: they may be an error of another call, which the program is handling.
    """
    from ssl import SSLCertVerificationError

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, SSLCertVerificationError):
        cause = cause.__cause__ or (cause.__context__ if cause.__suppress_context__ else None)
    return cause is not None
