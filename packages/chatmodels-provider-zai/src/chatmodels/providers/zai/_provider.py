"""Z.ai's dialect and metadata.

Sources, as of November 2026: "Chat Completion", "Thinking Mode", "Stream Tool Call" and "Errors" of
Z.ai's documentation, the types of zai-sdk 0.2, and responses of its API.
"""

from msgspec.structs import replace

from chatmodels.http.wire import Json
from chatmodels.openai_compatible import Dialect, compatible_provider


def stream_tools(body: dict[str, Json], problems: list[str]) -> None:
    """Request the arguments of tools as they are generated; otherwise they arrive at once."""
    if "stream" in body and "tools" in body:
        body["tool_stream"] = True


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
    adapt=stream_tools,
)
"""Z.ai's chat completions, for models of which nothing is known."""

_TEXT = replace(DIALECT, inputs=frozenset())
# These only switch reasoning on and off.
_SWITCHED = replace(_TEXT, values={"reasoning_effort": ("none",)})

PROVIDER = compatible_provider(
    DIALECT,
    description="Z.ai's GLM models.",
    base_url="https://api.z.ai/api/paas/v4",
    api_key_env=["ZAI_API_KEY"],
    base_url_env=["ZAI_BASE_URL"],
    families={
        "glm-4*[0-9]v*": replace(DIALECT, adapt=None),  # GLM-4.6V and others with vision
        "glm-*[0-9]v*": DIALECT,
        "glm-5.3*": replace(_TEXT, values={"reasoning_effort": ("low", "high", "max")}),
        "glm-4.5*": replace(_SWITCHED, adapt=None),  # "Stream Tool Call" names GLM-4.6 and later
        "glm-4*": _SWITCHED,
        "glm-5": _SWITCHED,
        "glm-5-*": _SWITCHED,
        "glm-5.1*": _SWITCHED,
        "glm-*": _TEXT,
    },
    model_prefixes=["glm-"],
    documentation_url="https://docs.z.ai/api-reference/llm/chat-completion",
)
"""The provider `zai`."""
