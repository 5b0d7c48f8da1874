"""Options of a model that are sent as headers with each of its requests."""

from collections.abc import Mapping

from chatmodels.core.extending import ProviderOptions


def headers_from_options(
    provider: str, options: ProviderOptions, headers: Mapping[str, str], problems: list[str]
) -> tuple[tuple[str, str], ...]:
    """Return the headers of the options that are set.

    Args:
        provider: The provider's registered name, for messages.
        options: The options of a model.
        headers: Name of an option to the name of its header.
        problems: The list to which values are added that a header cannot contain.
    """
    found: list[tuple[str, str]] = []
    for name, header in headers.items():
        value = str(options.extra.get(name, ""))
        if not value.isascii() or not value.isprintable():
            problems.append(f"{provider}: {name} must be printable ASCII text, not {value!r}")
        elif value:
            found.append((header, value))
    return tuple(found)
