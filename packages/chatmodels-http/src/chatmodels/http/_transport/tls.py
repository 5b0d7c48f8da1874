"""The TLS settings that all connections of the process share: loading certificates takes 20 ms."""

import os
import ssl
from functools import lru_cache
from threading import Lock

from chatmodels.http._transport.engine import TransferError

_locks: dict[int, Lock] = {}  # by process: who holds one during a fork is not in the child
_shared: list[ssl.SSLContext] = []


def tls_context() -> ssl.SSLContext:
    """Give the shared context, made when it is first asked for.

    It trusts the certificates of `SSL_CERT_FILE` or `SSL_CERT_DIR` if one of these is set, or else
    those that Mozilla trusts (as packaged by `certifi`).

    Raises:
        TransferError: They cannot be read.
    """
    with _locks.setdefault(os.getpid(), Lock()):
        if not _shared:
            _shared.append(_trusting())
        return _shared[0]


@lru_cache(maxsize=1)
def no_tls_context() -> ssl.SSLContext:
    """Give a context that trusts nobody, for connections without TLS: it costs nothing to make."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _trusting() -> ssl.SSLContext:
    file = os.environ.get("SSL_CERT_FILE") or None
    folder = os.environ.get("SSL_CERT_DIR") or None
    if file is None and folder is None:
        import certifi

        file = certifi.where()
    try:
        return ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:
        raise TransferError(
            "unusable",
            f"no certificates can be read from {file or folder} ({error}); see SSL_CERT_FILE and "
            "SSL_CERT_DIR",
        ) from error
