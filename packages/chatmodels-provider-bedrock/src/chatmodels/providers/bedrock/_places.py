"""Where the models are: regions, and the addresses that follow from them."""

import os
import re
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from pathlib import Path

from msgspec.structs import replace

from chatmodels.core import ConfigurationError, ProviderOptions
from chatmodels.providers.bedrock._metadata import METADATA

_RUNTIME = "bedrock-runtime"
_HOST = re.compile(r"//(?:[^/]*\.)?bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")
_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-\d+")
_DOMAINS = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu"}
_TEXTS = ("region", "profile", "control_url")


def placed(options: ProviderOptions) -> ProviderOptions:
    """Fill in the region and the address; keys that are passed count before an API key that is set.

    Raises:
        ConfigurationError: No region is known, or options are not acceptable; the message lists
            every problem.
    """
    extra = dict(options.extra)
    problems = [
        f"{name} must be a str, not {type(extra[name]).__name__}"
        for name in _TEXTS
        if not isinstance(extra.get(name, ""), str)
    ]
    keys = ("aws_access_key_id" in extra, "aws_secret_access_key" in extra)
    if any(keys) and not all(keys):
        problems.append("aws_access_key_id and aws_secret_access_key come together")
    if "credentials" in extra and not hasattr(extra["credentials"], "get_frozen_credentials"):
        problems.append("credentials must be an object of botocore with get_frozen_credentials()")
    if problems:
        raise ConfigurationError(f"bedrock: {'; '.join(problems)}")
    url = options.base_url if options.base_url != METADATA.base_url else None
    region = text_option(options, "region") or _region_in(url or "")
    region = region or _profile_region(text_option(options, "profile"))
    if region is not None and not _REGION.fullmatch(region):
        raise ConfigurationError(f"bedrock: there is no region {region!r}; it is as in 'us-east-1'")
    if url is None:
        if region is None:
            raise ConfigurationError("bedrock has no region; set AWS_REGION or pass region=...")
        domain = next((to for of, to in _DOMAINS.items() if region.startswith(of)), "amazonaws.com")
        url = f"https://{_RUNTIME}.{region}.{domain}"
    if region is not None:
        extra["region"] = region
    origin = None if options.api_key is None else options.api_key.origin
    signs = origin is not None and (all(keys) or "credentials" in extra)
    return replace(options, base_url=url, extra=extra, api_key=None if signs else options.api_key)


def control_url(options: ProviderOptions) -> str:
    """Give the address at which models are listed; empty for where the models are."""
    if given := text_option(options, "control_url"):
        return given.rstrip("/")
    url = options.base_url or ""
    return url.replace(f"//{_RUNTIME}", "//bedrock", 1) if f"//{_RUNTIME}" in url else ""


def text_option(options: ProviderOptions, name: str) -> str | None:
    """Give an option that is a text, if it is set."""
    found = options.extra.get(name)
    return found if isinstance(found, str) and found else None


def _region_in(url: str) -> str | None:
    found = _HOST.search(url)
    return None if found is None else found[1]


def _profile_region(profile: str | None) -> str | None:
    """Look a region up in AWS's config file ("Configuration and credential file settings")."""
    path = Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (ConfigParserError, UnicodeDecodeError):  # botocore will complain when it is asked
        return None
    section = "default" if profile in {None, "default"} else f"profile {profile}"
    return parser.get(section, "region", fallback=None)
