"""What each option of a provider may be, and the form it is kept in.

A rule gives the value to keep, or raises a `ValueError` whose text follows the option's name, as
in "must be an integer from 0 to 10, not 99". No text shows what may be a secret.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeGuard

from chatmodels.core._errors.classes import ChatModelError, ConfigurationError
from chatmodels.core._values.secret import MASK, Secret
from chatmodels.core._values.settings import Settings
from chatmodels.core._values.timeout import Timeout, as_timeout

# Patterns are compiled when they are first used: most programs need none of them at import.
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
_WEB = ("http", "https")
_CREDENTIAL_WORDS = (
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
    """Tell whether a header of this name carries a secret, as far as names tell."""
    name = header.lower()
    return any(word in name for word in _CREDENTIAL_WORDS)


def without_userinfo(url: str, /) -> str:
    """Mask the user and password in a URL, also in a malformed one."""
    head, at, tail = url.rpartition("@")
    scheme, slashes, _ = head.partition("://")
    return f"{scheme + slashes if slashes else ''}{MASK}@{tail}" if at else url


def api_key(value: Any, /) -> Secret:
    """Keep a key; one that is known must be fit for a header."""
    if value == "":
        raise ValueError("must not be empty")
    try:
        secret = value if isinstance(value, Secret) else Secret(value)
    except ConfigurationError:
        raise ValueError(
            f"must be a str or a function that gives one, not an object of type {_type(value)}"
        ) from None
    if not secret.sendable:
        raise ValueError("must be ASCII text without white space; remove line ends and spaces")
    return secret


def base_url(value: object, /) -> str:
    """Keep an address without its final slash."""
    return _base_url(value) if isinstance(value, str) else _match(value, _WEB)[0]


# Most models of a program have one address, which is looked at for each of them.
@lru_cache(maxsize=64)
def _base_url(text: str) -> str:
    url = _match(text, _WEB)
    if url["userinfo"] is not None:
        raise ValueError("must not contain credentials; pass api_key=... or headers={...}")
    if url["rest"]:
        raise ValueError("must not have a query or a fragment")
    return url[0].rstrip("/")


def proxy(value: object, /) -> str:
    """Keep the address of a proxy, which may contain a user and password."""
    return _match(value, ("http", "https", "socks5", "socks5h"))[0]


def headers(value: object, /) -> dict[str, str]:
    """Keep a copy of the headers."""
    if not is_mapping(value):
        raise ValueError(f"must be a mapping of str to str, not an object of type {_type(value)}")
    kept: dict[str, str] = {}
    for name, text in value.items():
        if not isinstance(name, str) or not re.fullmatch(_HEADER_NAME, name):
            raise ValueError(f"has the name {name!r}, which is not a valid name of a header")
        if not isinstance(text, str) or not text.isascii() or not _sendable(text):
            raise ValueError(
                f"has a value for {name!r} that is not ASCII text without control characters"
            )
        kept[name] = text
    return kept


def timeout(value: object, /) -> Timeout:
    """Keep time limits; a number limits the total, a mapping names the limits."""
    try:
        if is_mapping(value):
            if unknown := value.keys() - set(Timeout.__struct_fields__):
                raise ValueError(f"has no limit {min(unknown, key=str)!r}")
            return Timeout(**value)
        if isinstance(value, int | float | Timeout):
            return as_timeout(value)
    except ChatModelError as error:
        # Their words begin with the name of the option, as ours will.
        raise ValueError(error.message.removeprefix("timeout ")) from error
    raise ValueError(f"must be a number of seconds above 0 or a Timeout(...), not {shown(value)}")


def max_retries(value: object, /) -> int:
    """Keep a number of retries."""
    if type(value) is not int or not 0 <= value <= 10:
        raise ValueError(f"must be an integer from 0 to 10, not {shown(value)}")
    return value


def on_unsupported(value: object, /) -> str:
    """Keep what to do about settings that cannot be honoured."""
    if value not in ("error", "warn"):
        raise ValueError(f"must be 'error' or 'warn', not {shown(value)}")
    return str(value)


def settings(value: object, /) -> Settings:
    """Keep checked settings."""
    if not isinstance(value, Settings):
        raise ValueError(f"must be Settings, not an object of type {_type(value)}")
    return value


RULES: dict[str, Callable[[object], object]] = {
    "api_key": api_key,
    "base_url": base_url,
    "headers": headers,
    "timeout": timeout,
    "max_retries": max_retries,
    "proxy": proxy,
    "settings": settings,
    "on_unsupported": on_unsupported,
}
"""The options with rules; HTTP clients are looked at by what uses them."""


def is_mapping(value: object, /) -> TypeGuard[Mapping[Any, Any]]:
    """Tell whether it is a mapping, of which nothing else is known."""
    return isinstance(value, Mapping)


def shown(value: object, /) -> str:
    """Show a value, shortened to 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _match(value: object, schemes: tuple[str, ...]) -> re.Match[str]:
    found = None
    if isinstance(value, str) and value.isprintable() and " " not in value:
        found = re.fullmatch(_URL, value)
    if found is None or found["scheme"].lower() not in schemes:
        known = f"{', '.join(schemes[:-1])} or {schemes[-1]}"
        raise ValueError(f"must be an {known} URL with a host, not {_shown_url(value)}")
    return found


def _shown_url(value: object) -> str:
    if not isinstance(value, str):
        return shown(value)
    address, mark, _ = without_userinfo(value).partition("?")
    return shown(f"{address}?{MASK}" if mark else address)


def _sendable(text: str) -> bool:
    return text.replace("\t", " ").isprintable()


def _type(value: object) -> str:
    return type(value).__name__
