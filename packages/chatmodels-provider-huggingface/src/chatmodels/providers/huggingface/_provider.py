"""Hugging Face's dialect and metadata.

Sources, as of November 2026: "Chat Completion" and "Pricing and Billing" of the documentation of
Inference Providers, the types of huggingface_hub 2.4, and responses of its API.
"""

from chatmodels.core.extending import OptionSpec
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider

# Text Generation Inference declares `logit_bias` as unused.
_SETTINGS = {name: field for name, field in COMMON_SETTINGS.items() if name != "logit_bias"}

DIALECT = Dialect(
    name="huggingface",
    settings={**_SETTINGS, "reasoning_effort": "reasoning_effort"},
    ranges={"temperature": (0, 2)},
    reasoning_field="as_sent",
)
"""The chat completions of Hugging Face's router and of Text Generation Inference."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Open models at the inference providers of Hugging Face, and at its servers.",
    base_url="https://router.huggingface.co/v1",
    api_key_env=["HF_TOKEN"],
    options=[
        OptionSpec(name="bill_to", description="The organization that pays for the calls."),
    ],
    headers={"bill_to": "X-HF-Bill-To"},
    documentation_url="https://huggingface.co/docs/inference-providers/tasks/chat-completion",
)
"""The provider `huggingface`."""
