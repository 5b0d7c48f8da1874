"""Alibaba Cloud's dialect and metadata.

Sources, as of November 2026: "OpenAI compatible - Chat", "Deep thinking" and "Context Cache" of
Alibaba Cloud Model Studio's documentation, dashscope 2.0, and responses of its API.
"""

from chatmodels.core.extending import FREE_TOOL_CHOICES
from chatmodels.http.wire import Json
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider

# The documentation does not list them.
_UNSUPPORTED = {"frequency_penalty", "logit_bias", "user"}


def adapt(body: dict[str, Json], problems: list[str]) -> None:
    """Switch reasoning on if it is limited, and off if a tool is forced."""
    if body.get("thinking_budget") == 0:
        del body["thinking_budget"]
        body["enable_thinking"] = False
    if "reasoning_effort" in body or "thinking_budget" in body:
        body["enable_thinking"] = True
    if body.get("tool_choice") not in (None, *FREE_TOOL_CHOICES):
        # 400: the tool choice "does not support being set to required or object in thinking mode"
        body.setdefault("enable_thinking", False)


DIALECT = Dialect(
    name="alibaba",
    settings={
        **{name: field for name, field in COMMON_SETTINGS.items() if name not in _UNSUPPORTED},
        "top_k": "top_k",
        "reasoning_effort": "reasoning_effort",
        "reasoning_budget": "thinking_budget",
    },
    effort_fields={"none": {"enable_thinking": False}},
    # A budget switches reasoning on, also beside the effort "none".
    exclusive=(("reasoning_budget", "reasoning_effort"),),
    tool_choices_with_reasoning=FREE_TOOL_CHOICES,
    inputs=frozenset({"image", "image_url", "video_url"}),
    reasoning_field="reasoning_content",
    adapt=adapt,
)
"""Alibaba Cloud's chat completions."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Qwen and other models at Alibaba Cloud Model Studio.",
    base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    api_key_env=["DASHSCOPE_API_KEY"],
    base_url_env=["DASHSCOPE_COMPATIBLE_BASE_URL"],
    model_prefixes=["qwen", "qwq", "qvq"],
    documentation_url=(
        "https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope"
    ),
)
"""The provider `alibaba`."""

part_options = PROVIDER.part_options
"""Returns options for the preceding part of a message, such as `cache_control`."""
