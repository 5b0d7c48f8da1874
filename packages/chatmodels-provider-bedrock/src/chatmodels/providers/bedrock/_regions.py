"""Where the models are: regions, and the addresses that follow from them."""

import os
import re

from msgspec.structs import replace

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import ProviderOptions
from chatmodels.http.wire import is_host_label, shown_name
from chatmodels.providers.bedrock._metadata import METADATA

_RUNTIME = "bedrock-runtime"
_HOST = r"//(?:[^/]*\.)?bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\."
_REGION = r"[a-z]{2,5}(-[a-z]+)+-[0-9]+"
_DOMAINS = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu"}
_TEXTS = ("region", "profile", "control_url")
_KEYS = ("aws_access_key_id", "credentials")


def placed(options: ProviderOptions) -> ProviderOptions:
    """Fill in the region and the address; keys that are passed count before an API key that is set.

    Raises:
        ConfigurationError: No region is known, or options are not acceptable; the message lists
            every problem.
    """
    extra = dict(options.extra)
    url = options.base_url if options.base_url != METADATA.base_url else None
    region = text_option(options, "region") or _region_in(url or "")
    region = region or _profile_region(text_option(options, "profile"))
    if problems := _problems(extra, region, needed=url is None):
        raise ConfigurationError(f"bedrock: {'; '.join(problems)}")
    if region is not None:
        extra["region"] = region
        url = url or f"https://{_RUNTIME}.{region}.{_domain(region)}"
    passed = not extra.keys().isdisjoint(_KEYS)
    key = options.api_key
    if key is not None and key.origin is not None and passed:
        key = None
    return replace(options, base_url=url, extra=extra, api_key=key)


def control_url(options: ProviderOptions) -> str:
    """Give the address at which models are listed; empty for where the models are."""
    if given := text_option(options, "control_url"):
        return given.rstrip("/")
    url = options.base_url or ""
    return url.replace(f"//{_RUNTIME}", "//bedrock", 1) if f"//{_RUNTIME}" in url else ""


def text_option(options: ProviderOptions, name: str) -> str | None:
    """Give an option that is a text, if it is set."""
    return _text(options.extra.get(name))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _problems(extra: dict[str, object], region: str | None, *, needed: bool) -> list[str]:
    problems = [
        f"{name} must be a str, not {type(extra[name]).__name__}"
        for name in _TEXTS
        if not isinstance(extra.get(name, ""), str)
    ]
    if control := _text(extra.get("control_url")):
        try:
            ProviderOptions(base_url=control)  # the same rule holds for both addresses
        except ConfigurationError as error:
            problems.append(error.message.replace("base_url", "control_url", 1))
    if region is None and needed and isinstance(extra.get("region", ""), str):
        problems.append("no region is known; set AWS_REGION or pass region=...")
    if region is not None and not (re.fullmatch(_REGION, region) and is_host_label(region)):
        problems.append(f"there is no region {shown_name(region)}; it is as in 'us-east-1'")
    if ("aws_access_key_id" in extra) != ("aws_secret_access_key" in extra):
        problems.append("aws_access_key_id and aws_secret_access_key come together")
    if "credentials" in extra and not hasattr(extra["credentials"], "get_frozen_credentials"):
        problems.append("credentials must be an object of botocore with get_frozen_credentials()")
    return problems


def _domain(region: str) -> str:
    return next((to for of, to in _DOMAINS.items() if region.startswith(of)), "amazonaws.com")


def _region_in(url: str) -> str | None:
    found = re.search(_HOST, url)
    return None if found is None else found[1]


def _profile_region(profile: str | None) -> str | None:
    """Look a region up in AWS's config file ("Configuration and credential file settings")."""
    from configparser import ConfigParser, Error

    path = os.path.expanduser(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config")
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (Error, UnicodeDecodeError):  # botocore will complain when it is asked
        return None
    section = "default" if profile in {None, "default"} else f"profile {profile}"
    return parser.get(section, "region", fallback=None)
