"""The options that a model is created with."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, Self

import msgspec

from chatmodels.core._deprecation import deprecated
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.option_rules import RULES, is_credential, without_userinfo
from chatmodels.core._values.secret import MASK, Secret
from chatmodels.core._values.settings import NO_SETTINGS, Settings
from chatmodels.core._values.timeout import DEFAULT_TIMEOUT, Timeout

# Most options are left at their defaults, which need no check.
_ACCEPTED: dict[str, object] = {
    "timeout": DEFAULT_TIMEOUT,
    "settings": NO_SETTINGS,
    "on_unsupported": "error",
    "max_retries": 2,
}


class ProviderOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for all calls of a model, checked when it is made.

    A copy, a deep one too, is the same object. A pickle carries no secret (see `Secret`); options
    that would be worth nothing without theirs do not pickle.

    Attributes:
        api_key: What the provider knows the caller by.
        base_url: Where the provider is reached, without the final slash; None if it is not
            reached by a URL.
        headers: Sent with every request.
        timeout: Time limits of calls.
        max_retries: How often a failed call is made again, from 0 to 10.
        proxy: The address of the proxy to use; None for what the environment says.
        http_client: A client to use for blocking calls; whoever passes it closes it.
        async_http_client: Likewise for awaited calls.
        settings: Settings that hold for each call unless it says otherwise.
        on_unsupported: What happens to settings that the provider cannot honour: "error" refuses
            the call, "warn" leaves them out and says so in the response's `warnings`.
        extra: The provider's own options, by the names in `ProviderMetadata.options`; secret
            ones as `Secret`.

    Raises:
        ConfigurationError: Values are not acceptable; the message lists every problem.

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
    extra: dict[str, object] = msgspec.field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        problems: list[str] = []
        for name, rule in RULES.items():
            value: object = getattr(self, name)
            if value is None or value is _ACCEPTED.get(name):
                continue
            try:
                kept = rule(value)
            except ValueError as problem:
                problems.append(f"{name} {problem}")
            else:
                if kept is not value:
                    msgspec.structs.force_setattr(self, name, kept)
        if problems:
            raise ConfigurationError("; ".join(problems))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._visible().items())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> Any:
        yield from self._visible().items()

    def _visible(self) -> dict[str, object]:
        """List what differs from the defaults, secrets masked."""
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
                    # Its repr is not ours to vouch for.
                    value = f"<{type(value).__module__}.{type(value).__qualname__}>"
                case _:
                    pass
            visible[name] = value
        return visible

    @property
    def unsupported(self) -> Literal["error", "warn"]:
        """The former name of `on_unsupported`, until 0.3."""
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
    """Keep secrets and connections out of pickles, where leaving them out would change calls.

    Raises:
        ConfigurationError: There are credentials in the headers or in the address of the
            proxy, or an HTTP client was passed.
    """
    problems = [f"the header {name!r} is a credential" for name in headers if is_credential(name)]
    if proxy is not None and without_userinfo(proxy) != proxy:
        problems.append("the address of the proxy contains credentials")
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
    """Make the options that a pickle of 0.1.0 describes."""
    values["on_unsupported"] = values.pop("unsupported")
    return cls(**values)


_DEFAULTS: dict[str, object] = {
    name: getattr(ProviderOptions(), name) for name in ProviderOptions.__struct_fields__
}
