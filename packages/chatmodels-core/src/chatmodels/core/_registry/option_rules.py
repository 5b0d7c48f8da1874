"""Validation rules for the options of a provider.

A rule returns the normalized value, or raises a `ValueError` whose text follows the option's name,
as in "must be an integer from 0 to 10, not 99". The text never contains a possible secret.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeGuard

from chatmodels.core._errors.classes import ChatModelError, ConfigurationError
from chatmodels.core._values.prices import Prices, checked_prices
from chatmodels.core._values.secret import MASK, Secret
from chatmodels.core._values.settings import Settings
from chatmodels.core._values.timeout import Timeout, as_timeout

# Patterns are compiled on first use: most programs do not need them at import.
# The "token" of RFC 9110, section 5.6.2.
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_URL = (
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?:(?P<userinfo>[^/?#]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^/?#@:\[\]]+)"
    r"(?P<port>:[0-9]{0,5})?"
    r"(?P<path>/[^?#]*)?"
    r"(?P<rest>[?#].*)?"
)
_HTTP_SCHEMES = ("http", "https")
_CREDENTIAL_TERMS = (
    "auth",
    "cookie",
    "credential",
    "key",
    "password",
    "secret",
    "signature",
    "token",
)


def is_credential(header: str, /) -> bool:
    """Guess from the name of a header whether its value is a secret."""
    name = header.lower()
    return any(term in name for term in _CREDENTIAL_TERMS)


def without_userinfo(url: str, /) -> str:
    """Mask the user and password in a URL, also in a malformed one."""
    head, at, tail = url.rpartition("@")
    scheme, slashes, _ = head.partition("://")
    return f"{scheme + slashes if slashes else ''}{MASK}@{tail}" if at else url


def api_key(value: Any, /) -> Secret:
    """Convert a key to a `Secret`; a static key must be a valid header value."""
    if value == "":
        raise ValueError("must not be empty")
    try:
        secret = value if isinstance(value, Secret) else Secret(value)
    except ConfigurationError:
        raise ValueError(
            f"must be a str or a function that returns one, not an object of type {_type(value)}"
        ) from None
    if not secret.sendable:
        raise ValueError("must be ASCII text without white space; remove line ends and spaces")
    return secret


def base_url(value: object, /) -> str:
    """Validate a base URL, and remove its final slash."""
    return _base_url(value) if isinstance(value, str) else _match(value, _HTTP_SCHEMES)[0]


# Most models of a program have the same address, and each of them validates it.
@lru_cache(maxsize=64)
def _base_url(text: str) -> str:
    url = _match(text, _HTTP_SCHEMES)
    if url["userinfo"] is not None:
        raise ValueError("must not contain credentials; pass api_key=... or headers={...}")
    if url["rest"]:
        raise ValueError("must not have a query or a fragment")
    return url[0].rstrip("/")


def proxy(value: object, /) -> str:
    """Validate the URL of a proxy, which can contain a user and password."""
    return _match(value, ("http", "https", "socks5", "socks5h"))[0]


def headers(value: object, /) -> dict[str, str]:
    """Validate and copy headers."""
    if not is_mapping(value):
        raise ValueError(f"must be a mapping of str to str, not an object of type {_type(value)}")
    checked: dict[str, str] = {}
    for name, text in value.items():
        if not isinstance(name, str) or not re.fullmatch(_HEADER_NAME, name):
            raise ValueError(f"has the name {name!r}, which is not a valid name of a header")
        if not isinstance(text, str) or not text.isascii() or not _sendable(text):
            raise ValueError(
                f"has a value for {name!r} that is not ASCII text without control characters"
            )
        checked[name] = text
    return checked


def timeout(value: object, /) -> Timeout:
    """Convert to a `Timeout`: a number is the total limit, a mapping has the limits by name."""
    try:
        if is_mapping(value):
            if unknown := value.keys() - set(Timeout.__struct_fields__):
                raise ValueError(f"has no limit {min(unknown, key=str)!r}")
            return Timeout(**value)
        if isinstance(value, int | float | Timeout):
            return as_timeout(value)
    except ChatModelError as error:
        # The message begins with the name of the option, as ours will.
        raise ValueError(error.message.removeprefix("timeout ")) from error
    raise ValueError(f"must be a number of seconds above 0 or a Timeout(...), not {shown(value)}")


def max_retries(value: object, /) -> int:
    """Validate a number of retries."""
    if type(value) is not int or not 0 <= value <= 10:
        raise ValueError(f"must be an integer from 0 to 10, not {shown(value)}")
    return value


def on_unsupported(value: object, /) -> str:
    """Validate the reaction to unsupported settings."""
    if value not in ("error", "warn"):
        raise ValueError(f"must be 'error' or 'warn', not {shown(value)}")
    return str(value)


def settings(value: object, /) -> Settings:
    """Validate settings, which are checked already."""
    if not isinstance(value, Settings):
        raise ValueError(f"must be Settings, not an object of type {_type(value)}")
    return value


def prices(value: object, /) -> Prices | dict[str, Prices]:
    """Validate the prices of a model, or of models by their names."""
    try:
        return checked_prices(value)
    except ConfigurationError as error:
        raise ValueError(error.message.removeprefix("prices ")) from error


RULES: dict[str, Callable[[object], object]] = {
    "api_key": api_key,
    "base_url": base_url,
    "headers": headers,
    "timeout": timeout,
    "max_retries": max_retries,
    "proxy": proxy,
    "prices": prices,
    "settings": settings,
    "on_unsupported": on_unsupported,
}
"""The rule of each option; HTTP clients are checked where they are used."""


def is_mapping(value: object, /) -> TypeGuard[Mapping[Any, Any]]:
    """Report whether a value is a mapping, with keys and values of any type."""
    return isinstance(value, Mapping)


def shown(value: object, /) -> str:
    """Format a value in at most 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _match(value: object, schemes: tuple[str, ...]) -> re.Match[str]:
    match = None
    if isinstance(value, str) and value.isprintable() and " " not in value:
        match = re.fullmatch(_URL, value)
    if match is None or match["scheme"].lower() not in schemes:
        expected = f"{', '.join(schemes[:-1])} or {schemes[-1]}"
        raise ValueError(f"must be an {expected} URL with a host, not {_shown_url(value)}")
    return match


def _shown_url(value: object) -> str:
    if not isinstance(value, str):
        return shown(value)
    address, mark, _ = without_userinfo(value).partition("?")
    return shown(f"{address}?{MASK}" if mark else address)


def _sendable(text: str) -> bool:
    return text.replace("\t", " ").isprintable()


def _type(value: object) -> str:
    return type(value).__name__
