"""Addresses of the three kinds of endpoints that Azure has.

* v1: `https://NAME.openai.azure.com/openai/v1/chat/completions`, with the deployment as the model
  in the body ("Azure OpenAI in Microsoft Foundry Models v1 API");
* dated: `.../openai/deployments/DEPLOYMENT/chat/completions?api-version=2024-10-21` ("Azure
  OpenAI in Microsoft Foundry Models REST API reference");
* inference: `https://NAME.services.ai.azure.com/models/chat/completions?api-version=...`, for
  models of all vendors ("Azure AI Model Inference API").
"""

import re
from typing import Literal

import msgspec

from chatmodels.core import ConfigurationError
from chatmodels.http.wire import path_name

Kind = Literal["v1", "dated", "inference"]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?", re.ASCII)
_INFERENCE_VERSION = "2024-05-01-preview"


class Address(msgspec.Struct, frozen=True):
    """The kind of an endpoint, and the parts of its paths.

    Attributes:
        kind: The kind of endpoint.
        prefix: The prefix of all paths.
        version: The `api-version` query parameter; empty to omit it.
    """

    kind: Kind
    prefix: str = ""
    version: str = ""

    def chat(self, deployment: str) -> str:
        """Return the path of chat completions.

        Raises:
            InvalidRequestError: The deployment's name cannot be part of a URL.
        """
        if self.kind == "dated":
            name = path_name(deployment, "azure", "deployment")
            return self._path(f"/deployments/{name}/chat/completions")
        return self._path("/chat/completions")

    @property
    def responses(self) -> str:
        """The path of the Responses API, which only v1 endpoints have."""
        return self._path("/responses")

    @property
    def models(self) -> str | None:
        """The path of the model listing; None if the endpoint has none."""
        return None if self.kind == "inference" else self._path("/models")

    @property
    def health(self) -> str:
        """The path of the cheapest GET request."""
        return self.models or self._path("/info")

    def _path(self, path: str) -> str:
        query = f"?api-version={self.version}" if self.version else ""
        return f"{self.prefix}{path}{query}"


def address(base_url: str, version: str) -> Address:
    """Derive the address of an endpoint.

    Args:
        base_url: The resource URL, with or without `/openai`, `/openai/v1` or `/models` at the end.
        version: A date for the dated endpoints, "preview" for preview features of v1, or empty.

    Raises:
        ConfigurationError: The version is invalid, or the URL is not that of a resource.
    """
    if version not in ("", "v1", "preview") and not _DATE.fullmatch(version):
        raise ConfigurationError(
            f"azure: api_version must be a date such as 2024-10-21, 'v1' or 'preview', not "
            f"{version!r}"
        )
    base = base_url.rstrip("/")
    if "/deployments/" in base or base.endswith(("/completions", "/responses")):
        raise ConfigurationError(
            "azure: base_url must be the URL of the resource, not of a deployment or an operation; "
            "end it before or after /openai, /openai/v1 or /models, and pass the deployment as the "
            "model"
        )
    dated = bool(_DATE.fullmatch(version))
    # A version from the environment can belong to another resource.
    preview = version if version == "preview" else ""
    if base.endswith("/models"):
        return Address("inference", version=version if dated else _INFERENCE_VERSION)
    if base.endswith("/v1"):
        return Address("v1", version=preview)
    prefix = "" if base.endswith("/openai") else "/openai"
    return Address("dated", prefix, version) if dated else Address("v1", f"{prefix}/v1", preview)
