"""Z.ai's dialect and metadata.

Sources, as of November 2026: "Chat Completion", "Thinking Mode" and "Errors" of Z.ai's
documentation, the types of zai-sdk 0.2, and responses of its API.
"""

from msgspec.structs import replace

from chatmodels.openai_compatible import Dialect, compatible_provider

_SWITCH = {"none": {"thinking.type": "disabled"}}

DIALECT = Dialect(
    name="zai",
    settings={
        "temperature": "temperature",
        "top_p": "top_p",
        "max_output_tokens": "max_tokens",
        "stop": "stop",
        "seed": "seed",
        "reasoning_effort": "reasoning_effort",
        "user": "user_id",
    },
    ranges={"temperature": (0, 1)},
    effort_fields=_SWITCH,
    tool_choices=frozenset({"auto", "tool"}),  # the API accepts more than its documentation lists
    strict_tools=False,
    output_formats=frozenset({"json_object"}),
    inputs=frozenset({"image", "image_url", "video_url"}),
    reasoning_field="reasoning_content",
    speaker_names=False,
)
"""Z.ai's chat completions, for models of which nothing is known."""

_TEXT = replace(DIALECT, inputs=frozenset())

PROVIDER = compatible_provider(
    DIALECT,
    description="Z.ai's GLM models.",
    base_url="https://api.z.ai/api/paas/v4",
    api_key_env=["ZAI_API_KEY"],
    base_url_env=["ZAI_BASE_URL"],
    families={
        "glm-*[0-9]v*": DIALECT,  # GLM-4.6V and others with vision
        "glm-5.3*": replace(_TEXT, values={"reasoning_effort": ("low", "high", "max")}),
        "glm-5.2*": _TEXT,
        # These only switch reasoning on and off.
        "glm-*": replace(_TEXT, values={"reasoning_effort": ("none",)}),
    },
    model_prefixes=["glm-"],
    documentation_url="https://docs.z.ai/api-reference/llm/chat-completion",
)
"""The provider `zai`."""
