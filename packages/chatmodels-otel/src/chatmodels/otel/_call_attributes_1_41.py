"""The attributes of a call as version 1.41 of the conventions had them."""

from chatmodels.otel._call_attributes import Attributes

CACHE_WRITE = "gen_ai.usage.cache_write.input_tokens"
CACHE_CREATION = "gen_ai.usage.cache_creation.input_tokens"
TOP_K = "gen_ai.request.top_k"


def in_version_1_41(attributes: Attributes, *, keep: bool) -> None:
    """Add the former names to the attributes of a call.

    Args:
        attributes: The attributes, which are changed.
        keep: Whether the present names stay. `top_k` has one name, whose type has changed since.
    """
    written = attributes.get(CACHE_WRITE)
    if written is not None:
        attributes[CACHE_CREATION] = written
    if keep:
        return
    attributes.pop(CACHE_WRITE, None)
    if TOP_K in attributes:
        attributes[TOP_K] = float(attributes[TOP_K])
