"""Regions, and the endpoints that follow from them."""

import os
import re

from msgspec.structs import replace

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import ProviderOptions
from chatmodels.http.wire import is_host_label, shown_name
from chatmodels.providers.bedrock._metadata import METADATA
from chatmodels.providers.bedrock._s3 import S3_URI

_RUNTIME = "bedrock-runtime"
_HOST = r"//(?:[^/]*\.)?bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\."
_REGION = r"[a-z]{2,5}(-[a-z]+)+-[0-9]+"
_DOMAINS = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu"}
_URLS = ("control_url", "s3_url")
_TEXTS = ("region", "profile", *_URLS)
_BATCH_OPTIONS = {
    "batch_role_arn": (r"arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+", "the ARN of an IAM role"),
    "batch_s3_uri": (S3_URI, "a location such as 's3://bucket/folder'"),
    "batch_output_s3_uri": (S3_URI, "a location such as 's3://bucket/folder'"),
}
_KEYS = ("aws_access_key_id", "credentials")


def with_region(options: ProviderOptions) -> ProviderOptions:
    """Return options with region and base URL; passed keys override a configured API key.

    Raises:
        ConfigurationError: The region is unknown, or options are invalid; the message lists every
            problem.
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
    """Return the URL that lists models; empty if it is the base URL."""
    if configured := text_option(options, "control_url"):
        return configured.rstrip("/")
    url = options.base_url or ""
    return url.replace(f"//{_RUNTIME}", "//bedrock", 1) if f"//{_RUNTIME}" in url else ""


def storage_url(options: ProviderOptions) -> str:
    """Return the URL of S3; empty if the region is unknown."""
    if configured := text_option(options, "s3_url"):
        return configured.rstrip("/")
    region = text_option(options, "region")
    return f"https://s3.{region}.{_domain(region)}" if region else ""


def bucket_urls(options: ProviderOptions) -> tuple[str, ...]:
    """Return the beginnings of the URLs of the buckets of batches, and of what they contain."""
    uris = (text_option(options, name) for name in ("batch_s3_uri", "batch_output_s3_uri"))
    buckets = {uri.split("/")[2] for uri in uris if uri}
    url = storage_url(options)
    return tuple(f"{url}/{bucket}{end}" for bucket in sorted(buckets) for end in "/?")


def text_option(options: ProviderOptions, name: str) -> str | None:
    """Return an option if it is set and a string."""
    return _text(options.extra.get(name))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _problems(extra: dict[str, object], region: str | None, *, needed: bool) -> list[str]:
    problems = [
        f"{name} must be a str, not {type(extra[name]).__name__}"
        for name in _TEXTS
        if not isinstance(extra.get(name, ""), str)
    ]
    for name in _URLS:
        if url := _text(extra.get(name)):
            try:
                ProviderOptions(base_url=url)  # the same rule applies to all URLs
            except ConfigurationError as error:
                problems.append(error.message.replace("base_url", name, 1))
    problems += [
        f"{name} must be {form}, not {extra[name]!r}"
        for name, (pattern, form) in _BATCH_OPTIONS.items()
        if name in extra and not re.fullmatch(pattern, _text(extra[name]) or "")
    ]
    if region is None and needed and isinstance(extra.get("region", ""), str):
        problems.append("the region is unknown; set AWS_REGION or pass region=...")
    if region is not None and not (re.fullmatch(_REGION, region) and is_host_label(region)):
        problems.append(
            f"the region {shown_name(region)} is invalid; use a name such as 'us-east-1'"
        )
    if ("aws_access_key_id" in extra) != ("aws_secret_access_key" in extra):
        problems.append("aws_access_key_id and aws_secret_access_key must be passed together")
    if "credentials" in extra and not hasattr(extra["credentials"], "get_frozen_credentials"):
        problems.append("credentials must be a botocore object with get_frozen_credentials()")
    return problems


def _domain(region: str) -> str:
    domains = (domain for prefix, domain in _DOMAINS.items() if region.startswith(prefix))
    return next(domains, "amazonaws.com")


def _region_in(url: str) -> str | None:
    match = re.search(_HOST, url)
    return None if match is None else match[1]


def _profile_region(profile: str | None) -> str | None:
    """Look up a region in the AWS config file ("Configuration and credential file settings")."""
    from configparser import ConfigParser, Error

    path = os.path.expanduser(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config")
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (Error, UnicodeDecodeError):  # botocore reports the error when it loads credentials
        return None
    section = "default" if profile in {None, "default"} else f"profile {profile}"
    return parser.get(section, "region", fallback=None)
