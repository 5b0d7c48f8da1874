"""The TLS settings that all connections of the process share: loading certificates takes 20 ms."""

import os
import ssl
from functools import lru_cache
from threading import Lock

from chatmodels.http._transport.engine import TransferError

_locks: dict[int, Lock] = {}  # by process: a lock that is held during a fork is never released
_shared: list[ssl.SSLContext] = []


def tls_context() -> ssl.SSLContext:
    """Return the shared context, which is created at the first call.

    It trusts the certificates of `SSL_CERT_FILE` or `SSL_CERT_DIR` if one of these is set, or else
    those of Mozilla (as packaged by `certifi`).

    Raises:
        TransferError: The certificates cannot be read.
    """
    with _locks.setdefault(os.getpid(), Lock()):
        if not _shared:
            _shared.append(_create_context())
        return _shared[0]


@lru_cache(maxsize=1)
def no_tls_context() -> ssl.SSLContext:
    """Return a context without certificates, for connections without TLS: it is cheap to create."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _create_context() -> ssl.SSLContext:
    file = os.environ.get("SSL_CERT_FILE") or None
    folder = os.environ.get("SSL_CERT_DIR") or None
    if file is None and folder is None:
        import certifi

        file = certifi.where()
    try:
        context = ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:
        raise TransferError(
            "unusable",
            f"no certificates can be read from {file or folder} ({error}); check SSL_CERT_FILE and "
            "SSL_CERT_DIR",
        ) from error
    context.set_alpn_protocols(["http/1.1"])
    return context
