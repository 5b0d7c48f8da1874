"""The dialect and metadata of SGLang's server.

Sources, as of November 2026: "OpenAI APIs - Completions", "Sampling Parameters" and "Reasoning
Parser" of the documentation of SGLang, and the type `ChatCompletionRequest` and the check of
schemas in its source (0.5.23).
"""

from chatmodels.openai_compatible import (
    COMMON_SETTINGS,
    GRAMMAR_SCHEMAS,
    Dialect,
    compatible_provider,
)

_SETTINGS = {name: field for name, field in COMMON_SETTINGS.items() if name != "user"}

DIALECT = Dialect(
    name="sglang",
    settings={
        **_SETTINGS,
        "max_output_tokens": "max_completion_tokens",
        "top_k": "top_k",
        "reasoning_effort": "reasoning_effort",
    },
    inputs=frozenset({"image", "image_url", "video_url"}),  # audio is accepted by URL only
    reasoning_field="reasoning_content",
    schemas=GRAMMAR_SCHEMAS,
    speaker_names=False,  # messages of users have no name
)
"""SGLang's chat completions."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Models that SGLang's server runs.",
    base_url="http://127.0.0.1:30000/v1",
    api_key_env=["SGLANG_API_KEY"],
    api_key_required=False,
    base_url_env=["SGLANG_BASE_URL"],
    documentation_url="https://docs.sglang.io/basic_usage/openai_api_completions.html",
)
"""The provider `sglang`."""
