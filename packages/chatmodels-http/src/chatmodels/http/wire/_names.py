"""Names in the URL of a request: a name must not change the rest of the path or the host."""

import re

from chatmodels.core import InvalidRequestError

# Servers and gateways treat more spellings than `..` as the parent folder: encoded dots, a
# backslash for a slash, dots followed by blanks or by `;parameters`. Real names have none of them.
_SEGMENT = r"(?![. ]*(?:[;?#/]|\Z))[ -$&-.0-\[\]-~]+"
_PATH = f"{_SEGMENT}(?:/{_SEGMENT})*"  # compiled on first use, as the next pattern
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LONGEST = 80  # characters of a name in a message


def is_path_name(name: str, /) -> bool:
    """Report whether a name is safe in a path, at every server that reads the path.

    The name is one segment or several with slashes between them. A segment is printable ASCII
    without `%` and backslash; it is not empty and consists of more than dots.

    Examples:
        >>> is_path_name("publishers/google/models/gemini-3.5-flash")
        True
        >>> is_path_name("../other-project")
        False
    """
    return re.fullmatch(_PATH, name) is not None


def path_name(name: str, provider: str, kind: str, /, *, safe: str = "") -> str:
    """Encode a name for the path of a request.

    Args:
        name: The name, not encoded.
        provider: The provider's registered name, for the message.
        kind: The kind of name, as in "model"; for the message.
        safe: The characters besides letters, digits and `_.-~` that are not encoded.

    Raises:
        InvalidRequestError: The name is not safe in a path; see `is_path_name`.

    Examples:
        >>> path_name("org/model:free", "acme", "model", safe="/:")
        'org/model:free'
        >>> path_name("org/model", "acme", "model")
        'org%2Fmodel'
    """
    if not is_path_name(name):
        raise InvalidRequestError(
            f"{provider}: the {kind} {shown_name(name)} cannot be part of a URL; {PATH_NAME_RULE}"
        )
    from urllib.parse import quote  # most providers have no name in their paths

    return quote(name, safe=safe)


PATH_NAME_RULE = (
    "use printable ASCII without '%' and backslash, and no segment that is empty or only dots"
)
"""The remedy in messages about names that `is_path_name` rejects."""


def is_host_label(name: str, /) -> bool:
    """Report whether a name can be one label of a host name, such as a region.

    Examples:
        >>> is_host_label("eu-west-1"), is_host_label("eu.evil"), is_host_label("-")
        (True, False, False)
    """
    return re.fullmatch(_LABEL, name) is not None


def shown_name(name: str, /) -> str:
    """Quote a name for a message, in ASCII and shortened to 80 characters."""
    return ascii(name if len(name) <= _LONGEST else f"{name[:_LONGEST]}...")
