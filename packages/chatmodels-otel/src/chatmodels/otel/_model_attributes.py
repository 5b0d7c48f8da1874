"""The attributes that all calls of a model have in common, computed once."""

import re
from typing import Any

from chatmodels.core import ChatResponse
from chatmodels.otel._semconv import (
    CHAT,
    ERROR_TYPE,
    OPENAI,
    OPENAI_API_TYPE,
    OPENAI_FINGERPRINT,
    OPENAI_SERVICE_TIER,
    OPERATION_NAME,
    OTHER,
    PROVIDER_NAME,
    PROVIDER_NAMES,
    REQUEST_MODEL,
    REQUEST_STREAM,
    RESPONSE_MODEL,
    SERVER_ADDRESS,
    SERVER_PORT,
)

Facts = dict[str, str | int | float | bool]

ResponseModel = tuple[str | None, str | None, str | None]
"""The model of a response; for OpenAI also the service tier and the system fingerprint."""

NO_RESPONSE_MODEL: ResponseModel = (None, None, None)

MAX_RESPONSE_MODELS = 64
"""The largest number of these for one requested model; further ones become `_OTHER`."""

_OTHER_RESPONSE_MODEL: ResponseModel = (OTHER, None, None)
_RESPONSE_ATTRIBUTES = (RESPONSE_MODEL, OPENAI_SERVICE_TIER, OPENAI_FINGERPRINT)

# In a text of the response, the quotes would have backslashes.
_FINGERPRINT = b'"system_fingerprint"'
_FINGERPRINT_VALUE = rb'"system_fingerprint"\s*:\s*"([\w.-]{1,64})"'


class ModelAttributes:
    """The constant attributes of one model at one base URL.

    Args:
        provider: The provider's registered name.
        model: The requested model.
        endpoint: The base URL, if any.
        api: The vendor's API, if it has several.
        propagates: Whether the trace context is sent to the server.

    Attributes:
        span_name: The name of the spans.
        registered: The provider's registered name.
        requested: The requested model.
        provider: The provider's name in the conventions.
        shared: The attributes that all signals have in common.
        whole: The initial attributes of the span of a whole call.
        streamed: The initial attributes of the span of a stream.
        substitute: The attributes for metrics of a model beyond the limit of models.
    """

    __slots__ = (
        "_attributes",
        "_response_models",
        "address",
        "is_openai",
        "propagates",
        "provider",
        "registered",
        "requested",
        "shared",
        "span_name",
        "streamed",
        "substitute",
        "whole",
    )

    def __init__(
        self,
        provider: str,
        model: str,
        endpoint: str | None,
        api: str | None = None,
        propagates: bool = False,
    ) -> None:
        self.registered = provider
        self.requested = model
        self.substitute: ModelAttributes | None = None
        self.propagates = propagates
        self.provider = PROVIDER_NAMES.get(provider, provider)
        self.is_openai = self.provider == OPENAI
        self.span_name = f"{CHAT} {model}"
        self.shared: Facts = {
            OPERATION_NAME: CHAT,
            PROVIDER_NAME: self.provider,
            REQUEST_MODEL: model,
        }
        self.address = server(endpoint)
        if self.address is not None:
            self.shared[SERVER_ADDRESS], self.shared[SERVER_PORT] = self.address
        self.whole: Facts = {**self.shared, **_provider_attributes(self.provider, api)}
        self.streamed: Facts = {**self.whole, REQUEST_STREAM: True}
        self._response_models: dict[ResponseModel, ResponseModel] = {}
        self._attributes: dict[tuple[ResponseModel, str | None], Facts] = {}

    def response_model(self, response: ChatResponse[Any]) -> ResponseModel:
        """Return the model of a response, from a bounded number: providers choose the names."""
        if self.is_openai:
            key = (response.model, response.service_tier, system_fingerprint(response))
        else:
            key = (response.model, None, None)
        response_model = self._response_models.get(key)
        if response_model is None:
            if len(self._response_models) >= MAX_RESPONSE_MODELS:
                return _OTHER_RESPONSE_MODEL
            response_model = self._response_models[key] = key
        return response_model

    def attributes(self, response_model: ResponseModel, error_type: str | None) -> Facts:
        """Return the attributes of a measurement, the same object each time."""
        key = (response_model, error_type)
        attributes = self._attributes.get(key)
        if attributes is None:
            attributes = dict(self.shared)
            for name, value in zip(_RESPONSE_ATTRIBUTES, response_model, strict=True):
                if value is not None:
                    attributes[name] = value
            if error_type is not None:
                attributes[ERROR_TYPE] = error_type
            self._attributes[key] = attributes
        return attributes


def system_fingerprint(response: ChatResponse[Any]) -> str | None:
    """Return OpenAI's id of the model's configuration, which only the payload contains."""
    payload = bytes(response.payload)
    at = payload.find(_FINGERPRINT)  # in long payloads, much faster than a regular expression
    match = None if at < 0 else re.match(_FINGERPRINT_VALUE, payload[at : at + 128])
    return None if match is None else match[1].decode()


def _provider_attributes(provider: str, api: str | None) -> Facts:
    """Return the attributes that the conventions of a provider require on all spans."""
    if provider == OPENAI and api is not None:
        return {OPENAI_API_TYPE: api}
    if provider == "azure.ai.inference":
        return {"azure.resource_provider.namespace": "Microsoft.CognitiveServices"}
    return {}


def server(endpoint: str | None) -> tuple[str, int] | None:
    """Return host and port of a base URL; None if there is none or it is not valid."""
    if endpoint is None:
        return None
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    return host, port or (80 if parts.scheme == "http" else 443)


def is_below_any(endpoint: str | None, bases: tuple[str, ...]) -> bool:
    """Return whether a URL is at or below one of some base URLs, compared by their parts."""
    if endpoint is None or not bases:
        return False
    return any(_is_below(endpoint, base) for base in bases)


def _is_below(endpoint: str, base: str) -> bool:
    from urllib.parse import urlsplit

    try:
        inner, outer = urlsplit(endpoint), urlsplit(base)
    except ValueError:
        return False
    path = outer.path.rstrip("/")
    return (
        inner.scheme == outer.scheme
        and server(endpoint) == server(base) is not None
        and (inner.path == path or inner.path.startswith(f"{path}/"))
    )
