"""The engines on httpcore, for what our own do not support; imported only then."""

from typing import TYPE_CHECKING

from chatmodels.http._transport.engine import TransferError

if TYPE_CHECKING:
    from chatmodels.http._transport.httpcore_async_engine import AsyncHttpcoreEngine
    from chatmodels.http._transport.httpcore_engine import HttpcoreEngine

_MISSING = "needs a library; try: pip install 'chatmodels-http[httpcore]'"


def httpcore_engine(proxy: str | None, /) -> "HttpcoreEngine":
    """Return an engine for SOCKS proxies and TLS to the proxy.

    Raises:
        TransferError: httpcore is not installed.
    """
    try:
        from chatmodels.http._transport.httpcore_engine import HttpcoreEngine
    except ImportError as error:
        raise TransferError("unusable", f"a SOCKS or HTTPS proxy {_MISSING}") from error
    return HttpcoreEngine(proxy)


def httpcore_async_engine(proxy: str | None, /) -> "AsyncHttpcoreEngine":
    """Return an engine for trio, SOCKS proxies and TLS to the proxy.

    Raises:
        TransferError: httpcore is not installed.
    """
    try:
        from chatmodels.http._transport.httpcore_async_engine import AsyncHttpcoreEngine
    except ImportError as error:
        message = f"an async call under trio, or through a SOCKS or HTTPS proxy, {_MISSING}"
        raise TransferError("unusable", message) from error
    return AsyncHttpcoreEngine(proxy)
