"""The address of a vendor whose URL contains an option, such as the account."""

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import ProviderOptions
from chatmodels.http.wire import shown_name

# Patterns are compiled on first use: most vendors have a fixed address.
_PLACE = r"\{(\w+)\}"
_PART = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"


def places(template: str) -> Sequence[str]:
    """Return the names of the options that a URL contains.

    >>> places("https://api.acme.example/{account}/v1")
    ['account']
    """
    return re.findall(_PLACE, template)


def complete_address(
    template: str, provider: str, variables: Mapping[str, Sequence[str]], options: ProviderOptions
) -> ProviderOptions:
    """Return options whose base URL is the template with the other options, unless one is passed.

    Args:
        template: The URL, with the names of options in braces.
        provider: The provider's registered name, for messages.
        variables: Name of an option to its environment variables, for messages.
        options: The options of a model.

    Raises:
        ConfigurationError: An option is missing, or cannot be a part of a URL.
    """
    if options.base_url not in {None, template}:
        return options
    values: dict[str, str] = {}
    for name in places(template):
        value = str(options.extra.get(name, ""))
        if not value:
            set_one = "".join(f"set {variable} or " for variable in variables.get(name, ())[:1])
            raise ConfigurationError(
                f"{provider} has no {name}; {set_one}pass {name}=..., or pass base_url=..."
            )
        if not re.fullmatch(_PART, value):
            raise ConfigurationError(
                f"{provider}: the {name} {shown_name(value)} cannot be part of a URL; use letters, "
                "digits, '.', '_' and '-'"
            )
        values[name] = value
    return replace(options, base_url=template.format_map(values))
