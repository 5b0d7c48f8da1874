"""The warning about credentials that are sent over plain HTTP."""

import warnings
from functools import lru_cache

from chatmodels.core import ConfigurationError
from chatmodels.http._codec.conversation import endpoint_of

_THIS_MACHINE = ("localhost", "127.0.0.1")


class InsecureTransportWarning(UserWarning):
    """Credentials are sent to another machine over plain HTTP, where others can read them."""


@lru_cache(maxsize=256)
def warn_if_plaintext(base_url: str, provider: str, /) -> None:
    """Warn, once per address, if the address is plain HTTP to another machine.

    Args:
        base_url: The address that credentials are sent to.
        provider: The provider's registered name, for the message.

    Raises:
        ConfigurationError: Warnings are errors in this program.
    """
    if base_url.startswith("https://"):
        return
    if (endpoint_of(base_url) or "").partition(":")[0] in _THIS_MACHINE:
        return  # most servers without TLS; others need modules that are slow to import
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(base_url)
    except ValueError:  # the engine reports the invalid address
        return
    host = parts.hostname or ""
    if parts.scheme != "http" or _is_loopback(host):
        return
    message = (
        f"{provider}: credentials are sent over plain HTTP to {host}; use an https:// base_url, or "
        "ignore chatmodels.http.InsecureTransportWarning if the network can be trusted"
    )
    try:
        warnings.warn(message, InsecureTransportWarning, stacklevel=2)
    except InsecureTransportWarning as warning:  # a filter turns warnings into errors
        raise ConfigurationError(message) from warning


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
