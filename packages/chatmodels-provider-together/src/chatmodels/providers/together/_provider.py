"""Together AI's dialect and metadata.

Sources, as of November 2026: "Reasoning" and "Structured outputs" of Together AI's documentation,
the types of together 3.1, and responses of its API.
"""

from msgspec.structs import replace

from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider
from chatmodels.providers.together._batches import TogetherBatches

# The types of together: `logprobs` is a number, whose results have a format of their own.
_UNSUPPORTED = {"logprobs", "top_logprobs", "parallel_tool_calls", "user"}
_EFFORTS = ("low", "medium", "high")

DIALECT = Dialect(
    name="together",
    settings={
        **{name: field for name, field in COMMON_SETTINGS.items() if name not in _UNSUPPORTED},
        "top_k": "top_k",
        "reasoning_effort": "reasoning_effort",
    },
    values={"reasoning_effort": ("none", *_EFFORTS)},
    effort_fields={"none": {"reasoning.enabled": False}},
    inputs=frozenset({"image", "image_url", "audio", "video_url"}),
    audio_formats=frozenset({"wav"}),
    reasoning_field="reasoning",
)
"""Together AI's chat completions, for models of which nothing is known."""

# "Reasoning": hybrid models can be switched off, GPT-OSS has levels, and MiniMax has neither.
_HYBRID = replace(DIALECT, values={"reasoning_effort": ("none",)})
_NEITHER = {name: field for name, field in DIALECT.settings.items() if name != "reasoning_effort"}

PROVIDER = compatible_provider(
    DIALECT,
    description="Open models at Together AI.",
    base_url="https://api.together.ai/v1",
    api_key_env=["TOGETHER_API_KEY"],
    families={
        "openai/gpt-oss-*": replace(DIALECT, values={"reasoning_effort": _EFFORTS}),
        "zai-org/*": _HYBRID,
        "moonshotai/Kimi-K2.[56]*": _HYBRID,
        "Qwen/Qwen3.[56]*": _HYBRID,
        "deepcogito/*": _HYBRID,
        "MiniMaxAI/*": replace(DIALECT, settings=_NEITHER),
        "meta-llama/Llama-3*": replace(DIALECT, settings=_NEITHER),
    },
    batches=TogetherBatches,
    documentation_url="https://docs.together.ai/reference/chat-completions",
)
"""The provider `together`."""
