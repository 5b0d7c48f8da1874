"""Google's providers: the Gemini API and Vertex AI."""

import re
from functools import partial

from msgspec.structs import replace

from chatmodels.core import ConfigurationError, Secret
from chatmodels.core.extending import ProviderOptions
from chatmodels.http import Codec, HttpProvider, SignerSource
from chatmodels.http.wire import is_host_label, is_path_name, shown_name
from chatmodels.providers.google._batches import GeminiBatches
from chatmodels.providers.google._codec import gemini_codec
from chatmodels.providers.google._credentials import Credentials, VertexTokens
from chatmodels.providers.google._encode import GEMINI_SETTINGS, VERTEX_SETTINGS
from chatmodels.providers.google._errors import read_failure
from chatmodels.providers.google._metadata import (
    GEMINI,
    GEMINI_METADATA,
    VERTEX,
    VERTEX_METADATA,
)
from chatmodels.providers.google._paths import Paths

_VERSION = re.compile(r"/v\d+(?:alpha|beta)?\d*")
_PROJECT = re.compile(r"[a-z0-9:.-]+")


def _is_project(name: str) -> bool:
    return _PROJECT.fullmatch(name) is not None and is_path_name(name)


_VALID = {"project": _is_project, "location": is_host_label}  # a location is part of the host


def codec(options: ProviderOptions) -> Codec:
    """Create the codec of the Gemini API for the options of a model."""
    paths = Paths(_version(options, "/v1beta"))
    host, version = "", paths.version
    if not version:  # the URLs of files have the version at another place
        host, _, last = (options.base_url or "").rstrip("/").rpartition("/")
        version = f"/{last}"
    batches = GeminiBatches(
        provider=GEMINI,
        failure=partial(read_failure, provider=GEMINI),
        path=paths.version,
        paths=paths,
        host=host,
        version=version,
    )
    return gemini_codec(GEMINI, GEMINI_SETTINGS, paths, batches)


def vertex_codec(options: ProviderOptions) -> Codec:
    """Create the codec of Vertex AI for the options that `vertex_options` returns."""
    project = options.extra.get("project")
    location = f"projects/{project}/locations/{_location(options)}/" if project else ""
    paths = Paths(_version(options, "/v1beta1"), location, "publishers/google/")
    return gemini_codec(VERTEX, VERTEX_SETTINGS, paths)


def vertex_options(options: ProviderOptions) -> ProviderOptions:
    """Return the options of a model on Vertex AI with the region's base URL and credentials.

    With a key, the project is removed, because a key belongs to a project. A function that returns
    tokens becomes the secret. Credentials become `VertexTokens`, so that pickles do not contain
    them.

    Raises:
        ConfigurationError: The options are contradictory or incomplete.
    """
    if _has_key(options):
        extra = {name: value for name, value in options.extra.items() if name != "project"}
        return replace(options, extra=extra)
    address = options.base_url or VERTEX_METADATA.base_url
    if address == VERTEX_METADATA.base_url:
        address = _address(_location(options))
    extra = dict(options.extra)
    credentials, secret = extra.pop("credentials", None), None
    if credentials is None or isinstance(credentials, Credentials):
        extra["credentials"] = VertexTokens(credentials)
    elif isinstance(credentials, VertexTokens):  # from the options in pickles of 0.1.0
        extra["credentials"] = credentials
    else:
        secret = Secret(credentials)  # pyright: ignore[reportArgumentType] - a function
    return replace(options, base_url=address, api_key=secret, extra=extra)


def vertex_signers(options: ProviderOptions) -> SignerSource | None:
    """Return the `VertexTokens` that `vertex_options` added to the options, if any."""
    tokens = options.extra.get("credentials")
    return tokens if isinstance(tokens, VertexTokens) else None


def _has_key(options: ProviderOptions) -> bool:
    """Check whether an API key is used: one that is passed, or a configured one as a fallback."""
    extra = options.extra
    credentials, project = extra.get("credentials"), extra.get("project")
    key = options.api_key
    if key is not None and key.origin is not None and (credentials, project) != (None, None):
        key = None
    problems: list[str] = []
    if credentials is not None and key is not None:
        problems.append("accepts credentials or an api_key, not both; omit one of them")
    usable = isinstance(credentials, Credentials | VertexTokens) or callable(credentials)
    if credentials is not None and not usable:
        problems.append(
            "accepts credentials of google-auth, or a function that returns an access token, not "
            f"{type(credentials).__name__}"
        )
    if key is None and project is None:
        problems.append(
            "has neither a project nor an API key; set GOOGLE_CLOUD_PROJECT or pass project=..., "
            "or pass api_key=..."
        )
    for name, accepts in _VALID.items():
        value = extra.get(name)
        if value is not None and not (isinstance(value, str) and accepts(value)):
            shown = shown_name(value) if isinstance(value, str) else repr(value)
            problems.append(f"has {shown} as {name}; pass its id in Google Cloud")
    if problems:
        raise ConfigurationError(f"google-vertex {'; '.join(problems)}")
    return key is not None


def _location(options: ProviderOptions) -> str:
    return str(options.extra.get("location") or "global")


def _address(location: str) -> str:
    """Return the base URL of a region ("Deployments and endpoints")."""
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in {"us", "eu"}:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


def _version(options: ProviderOptions, default: str) -> str:
    address = (options.base_url or "").rstrip("/")
    return "" if _VERSION.fullmatch(address, address.rfind("/")) else default


GEMINI_PROVIDER = HttpProvider(GEMINI_METADATA, codec)
"""The provider `google`: the Gemini API."""

VERTEX_PROVIDER = HttpProvider(
    VERTEX_METADATA, vertex_codec, complete=vertex_options, signers=vertex_signers
)
"""The provider `google-vertex`: Vertex AI."""
