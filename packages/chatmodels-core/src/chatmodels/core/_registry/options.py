"""The options that a model is created with."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, Self

import msgspec

from chatmodels.core._deprecation import deprecated
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.option_rules import RULES, is_credential, without_userinfo
from chatmodels.core._values.prices import Prices
from chatmodels.core._values.secret import MASK, Secret
from chatmodels.core._values.settings import NO_SETTINGS, Settings
from chatmodels.core._values.timeout import DEFAULT_TIMEOUT, Timeout

# Most options have their default values, which need no check.
_ACCEPTED: dict[str, object] = {
    "timeout": DEFAULT_TIMEOUT,
    "settings": NO_SETTINGS,
    "on_unsupported": "error",
    "max_retries": 2,
}


class ProviderOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of all calls of a model, checked at its creation.

    Copies and deep copies are the same object. Pickles do not contain secrets (see `Secret`);
    options that need their secrets to work do not pickle.

    Attributes:
        api_key: The API key.
        base_url: The URL of the provider's API, without the final slash; None if the provider has
            no URL.
        headers: Headers to send with every request.
        timeout: The time limits of calls.
        max_retries: The number of retries of a failed call, from 0 to 10.
        proxy: The URL of the proxy to use; None to use that of the environment.
        http_client: A client for sync calls; the code that passed it closes it.
        async_http_client: A client for async calls; the code that passed it closes it.
        settings: Settings of each call that does not override them.
        on_unsupported: The reaction to settings that the provider does not support: "error" raises
            `UnsupportedError`; "warn" omits them and adds a warning to the response.
        prices: The prices of the model, or the names of models to their prices, with `*` for any
            text; None for those of the price list.
        extra: The provider's own options, by the names in `ProviderMetadata.options`; secret
            ones as `Secret`.

    Raises:
        ConfigurationError: Values are invalid; the message lists every problem.

    Examples:
        >>> from chatmodels.core import Secret
        >>> ProviderOptions(api_key=Secret("sk-1234"), headers={"X-Token": "t-1"}, max_retries=5)
        ProviderOptions(api_key=Secret('***'), headers={'X-Token': '***'}, max_retries=5)
    """

    api_key: Secret | None = None
    base_url: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    timeout: Timeout = DEFAULT_TIMEOUT
    max_retries: int = 2
    proxy: str | None = None
    http_client: object | None = None
    async_http_client: object | None = None
    settings: Settings = NO_SETTINGS
    on_unsupported: Literal["error", "warn"] = "error"
    prices: Prices | dict[str, Prices] | None = None
    extra: dict[str, object] = msgspec.field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        problems: list[str] = []
        for name, rule in RULES.items():
            value: object = getattr(self, name)
            if value is None or value is _ACCEPTED.get(name):
                continue
            try:
                normalized = rule(value)
            except ValueError as problem:
                problems.append(f"{name} {problem}")
            else:
                if normalized is not value:
                    msgspec.structs.force_setattr(self, name, normalized)
        if problems:
            raise ConfigurationError("; ".join(problems))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._visible().items())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> Any:
        yield from self._visible().items()

    def _visible(self) -> dict[str, object]:
        """List the options that differ from their defaults, with masked secrets."""
        visible: dict[str, object] = {}
        for name, default in _DEFAULTS.items():
            value: Any = getattr(self, name)
            if value == default:
                continue
            match name:
                case "headers":
                    value = {
                        header: MASK if is_credential(header) else text
                        for header, text in self.headers.items()
                    }
                case "proxy":
                    value = without_userinfo(value)
                case "http_client" | "async_http_client":
                    # Its repr could contain secrets.
                    value = f"<{type(value).__module__}.{type(value).__qualname__}>"
                case _:
                    pass
            visible[name] = value
        return visible

    @property
    def unsupported(self) -> Literal["error", "warn"]:
        """The former name of `on_unsupported`; it will be removed in 0.3."""
        deprecated("ProviderOptions.unsupported", "use on_unsupported")
        return self.on_unsupported

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        refuse_to_pickle(self.headers, self.proxy, self.http_client or self.async_http_client)
        return partial(type(self), **{name: getattr(self, name) for name in _DEFAULTS}), ()


def refuse_to_pickle(headers: Mapping[str, str], proxy: str | None, client: object | None) -> None:
    """Check that options without their secrets and connections would make the same calls.

    Raises:
        ConfigurationError: The headers or the URL of the proxy contain credentials, or an HTTP
            client was passed.
    """
    problems = [f"the header {name!r} is a credential" for name in headers if is_credential(name)]
    if proxy is not None and without_userinfo(proxy) != proxy:
        problems.append("the URL of the proxy contains credentials")
    if client is not None:
        problems.append("the HTTP client that was passed has connections")
    if problems:
        raise ConfigurationError(
            f"the model cannot be pickled: {'; '.join(problems)}; create the model in the process "
            "that uses it"
        )


def _restored(  # pyright: ignore[reportUnusedFunction]
    cls: type[ProviderOptions], values: dict[str, Any]
) -> ProviderOptions:
    """Restore options from a pickle of 0.1.0."""
    values["on_unsupported"] = values.pop("unsupported")
    return cls(**values)


_DEFAULTS: dict[str, object] = {
    name: getattr(ProviderOptions(), name) for name in ProviderOptions.__struct_fields__
}
