"""Keys and signers of one request, fetched within the time limits of the attempt."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chatmodels.core import Secret
from chatmodels.http._deadlines import Limits
from chatmodels.http._signing import Signer, SignerSource
from chatmodels.http._tracebacks import forget_locals

T = TypeVar("T")


def revealed(secret: Secret | None, limits: Limits) -> Secret | None:
    """Return the key that is valid now, still as a secret: local variables never hold its text.

    A function runs in a thread of its own, because a blocking function cannot be interrupted. A
    key that is a text costs nothing.

    Raises:
        AuthenticationError: There is no key.
        CallTimeoutError: The function has not returned in time.
    """
    if secret is None or secret.static:
        return _at_hand(secret)
    return _within(limits, lambda: Secret(secret.reveal()))


async def arevealed(secret: Secret | None, limits: Limits) -> Secret | None:
    """Return the key that is valid now; the twin of `revealed`."""
    if secret is None or secret.static:
        return _at_hand(secret)

    async def reveal() -> Secret:
        return Secret(await secret.areveal())

    return await _awithin(limits, reveal)


def fetched(signers: SignerSource, limits: Limits, rejected: Signer | None = None) -> Signer:
    """Fetch credentials.

    Raises:
        ChatModelError: There are none, or they cannot be had now.
        CallTimeoutError: The function has not returned in time.
    """
    return _within(limits, lambda: signers.fetch(rejected))


async def afetched(signers: SignerSource, limits: Limits, rejected: Signer | None = None) -> Signer:
    """Fetch credentials while the event loop goes on; the twin of `fetched`."""
    from anyio.to_thread import run_sync

    return await _awithin(limits, lambda: run_sync(signers.fetch, rejected, abandon_on_cancel=True))


def _at_hand(secret: Secret | None) -> Secret | None:
    if secret is not None:
        secret.reveal()  # raises if it stayed behind when the model was pickled
    return secret


def _within(limits: Limits, function: Callable[[], T]) -> T:
    from chatmodels.http._transport.bounded import OutOfTimeError, Worker

    worker = Worker()
    try:
        found = worker.run(limits.read(), function)
    except OutOfTimeError:
        raise limits.key_late() from None
    except BaseException as error:
        forget_locals(error)
        raise
    finally:
        worker.close()
    limits.connecting()
    return found


async def _awithin(limits: Limits, function: Callable[[], Awaitable[T]]) -> T:
    from anyio import move_on_after

    try:
        with move_on_after(limits.read()):
            found = await function()
            limits.connecting()
            return found
    except BaseException as error:
        forget_locals(error)
        raise
    raise limits.key_late()
