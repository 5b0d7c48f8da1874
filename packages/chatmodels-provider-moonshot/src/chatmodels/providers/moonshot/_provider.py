"""Moonshot AI's dialect and metadata.

Sources, as of November 2026: "Chat Completions", "Model Parameter Reference" and "Use Kimi K2
Thinking Model" of the Kimi API platform, LiteLLM 1.110, and responses of its API.
"""

from msgspec.structs import replace

from chatmodels.core.extending import ALL_TOOL_CHOICES, FREE_TOOL_CHOICES
from chatmodels.http.wire import Json, objects
from chatmodels.openai_compatible import Dialect, compatible_provider


def adapt(body: dict[str, Json], problems: list[str]) -> None:
    """Add the reasoning of tool calls if it is missing, as in those of another model.

    Models that reason reject such calls without it. The least that they accept is a space.
    """
    for message in objects(body["messages"]):
        if "tool_calls" in message:
            message.setdefault("reasoning_content", " ")


_COMMON = {
    "max_output_tokens": "max_completion_tokens",
    "stop": "stop",
    "prompt_cache_key": "prompt_cache_key",
    "user": "safety_identifier",
}
_REASONING = {**_COMMON, "reasoning_effort": "reasoning_effort"}
# "Model Parameter Reference": the Kimi models have fixed values of these.
_SAMPLING = {
    name: name for name in ("temperature", "top_p", "frequency_penalty", "presence_penalty")
}

DIALECT = Dialect(
    name="moonshot",
    settings={**_REASONING, **_SAMPLING},
    values={"reasoning_effort": ("none", "low", "high", "max")},
    ranges={"temperature": (0, 1)},
    strict_tools=False,
    effort_fields={"none": {"thinking.type": "disabled"}},
    inputs=frozenset({"image", "image_url", "video_url"}),
    reasoning_field="reasoning_content",
    adapt=adapt,
)
"""Moonshot AI's chat completions, for models of which nothing is known."""

_K3 = replace(DIALECT, settings=_REASONING, values={"reasoning_effort": ("low", "high", "max")})
# K2 reasons by default, and refuses forced tools then.
_K2 = replace(
    DIALECT,
    settings=_REASONING,
    values={"reasoning_effort": ("none",)},
    tool_choices=FREE_TOOL_CHOICES,
)
_V1 = replace(
    DIALECT,
    settings={**_COMMON, **_SAMPLING},
    tool_choices=ALL_TOOL_CHOICES - {"required"},
    reasoning_field=None,
    adapt=None,
)

PROVIDER = compatible_provider(
    DIALECT,
    description="Moonshot AI's Kimi models.",
    base_url="https://api.moonshot.ai/v1",
    api_key_env=["MOONSHOT_API_KEY"],
    families={
        "kimi-k3*": _K3,
        "kimi-k2.7*": replace(_K2, settings=_COMMON),  # always reasons, without levels
        "kimi-k2*": _K2,
        "moonshot-v1-*vision*": _V1,
        "moonshot-v1-*": replace(_V1, inputs=frozenset()),
    },
    model_prefixes=["kimi-", "moonshot-"],
    documentation_url="https://platform.kimi.ai/docs/api/chat",
)
"""The provider `moonshot`."""
