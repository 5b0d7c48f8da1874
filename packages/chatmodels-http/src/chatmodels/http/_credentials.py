"""Keys of one request, and functions that run within the time limits of the attempt."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chatmodels.core import Secret
from chatmodels.core.extending import OutOfTimeError, running_library
from chatmodels.http._deadlines import Limits
from chatmodels.http._tracebacks import forget_locals

T = TypeVar("T")


def current_key(secret: Secret | None, limits: Limits) -> Secret | None:
    """Return the current key, still as a secret: local variables never contain its text.

    A function runs in a thread of its own, because a blocking function cannot be interrupted. A
    key that is a string is returned at once.

    Raises:
        AuthenticationError: There is no key.
        CallTimeoutError: The function has not returned in time.
    """
    if secret is None or secret.static:
        return _checked(secret)
    return within(limits, lambda: Secret(secret.reveal()))


async def acurrent_key(secret: Secret | None, limits: Limits) -> Secret | None:
    """Async version of `current_key`."""
    if secret is None or secret.static:
        return _checked(secret)

    async def reveal() -> Secret:
        return Secret(await secret.areveal())

    return await awithin(limits, reveal)


def _checked(secret: Secret | None) -> Secret | None:
    if secret is not None:
        secret.reveal()  # raises if the secret was left out of a pickle
    return secret


def within(limits: Limits, function: Callable[[], T]) -> T:
    """Run a function in a thread of its own, unless there is no time limit.

    Raises:
        CallTimeoutError: The function has not returned in time.
    """
    from chatmodels.http._transport.bounded import Worker

    worker = Worker()
    try:
        result = worker.run(limits.read(), function)
    except OutOfTimeError:
        raise limits.key_timeout() from None
    except BaseException as error:
        forget_locals(error)
        raise
    finally:
        worker.close()
    limits.connecting()
    return result


async def awithin(limits: Limits, function: Callable[[], Awaitable[T]]) -> T:
    """Async version of `within`, without a thread."""
    try:
        result = await running_library().within(limits.read(), function)
    except OutOfTimeError:
        raise limits.key_timeout() from None
    except BaseException as error:
        forget_locals(error)
        raise
    limits.connecting()
    return result
