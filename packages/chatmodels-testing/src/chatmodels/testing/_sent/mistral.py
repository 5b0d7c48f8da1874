"""Requests of Mistral's chat completions, and what differs in its responses."""

from msgspec.structs import replace

from chatmodels.testing._sent import chat

FIELDS = {
    **{name: fields for name, fields in chat.FIELDS.items() if name not in {"user", "store"}},
    "max_output_tokens": "max_tokens",
    "seed": "random_seed",
    "metadata": "metadata",
}
FEATURES = replace(
    chat.FEATURES,
    settings=frozenset(FIELDS),
    speakers=False,
    image_detail=False,
    finish_reasons=frozenset({"stop", "length", "tool_calls", "error"}),
    usage=frozenset({"input_tokens", "output_tokens", "total_tokens", "cached_input_tokens"}),
    logprobs=False,
)
