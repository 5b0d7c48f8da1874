"""Perplexity's dialect and metadata.

Sources, as of November 2026: the types of perplexityai 0.46, the parsers of langchain-perplexity,
and responses of its API.
"""

from chatmodels.core.extending import ALL_TOOL_CHOICES
from chatmodels.http.wire import Json, objects
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider

# The types of perplexityai do not have them.
_UNSUPPORTED = {"seed", "logit_bias", "user"}


def adapt(body: dict[str, Json], problems: list[str]) -> None:
    """Replace files by the parts that have this name in Perplexity's API."""
    for message in objects(body["messages"]):
        for part in objects(message["content"]):
            if part["type"] == "file":
                # to {"type": "file_url", "file_url": {"url": ...}, "file_name": "a.pdf"}
                file = part.pop("file")
                part["type"] = "file_url"
                part["file_url"] = {"url": file["file_data"]}
                part["file_name"] = file["filename"]


DIALECT = Dialect(
    name="perplexity",
    settings={
        **{name: field for name, field in COMMON_SETTINGS.items() if name not in _UNSUPPORTED},
        "top_k": "top_k",
        "reasoning_effort": "reasoning_effort",
    },
    values={"reasoning_effort": ("minimal", "low", "medium", "high")},
    models_path=None,
    tool_choices=ALL_TOOL_CHOICES - {"tool"},
    output_formats=frozenset({"json_schema"}),
    inputs=frozenset({"image", "image_url", "file_url", "video_url"}),
    think_tags=True,  # of `sonar-reasoning-pro`, before JSON as well
    speaker_names=False,
    adapt=adapt,
)
"""Perplexity's chat completions."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Perplexity's Sonar models, which search the web.",
    base_url="https://api.perplexity.ai",
    api_key_env=["PERPLEXITY_API_KEY"],
    base_url_env=["PERPLEXITY_BASE_URL"],
    model_prefixes=["sonar"],
    documentation_url="https://docs.perplexity.ai/api-reference/chat-completions-post",
)
"""The provider `perplexity`."""
