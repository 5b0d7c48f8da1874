"""Masks secrets in texts of servers and libraries."""

from collections.abc import Iterable

from chatmodels.core.extending import MASK


def masked(text: str, secrets: Iterable[str], /) -> str:
    """Replace secrets by a mask.

    Args:
        text: The text.
        secrets: The secrets; a longer one is replaced before its parts.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text
