"""The proxy for an address, from the environment."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def environment_proxy(url: str, /) -> str | None:
    """Find the proxy for an address in the environment.

    The variables are `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in lower case as
    well. On macOS and Windows, the settings of the system apply if none of them is set. A proxy
    without a scheme is an HTTP proxy.

    `NO_PROXY` lists hosts, which include their subdomains, hosts with a port, IP addresses with
    or without brackets, and ranges of addresses such as `10.0.0.0/8`. A `*` excludes all hosts.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.netloc):
        return None
    if _is_excepted(parts.hostname or "", proxies.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_excepted(host: str, exceptions: str) -> bool:
    """Match the entries of `NO_PROXY` that the standard library does not support."""
    entries = [entry.strip() for entry in exceptions.split(",")]
    if "*" in entries:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(_contains(entry, address) for entry in entries)


def _contains(entry: str, address: IPv4Address | IPv6Address) -> bool:
    try:
        return address in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False
