"""The warning about credentials that are sent over plain HTTP."""

import warnings
from functools import lru_cache

from chatmodels.core import ConfigurationError


class InsecureTransportWarning(UserWarning):
    """Credentials are sent over plain HTTP to another machine, and can be read on the way."""


@lru_cache(maxsize=256)
def warn_if_plaintext(base_url: str, provider: str, /) -> None:
    """Warn, once per address, if it leads to another machine over plain HTTP.

    Args:
        base_url: The address that credentials are sent to.
        provider: The provider's registered name, for the message.

    Raises:
        ConfigurationError: The program turns this warning into an error.
    """
    if base_url.startswith("https://"):
        return
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(base_url)
    except ValueError:  # the engine reports what is wrong with it
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
    except InsecureTransportWarning as warning:  # the program makes errors of warnings
        raise ConfigurationError(message) from warning


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
