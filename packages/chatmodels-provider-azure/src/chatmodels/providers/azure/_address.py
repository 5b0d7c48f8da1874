"""Where the endpoints of a resource are: Azure has three kinds of them.

* v1: `https://NAME.openai.azure.com/openai/v1/chat/completions`, the deployment in the body as
  the model ("Azure OpenAI in Microsoft Foundry Models v1 API");
* dated: `.../openai/deployments/DEPLOYMENT/chat/completions?api-version=2024-10-21` ("Azure
  OpenAI in Microsoft Foundry Models REST API reference");
* inference: `https://NAME.services.ai.azure.com/models/chat/completions?api-version=...`, for
  models of all makers ("Azure AI Model Inference API").
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
    """What stands between the base URL and the names of operations.

    Attributes:
        kind: The kind of endpoint.
        prefix: What stands before all paths.
        version: The version of the API; empty for none.
    """

    kind: Kind
    prefix: str = ""
    version: str = ""

    def chat(self, deployment: str) -> str:
        """Give the path for answers.

        Raises:
            InvalidRequestError: The deployment's name cannot be part of a URL.
        """
        if self.kind == "dated":
            name = path_name(deployment, "azure", "deployment")
            return self._path(f"/deployments/{name}/chat/completions")
        return self._path("/chat/completions")

    @property
    def responses(self) -> str:
        """The path for answers of the Responses API, which is at the v1 endpoints."""
        return self._path("/responses")

    @property
    def models(self) -> str | None:
        """The path of the listing of models; None if there is none."""
        return None if self.kind == "inference" else self._path("/models")

    @property
    def health(self) -> str:
        """The path of the cheapest thing to fetch."""
        return self.models or self._path("/info")

    def _path(self, path: str) -> str:
        query = f"?api-version={self.version}" if self.version else ""
        return f"{self.prefix}{path}{query}"


def address(base_url: str, version: str) -> Address:
    """Find out what kind of endpoint is wanted.

    Args:
        base_url: The resource, with or without `/openai`, `/openai/v1` or `/models` at its end.
        version: A date for the dated endpoints, "preview" for what is new in v1, or empty.

    Raises:
        ConfigurationError: The version is none, or the address is not that of a resource.
    """
    if version not in ("", "v1", "preview") and not _DATE.fullmatch(version):
        raise ConfigurationError(
            f"azure: api_version must be a date such as 2024-10-21, 'v1' or 'preview', not "
            f"{version!r}"
        )
    base = base_url.rstrip("/")
    if "/deployments/" in base or base.endswith(("/completions", "/responses")):
        raise ConfigurationError(
            "azure: base_url must be that of the resource, not of a deployment or an operation; "
            "end it before or after /openai, /openai/v1 or /models, and name the deployment as "
            "the model"
        )
    dated = bool(_DATE.fullmatch(version))
    # What is in the environment for other resources may be none of this one's.
    preview = version if version == "preview" else ""
    if base.endswith("/models"):
        return Address("inference", version=version if dated else _INFERENCE_VERSION)
    if base.endswith("/v1"):
        return Address("v1", version=preview)
    prefix = "" if base.endswith("/openai") else "/openai"
    return Address("dated", prefix, version) if dated else Address("v1", f"{prefix}/v1", preview)
