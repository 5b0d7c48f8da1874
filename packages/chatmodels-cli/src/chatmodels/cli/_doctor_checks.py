"""The checks of `doctor` that need no network, and the selection of those that do."""

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import distributions, entry_points
from urllib.parse import urlsplit, urlunsplit
from urllib.request import getproxies

from chatmodels.cli._finding import Finding
from chatmodels.cli._providers import has_key, set_by, version_of
from chatmodels.core import ChatModelError, Secret, check_config
from chatmodels.core.extending import CONTRACT_VERSION, ProviderMetadata, provider


def installation_findings() -> list[Finding]:
    """Check packages, the configuration file, proxies and certificates."""
    return [*_packages(), *_optional_packages(), *_config_file(), *_proxies(), *_certificates()]


def _packages() -> Iterator[Finding]:
    area = "packages"
    yield Finding(area, "ok", f"Python {platform.python_version()} at {sys.executable}")
    versions = {
        each.name: each.version
        for each in distributions()
        if each.name == "chatmodels" or each.name.startswith("chatmodels-")
    }
    newest = versions["chatmodels-core"]
    yield Finding(area, "ok", f"chatmodels-core {newest} and {len(versions) - 1} other packages")
    for name in sorted(versions):
        if versions[name] != newest:
            yield Finding(
                area,
                "warning",
                f"{name} is {versions[name]}, and chatmodels-core is {newest}",
                f"pip install --upgrade {name} chatmodels-core",
            )


def _optional_packages() -> Iterator[Finding]:
    for name, purpose in (
        ("genai-prices", "the cost of calls"),
        ("chatmodels-mcp", "tools of MCP servers"),
        ("chatmodels-otel", "telemetry"),
    ):
        version = version_of(name)
        fact = f"{name} is not installed" if version is None else f"{name} {version}"
        remedy = f"for {purpose}: pip install {name}" if version is None else ""
        yield Finding("optional packages", "ok", fact, remedy)


def _config_file() -> Iterator[Finding]:
    path = os.environ.get("CHATMODELS_CONFIG")
    if not path:
        return
    area = "configuration file"
    try:
        check_config(path)
    except ChatModelError as error:
        yield Finding(area, "problem", error.message, f"chatmodels config check {path}")
    else:
        yield Finding(area, "ok", f"{path} is valid")


def _proxies() -> Iterator[Finding]:
    for scheme, url in sorted(getproxies().items()):
        if scheme == "no":
            yield Finding("network", "ok", f"no proxy for {url}")
        elif "://" not in url:
            yield Finding(
                "network",
                "problem",
                f"the proxy of {scheme} has no scheme: {masked(url)}",
                f"set {scheme.upper()}_PROXY to a URL, such as http://proxy.example:3128",
            )
        else:
            yield Finding("network", "ok", f"proxy for {scheme}: {masked(url)}")


def masked(url: str, /) -> str:
    """Return a URL without its credentials."""
    parts = urlsplit(url if "://" in url else f"//{url}")
    host = parts.netloc.rpartition("@")
    shown = parts._replace(netloc=f"***@{host[2]}" if host[1] else host[2])
    return urlunsplit(shown).removeprefix("//" if "://" not in url else "")


def _certificates() -> Iterator[Finding]:
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        path = os.environ.get(variable)
        if not path:
            continue
        if os.path.exists(path):
            yield Finding("network", "ok", f"certificates of {variable}: {path}")
        else:
            yield Finding(
                "network",
                "problem",
                f"{variable} names {path}, which does not exist",
                f"unset {variable}, or create the file",
            )


def provider_findings(name: str, /, *, online: bool, chosen: bool, timeout: float) -> list[Finding]:
    """Check a provider: its package, its key, and its server if it has a key or was chosen.

    Args:
        name: Its registered name.
        online: Whether requests may be sent.
        chosen: Whether the user named it.
        timeout: The time limit of each request in seconds.
    """
    try:
        metadata = provider(name).metadata
    except ChatModelError as error:
        return [Finding(name, "problem", error.message, _remedy(name))]
    findings = [_contract(metadata), *_key(metadata, chosen=chosen)]
    if online and (chosen or has_key(metadata)):
        from chatmodels.cli._doctor_network import network_findings

        findings += network_findings(metadata, timeout)
    return findings


def _remedy(name: str) -> str:
    found = entry_points(group="chatmodels.providers", name=name)
    owner = next((each.dist.name for each in found if each.dist is not None), None)
    return f"pip install --upgrade {owner} chatmodels-core" if owner else "chatmodels providers"


def _contract(metadata: ProviderMetadata) -> Finding:
    found = entry_points(group="chatmodels.providers", name=metadata.name)
    contract = next((each.value.partition("[")[2].rstrip("]") for each in found), "no entry point")
    version = version_of(metadata.distribution) or "of this program"
    fact = f"{metadata.distribution} {version}, {contract}, core has contract-{CONTRACT_VERSION}"
    return Finding(metadata.name, "ok", fact)


def _key(metadata: ProviderMetadata, *, chosen: bool) -> Iterator[Finding]:
    for option in metadata.options:
        variable = set_by(option)
        if not option.secret:
            continue
        if variable is None:
            if option.required:
                yield Finding(
                    metadata.name,
                    "problem" if chosen else "ok",
                    f"{option.name} is not set",
                    f"set {option.env[0]}" if option.env else "",
                )
            continue
        if not Secret(os.environ[variable]).sendable:
            yield Finding(
                metadata.name,
                "problem",
                f"{variable} contains spaces or characters that cannot be sent",
                f"copy the key again into {variable}, without quotes and line ends",
            )
        else:
            yield Finding(metadata.name, "ok", f"{variable} is set")
