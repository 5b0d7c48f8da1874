"""What is the same for all calls of a model, worked out once."""

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

Answered = tuple[str | None, str | None, str | None]
"""The model that answered; of OpenAI's also the service tier and the system fingerprint."""

UNANSWERED: Answered = (None, None, None)

MAX_ANSWERS = 64
"""How many of these a model may have before the others are called `_OTHER`."""

_SOMETHING_ELSE: Answered = (OTHER, None, None)
_ANSWERED = (RESPONSE_MODEL, OPENAI_SERVICE_TIER, OPENAI_FINGERPRINT)

# Within a text of the answer the quotes would have backslashes.
_FINGERPRINT = b'"system_fingerprint"'
_FINGERPRINT_VALUE = rb'"system_fingerprint"\s*:\s*"([\w.-]{1,64})"'


class Plan:
    """The constant attributes of one model at one address.

    Args:
        provider: The provider's registered name.
        model: The model asked for.
        endpoint: The base URL that it is reached at, if any.
        api: Which of the vendor's APIs is spoken, if it has several.
        propagates: Whether the server is sent the trace context.

    Attributes:
        name: The name of the spans.
        provider: The provider's name in the conventions.
        shared: The attributes that all signals have in common.
        whole: Those that a span of a whole call starts with.
        streamed: Likewise, of a stream.
        stand_in: The plan to measure by, for a model that is one too many to be told apart.
    """

    __slots__ = (
        "_answers",
        "_attributes",
        "address",
        "is_openai",
        "model",
        "name",
        "propagates",
        "provider",
        "registered",
        "shared",
        "stand_in",
        "streamed",
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
        self.model = model
        self.stand_in: Plan | None = None
        self.propagates = propagates
        self.provider = PROVIDER_NAMES.get(provider, provider)
        self.is_openai = self.provider == OPENAI
        self.name = f"{CHAT} {model}"
        self.shared: Facts = {
            OPERATION_NAME: CHAT,
            PROVIDER_NAME: self.provider,
            REQUEST_MODEL: model,
        }
        self.address = server(endpoint)
        if self.address is not None:
            self.shared[SERVER_ADDRESS], self.shared[SERVER_PORT] = self.address
        self.whole: Facts = {**self.shared, **_particulars(self.provider, api)}
        self.streamed: Facts = {**self.whole, REQUEST_STREAM: True}
        self._answers: dict[Answered, Answered] = {}
        self._attributes: dict[tuple[Answered, str | None], Facts] = {}

    def answered(self, response: ChatResponse[Any]) -> Answered:
        """Tell by what a call was answered, as one of a bounded number: providers choose names."""
        if self.is_openai:
            answered = (response.model, response.service_tier, system_fingerprint(response))
        else:
            answered = (response.model, None, None)
        known = self._answers.get(answered)
        if known is None:
            if len(self._answers) >= MAX_ANSWERS:
                return _SOMETHING_ELSE
            known = self._answers[answered] = answered
        return known

    def attributes(self, answered: Answered, error_type: str | None) -> Facts:
        """Give the attributes of a measurement, the same object each time."""
        key = (answered, error_type)
        known = self._attributes.get(key)
        if known is None:
            known = dict(self.shared)
            for name, value in zip(_ANSWERED, answered, strict=True):
                if value is not None:
                    known[name] = value
            if error_type is not None:
                known[ERROR_TYPE] = error_type
            self._attributes[key] = known
        return known


def system_fingerprint(response: ChatResponse[Any]) -> str | None:
    """Find what OpenAI calls the configuration that a model ran in; no neutral value has it."""
    payload = bytes(response.payload)
    at = payload.find(_FINGERPRINT)  # long payloads are searched much faster for plain bytes
    found = None if at < 0 else re.match(_FINGERPRINT_VALUE, payload[at : at + 128])
    return None if found is None else found[1].decode()


def _particulars(provider: str, api: str | None) -> Facts:
    """Give what the conventions of a provider want on the spans of all its calls."""
    if provider == OPENAI and api is not None:
        return {OPENAI_API_TYPE: api}
    if provider == "azure.ai.inference":
        return {"azure.resource_provider.namespace": "Microsoft.CognitiveServices"}
    return {}


def server(endpoint: str | None) -> tuple[str, int] | None:
    """Read host and port of a base URL; None if there is none or it cannot be read."""
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


def under(endpoint: str | None, bases: tuple[str, ...]) -> bool:
    """Tell whether an address lies at or below one of some base URLs, compared by their parts."""
    if endpoint is None or not bases:
        return False
    return any(_below(endpoint, base) for base in bases)


def _below(endpoint: str, base: str) -> bool:
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
