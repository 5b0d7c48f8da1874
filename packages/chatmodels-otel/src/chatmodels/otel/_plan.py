"""What is the same for all calls of a model, worked out once."""

from chatmodels.otel._semconv import (
    CHAT,
    ERROR_TYPE,
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

MAX_RESPONSE_MODELS = 64
"""How many names a provider may answer under before the others are called `_OTHER`."""


class Plan:
    """The constant attributes of one model at one address.

    Args:
        provider: The provider's registered name.
        model: The model asked for.
        endpoint: The base URL that it is reached at, if any.

    Attributes:
        name: The name of the spans.
        provider: The provider's name in the conventions.
        shared: The attributes that all signals have in common.
        whole: Those that a span of a whole call starts with.
        streamed: Likewise, of a stream.
    """

    __slots__ = (
        "_attributes",
        "_models",
        "address",
        "is_openai",
        "model",
        "name",
        "propagates",
        "provider",
        "registered",
        "shared",
        "streamed",
        "whole",
    )

    def __init__(
        self, provider: str, model: str, endpoint: str | None, propagates: bool = False
    ) -> None:
        self.registered = provider
        self.model = model
        self.propagates = propagates
        self.provider = PROVIDER_NAMES.get(provider, provider)
        self.is_openai = self.provider == "openai"
        self.name = f"{CHAT} {model}"
        self.shared: Facts = {
            OPERATION_NAME: CHAT,
            PROVIDER_NAME: self.provider,
            REQUEST_MODEL: model,
        }
        self.address = server(endpoint)
        if self.address is not None:
            self.shared[SERVER_ADDRESS], self.shared[SERVER_PORT] = self.address
        self.whole = self.shared
        self.streamed: Facts = {**self.shared, REQUEST_STREAM: True}
        self._models: dict[str, str] = {}
        self._attributes: dict[tuple[str | None, str | None], Facts] = {}

    def response_model(self, name: str | None) -> str | None:
        """Bound the names of models that metrics know: providers choose them."""
        if name is None:
            return None
        known = self._models.get(name)
        if known is None:
            if len(self._models) >= MAX_RESPONSE_MODELS:
                return OTHER
            known = self._models[name] = name
        return known

    def attributes(self, response_model: str | None, error_type: str | None) -> Facts:
        """Give the attributes of a measurement, the same object each time."""
        key = (response_model, error_type)
        known = self._attributes.get(key)
        if known is None:
            known = dict(self.shared)
            if response_model is not None:
                known[RESPONSE_MODEL] = response_model
            if error_type is not None:
                known[ERROR_TYPE] = error_type
            self._attributes[key] = known
        return known


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
