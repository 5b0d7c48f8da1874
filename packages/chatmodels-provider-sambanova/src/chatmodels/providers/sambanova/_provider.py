"""SambaNova's dialect and metadata.

Sources, as of November 2026: "Rate limits" and "API error codes" of SambaNova's documentation, and
the types of sambanova 1.13.
"""

from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider

# The types of sambanova: penalties have no effect, and `user` does not exist.
_UNSUPPORTED = {"frequency_penalty", "presence_penalty", "user"}

DIALECT = Dialect(
    name="sambanova",
    settings={
        **{name: field for name, field in COMMON_SETTINGS.items() if name not in _UNSUPPORTED},
        "top_k": "top_k",
        "reasoning_effort": "reasoning_effort",
    },
    values={"reasoning_effort": ("low", "medium", "high")},
    ranges={"temperature": (0, 2)},
    strict_tools=False,
    inputs=frozenset({"image", "video_url"}),  # images have to be sent as bytes
    reasoning_field="reasoning",
    speaker_names=False,
)
"""SambaNova's chat completions."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Open models on SambaNova's own hardware.",
    base_url="https://api.sambanova.ai/v1",
    api_key_env=["SAMBANOVA_API_KEY"],
    base_url_env=["SAMBA_NOVA_BASE_URL"],
    documentation_url="https://docs.sambanova.ai/docs/en/features/openai-compatibility",
)
"""The provider `sambanova`."""
