"""Usage that is reported several times in one stream."""

from msgspec.structs import replace

from chatmodels.core import Usage

_UNKNOWN = Usage()
_SUMMED = frozenset({"input_tokens", "output_tokens", "total_tokens"})


def known_usage(known: Usage, new: Usage) -> Usage:
    """Return the newer usage, completed by what was known before.

    Tokens that were used stay used: gateways end streams with zeros, or leave numbers out.

    Args:
        known: The usage of earlier chunks.
        new: The usage of this chunk.
    """
    if known == _UNKNOWN:
        return new
    lost = {
        name: before
        for name in Usage.__struct_fields__
        if (before := getattr(known, name)) and not getattr(new, name)
    }
    if not lost.keys() & _SUMMED:
        return replace(new, **lost) if lost else new
    lost["total_tokens"] = None  # it is the sum of what is known now
    return replace(new, **lost)
