"""The checks of `doctor` that send requests: TLS, latency, the clock, and the key."""

import os
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from importlib import import_module
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPErrorProcessor, HTTPSHandler, Request, build_opener

from chatmodels.cli._finding import Finding
from chatmodels.cli._providers import missing_key, set_by
from chatmodels.core import ChatModelError, check_health, registry
from chatmodels.core.extending import ProviderMetadata

_MAX_SKEW = 60.0
"""Seconds; requests that are signed, as those to Amazon, are refused at 300."""

_SLOW = 1.0
"""Seconds of a connection and an empty response above which a remark is useful."""


class Reached(NamedTuple):
    """A response of a server, whatever its status.

    Attributes:
        seconds: The duration of connection, TLS and response.
        date: The time of the server in Unix seconds; None if it sends none.
    """

    seconds: float
    date: float | None


def network_findings(metadata: ProviderMetadata, timeout: float, /) -> Iterator[Finding]:
    """Check the server of a provider."""
    url = _base_url(metadata)
    if url is not None:
        yield from server_findings(metadata.name, url, timeout)
    if missing_key(metadata) is not None:
        return
    report = check_health([metadata.name], timeout=timeout)[metadata.name]
    if report.status == "healthy":
        milliseconds = f"{(report.latency or 0) * 1000:.0f} ms"
        yield Finding(metadata.name, "ok", f"a request was accepted in {milliseconds}")
    else:
        remedy = _REMEDIES.get(report.code or "", "")
        status = "problem" if report.status == "unhealthy" else "warning"
        yield Finding(metadata.name, status, report.message, remedy)


def _base_url(metadata: ProviderMetadata) -> str | None:
    try:
        return registry.provider_options(metadata.name).base_url
    except ChatModelError:  # which is reported elsewhere
        named = (set_by(each) for each in metadata.options if each.name == "base_url")
        variable = next(named, None)
        return metadata.base_url if variable is None else os.environ[variable]


_REMEDIES = {
    "authentication": "create a new key at the vendor, and set it",
    "permission_denied": "permit the key to list models, or use another project",
    "quota_exceeded": "add credit to the account",
    "network": "check the address, the proxy and the firewall; is a local server running?",
    "timeout": "check the proxy and the firewall, or pass a longer --timeout",
}


def server_findings(
    name: str,
    url: str,
    timeout: float,
    /,
    *,
    clock: Callable[[], float] = time.time,
    reach: "Callable[[str, float], Reached] | None" = None,
) -> Iterator[Finding]:
    """Check that a server can be reached, and its time.

    Args:
        name: The provider.
        url: The address.
        timeout: The time limit in seconds.
        clock: The time of this computer, in Unix seconds.
        reach: The function that sends a request.
    """
    host = address = url.rpartition("@")[2]
    try:
        host = urlsplit(url).netloc.rpartition("@")[2] or address
        reached = (reach or _reach)(url, timeout)
    except ssl.SSLCertVerificationError as error:
        yield Finding(
            name,
            "problem",
            f"the certificate of {host} is not trusted: {error}",
            "set SSL_CERT_FILE to the certificates of your company's proxy, or correct the clock",
        )
        return
    except ssl.SSLError as error:
        fact = f"no TLS connection to {host}: {error}"
        yield Finding(name, "problem", fact, "check that the address is one of https")
        return
    except OSError as error:
        fact = f"{host} cannot be reached: {error}"
        yield Finding(name, "problem", fact, _REMEDIES["network"])
        return
    except HTTPException as error:
        fact = f"{host} does not respond with HTTP: {error!r}"
        yield Finding(name, "problem", fact, "check the host, the port and the scheme")
        return
    except ValueError as error:
        fact = f"{address} is not a URL: {type(error).__name__}"
        yield Finding(name, "problem", fact, "begin the base URL with https:// or http://")
        return
    secure = "by TLS" if url.startswith("https:") else "without TLS"
    slow = reached.seconds > _SLOW
    yield Finding(
        name,
        "warning" if slow else "ok",
        f"{host} reached {secure} in {reached.seconds * 1000:.0f} ms",
        "choose a nearer region or proxy" if slow else "",
    )
    if reached.date is not None:
        skew = clock() - reached.date
        if abs(skew) > _MAX_SKEW:
            direction = "ahead of" if skew > 0 else "behind"
            yield Finding(
                name,
                "problem",
                f"the clock is {abs(skew):.0f} s {direction} that of {host}",
                "synchronize the clock of this computer; signed requests are refused",
            )


class _AnyStatus(HTTPErrorProcessor):
    """Returns each response as it is: a status other than 200 is one, and so is a redirect."""

    def http_response(self, request: Request, response: object) -> object:
        return response

    https_response = http_response


def _reach(url: str, timeout: float) -> Reached:
    """Request the address without a key, through the proxies of the environment.

    Raises:
        OSError: There is no response.
        HTTPException: The response is not one of HTTP.
        ValueError: The address is not a URL.
    """
    began = time.monotonic()
    request = Request(url, method="HEAD", headers={"User-Agent": "chatmodels-cli"})  # noqa: S310 - of the provider
    try:
        opener = build_opener(_AnyStatus, HTTPSHandler(context=_trust()))
        with opener.open(request, timeout=timeout) as response:
            date = response.headers.get("Date")
    except URLError as error:
        raise (error.reason if isinstance(error.reason, OSError) else error) from error
    seconds = time.monotonic() - began
    return Reached(seconds, _timestamp(date))


def _trust() -> ssl.SSLContext:
    """Return the certificates that calls trust: those of the environment, or of certifi."""
    context = ssl.create_default_context()
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        with suppress(ImportError):  # without a provider that uses HTTP
            context.load_verify_locations(import_module("certifi").where())
    return context


def _timestamp(date: str | None) -> float | None:
    try:
        return None if date is None else parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
