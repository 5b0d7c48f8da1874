"""The first cause of a transfer error."""


def reason(error: BaseException, /) -> str:
    """Return the message of an error's first cause: later errors are often less specific."""
    message = str(error)
    cause = error.__cause__
    while cause is not None:
        group: tuple[BaseException, ...] = getattr(cause, "exceptions", ())
        if group:
            cause = group[0]
        else:
            message = str(cause) or message
            cause = cause.__cause__
    return message or type(error).__name__


def is_certificate_failure(error: BaseException, /) -> bool:
    """Report whether a `ConnectError` is due to a certificate that cannot be verified.

    Connection pools of httpcore raise `from None`, which moves the cause into the context. Other
    contexts are ignored: they can be errors of another call, which the program is handling.
    """
    from ssl import SSLCertVerificationError

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, SSLCertVerificationError):
        cause = cause.__cause__ or (cause.__context__ if cause.__suppress_context__ else None)
    return cause is not None
