"""DeepSeek's dialect and metadata.

Sources, as of November 2026: "Create Chat Completion", "Thinking Mode", "JSON Output" and "Tool
Calls" of DeepSeek's API docs, and responses of its API.
"""

from msgspec.structs import replace

from chatmodels.core.extending import FREE_TOOL_CHOICES, ProviderOptions
from chatmodels.http.wire import Json, objects
from chatmodels.openai_compatible import Dialect, compatible_provider


def adapt(body: dict[str, Json], problems: list[str]) -> None:
    """Switch reasoning off if a tool is forced, and add missing reasoning to tool calls.

    While it reasons, the API rejects forced tools, and tool calls without a field for reasoning, as
    those of another model: "Missing `reasoning_content` field in the assistant message".
    """
    for message in objects(body["messages"]):
        if "tool_calls" in message:
            message.setdefault("reasoning_content", "")
    if body.get("tool_choice") not in (None, *FREE_TOOL_CHOICES):
        body.setdefault("thinking", {"type": "disabled"})


DIALECT = Dialect(
    name="deepseek",
    settings={
        "temperature": "temperature",
        "top_p": "top_p",
        "max_output_tokens": "max_tokens",
        "stop": "stop",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
        "logprobs": "logprobs",
        "top_logprobs": "top_logprobs",
        "reasoning_effort": "reasoning_effort",
        "user": "user_id",
    },
    ranges={"temperature": (0, 2)},
    not_with_reasoning=("temperature", "frequency_penalty", "presence_penalty"),
    strict_tools=False,
    tool_choices_with_reasoning=FREE_TOOL_CHOICES,
    output_formats=frozenset({"json_object"}),
    inputs=frozenset(),
    reasoning_field="reasoning_content",
    effort_words={"minimal": "low", "medium": "high", "xhigh": "high"},  # "Thinking Mode"
    effort_fields={"none": {"thinking.type": "disabled"}},  # by default, reasoning is on
    adapt=adapt,
)
"""DeepSeek's chat completions."""


def _configured(dialect: Dialect, options: ProviderOptions, problems: list[str]) -> Dialect:
    # "Tool Calls": only the beta address has strict tools.
    beta = (options.base_url or "").endswith("/beta")
    return replace(dialect, strict_tools=True) if beta else dialect


PROVIDER = compatible_provider(
    DIALECT,
    description="DeepSeek's models over its chat completions.",
    base_url="https://api.deepseek.com",
    api_key_env=["DEEPSEEK_API_KEY"],
    model_prefixes=["deepseek-"],
    documentation_url="https://api-docs.deepseek.com/api/create-chat-completion",
    configure=_configured,
)
"""The provider `deepseek`."""
