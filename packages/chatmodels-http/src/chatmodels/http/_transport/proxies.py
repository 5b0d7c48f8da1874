"""The proxy for an address, passed or from the environment."""

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from chatmodels.http._transport.dns_names import dns_name
from chatmodels.http._transport.engine import TransferError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

SCHEMES = ("http", "https", "socks5", "socks5h")


class Proxy(NamedTuple):
    """The parts of a proxy's URL; the credentials are percent-encoded."""

    scheme: str
    host: str
    port: int | None
    username: str | None
    password: str | None


def proxy_for(address: str, proxy: str | None, /) -> str | None:
    """Return the URL of the proxy for an address: the one that was passed, or the environment's."""
    return environment_proxy(address) if proxy is None else proxy


def parse_proxy(url: str, /) -> Proxy:
    """Parse the URL of a proxy.

    Raises:
        TransferError: It is not valid; its credentials are not in the message.
    """
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError
        host, port = dns_name(parts.hostname), parts.port
    except ValueError:
        # The cause could contain a password that was not encoded.
        supported = ", ".join(SCHEMES)
        raise TransferError(
            "unusable", f"the address of the proxy is not an {supported} URL"
        ) from None
    return Proxy(parts.scheme, host, port, parts.username, parts.password)


def environment_proxy(url: str, /) -> str | None:
    """Find the proxy for an address in the environment.

    The variables are `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in lower case as
    well. On macOS and Windows, the settings of the system apply if none of them is set. A proxy
    without a scheme is an HTTP proxy.

    `NO_PROXY` lists hosts, which include their subdomains, hosts with a port, IP addresses with
    or without brackets, and ranges of addresses such as `10.0.0.0/8`. A `*` excludes all hosts.
    """
    if not _may_have_proxy():
        return None
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.netloc):
        return None
    if _is_excepted(parts.hostname or "", proxies.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _may_have_proxy() -> bool:
    """Report whether a proxy can be set; the import of the module that finds it takes 35 ms."""
    if sys.platform in {"darwin", "win32"}:  # in the settings of the system
        return True
    return any(name.lower().endswith("_proxy") for name in os.environ)


def _is_excepted(host: str, exceptions: str) -> bool:
    """Match the entries of `NO_PROXY` that the standard library does not support."""
    from ipaddress import ip_address

    entries = [entry.strip() for entry in exceptions.split(",")]
    if "*" in entries:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(_contains(entry, address) for entry in entries)


def _contains(entry: str, address: "IPv4Address | IPv6Address") -> bool:
    from ipaddress import ip_network

    try:
        return address in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False
