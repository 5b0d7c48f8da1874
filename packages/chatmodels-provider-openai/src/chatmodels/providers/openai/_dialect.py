"""How OpenAI speaks chat completions (the "Chat" reference and the guides of its API)."""

from typing import Any

from msgspec.structs import replace

from chatmodels.core import ProviderPart, Signature
from chatmodels.http import ANY_ID, IdForm
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect

DIALECT = Dialect(
    name="openai",
    settings={
        **COMMON_SETTINGS,
        # `max_tokens` is deprecated, and refused by reasoning models.
        "max_output_tokens": "max_completion_tokens",
        "reasoning_effort": "reasoning_effort",
        "metadata": "metadata",
        "store": "store",
        "service_tier": "service_tier",
        "prompt_cache_key": "prompt_cache_key",
        "prompt_cache_retention": "prompt_cache_retention",
        "prediction": "prediction",
        "audio_output": "audio",
        "verbosity": "verbosity",
    },
    inputs=frozenset({"image", "image_url", "audio", "file", "file_id"}),
    call_ids=IdForm(r"[\s\S]{1,40}", 40),
)
"""Instructions have the role "system", which the API takes for "developer" where it must."""

ELSEWHERE = replace(DIALECT, call_ids=ANY_ID, reasoning_field="as_sent", reasoning_details=True)
"""The dialect at another base URL.

Servers get their reasoning back, and gateways the long ids of tool calls in which they keep state.
"""


def part_options(**fields: Any) -> ProviderPart:
    """Give the part before it in a message further fields on the wire; other vendors ignore it.

    >>> from chatmodels.core import user
    >>> mark = part_options(prompt_cache_breakpoint={"mode": "explicit"})
    >>> asked = user("A long text.", mark, "Why?")

    Args:
        fields: Fields of a content part, such as `prompt_cache_breakpoint` ("Prompt caching").
    """
    return ProviderPart(Signature(DIALECT.name, fields))
