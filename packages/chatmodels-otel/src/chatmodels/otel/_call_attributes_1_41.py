"""The attributes of a call that version 1.41 of the conventions defined differently."""

from chatmodels.otel._call_attributes import Attributes

CACHE_WRITE = "gen_ai.usage.cache_write.input_tokens"
CACHE_CREATION = "gen_ai.usage.cache_creation.input_tokens"
TOP_K = "gen_ai.request.top_k"


def add_former_names(attributes: Attributes, *, keep: bool) -> None:
    """Add the former names to the attributes of a call.

    Args:
        attributes: The attributes to change.
        keep: Whether the current names stay. `top_k` has the same name, but another type.
    """
    written = attributes.get(CACHE_WRITE)
    if written is not None:
        attributes[CACHE_CREATION] = written
    if keep:
        return
    attributes.pop(CACHE_WRITE, None)
    if TOP_K in attributes:
        attributes[TOP_K] = float(attributes[TOP_K])
