"""NVIDIA's dialect and metadata.

Sources, as of November 2026: "API Reference" of NVIDIA NIM for large language models, and
langchain-nvidia-ai-endpoints 1.5 of NVIDIA.
"""

from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider

DIALECT = Dialect(
    name="nvidia",
    settings={
        **COMMON_SETTINGS,
        "top_k": "top_k",
        "reasoning_effort": "reasoning_effort",
    },
    inputs=frozenset({"image", "image_url", "video_url"}),
    reasoning_field="as_sent",
)
"""The chat completions of NVIDIA's catalog and of NIM."""

PROVIDER = compatible_provider(
    DIALECT,
    description="The models of NVIDIA's API catalog, and of NIM.",
    base_url="https://integrate.api.nvidia.com/v1",
    api_key_env=["NVIDIA_API_KEY"],
    base_url_env=["NVIDIA_BASE_URL"],
    documentation_url=("https://docs.nvidia.com/nim/large-language-models/reference/api-reference"),
)
"""The provider `nvidia`."""
