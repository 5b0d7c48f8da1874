"""xAI's dialects and metadata.

Sources, as of November 2026: "Reasoning", "Best Practices Guide", "Troubleshooting Reasoning" and
"Image Understanding" of xAI's documentation, and the types of xai-sdk 1.21.
"""

from collections.abc import Mapping
from typing import TypeVar

from msgspec.structs import replace

from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider
from chatmodels.openai_compatible.responses import RESPONSES_SETTINGS, ResponsesDialect

AnyDialect = TypeVar("AnyDialect", Dialect, ResponsesDialect)

_EFFORTS = ("none", "low", "medium", "high", "xhigh")
_VALUES = {"service_tier": ("default", "priority"), "reasoning_effort": _EFFORTS}
_IMAGES = ("image/jpeg", "image/png")
_REFUSED = ("metadata", "verbosity", "prompt_cache_retention")

RESPONSES = ResponsesDialect(
    name="xai",
    settings={
        **{name: field for name, field in RESPONSES_SETTINGS.items() if name not in _REFUSED},
        "user": "safety_identifier",
    },
    values=_VALUES,
    ranges={"temperature": (0, 2), "top_logprobs": (0, 8)},
    image_types=_IMAGES,
    inputs=frozenset({"image", "image_url", "file_id"}),
    include=("reasoning.encrypted_content",),  # "Send encrypted reasoning back with every turn"
)
"""xAI's Responses API, which it recommends."""

DIALECT = Dialect(
    name="xai",
    settings={
        **{name: field for name, field in COMMON_SETTINGS.items() if name != "logit_bias"},
        "max_output_tokens": "max_completion_tokens",
        "reasoning_effort": "reasoning_effort",
        "service_tier": "service_tier",
    },
    values=_VALUES,
    ranges={"temperature": (0, 2), "top_logprobs": (0, 8)},
    image_types=_IMAGES,
    reasoning_field="reasoning_content",
)
"""xAI's chat completions, which are deprecated."""

# "Reasoning": reasoning models refuse penalties and stop texts.
_NOT_REASONING = ("frequency_penalty", "presence_penalty", "stop")


def _families(dialect: AnyDialect) -> Mapping[str, AnyDialect]:
    def with_efforts(*efforts: str, refused: tuple[str, ...] = _NOT_REASONING) -> AnyDialect:
        refused = refused if efforts else (*refused, "reasoning_effort")
        settings = {k: v for k, v in dialect.settings.items() if k not in refused}
        return replace(dialect, settings=settings, values={**_VALUES, "reasoning_effort": efforts})

    return {
        "*non-reasoning*": with_efforts(refused=()),
        "grok-4.3*": with_efforts("none", "low", "medium", "high"),
        "grok-4.5*": with_efforts("low", "medium", "high"),
        "grok-4.[67]*": with_efforts("low", "medium", "high", "xhigh"),
        "grok-3-mini*": with_efforts("low", "high"),
    }


PROVIDER = compatible_provider(
    DIALECT,
    description="xAI's Grok models over its Responses API and over chat completions.",
    base_url="https://api.x.ai/v1",
    api_key_env=["XAI_API_KEY"],
    families=_families(DIALECT),
    responses=lambda: {**_families(RESPONSES), "*": RESPONSES},
    default_api="responses",
    model_prefixes=["grok-"],
    documentation_url="https://docs.x.ai/developers/rest-api-reference/inference/chat",
)
"""The provider `xai`."""
