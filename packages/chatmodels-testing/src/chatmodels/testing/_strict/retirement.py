"""Models that the vendors retire, from their pages of deprecations as of a fixed date.

The date is fixed, so that a test has the same result on each day.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

AS_OF = "2026-12-01"
"""The ISO date as of which the vendors' pages were read, and models are retired by default."""


class Retirements(msgspec.Struct, frozen=True, kw_only=True):
    """The models that a vendor retires.

    Attributes:
        vendor: The name of the vendor's API.
        source: The page of the vendor.
        refused: The names, separated by spaces, by the ISO date from which requests are refused. A
            `*` at the end of a name is for any rest.
        replaced: The same for names whose requests are sent to another model from that date on.
    """

    vendor: str
    source: str
    refused: Mapping[str, str] = {}
    replaced: Mapping[str, str] = {}

    def end_of(self, model: str, /) -> str | None:
        """Return the ISO date from which the vendor refuses a model, if one is announced."""
        return _end(self.vendor, model)

    def is_retired(self, model: str, as_of: str, /) -> bool:
        """Check whether the vendor refuses the requests of a model at an ISO date.

        A tuned model (`ft:NAME:...`) is retired together with the model that it was made from.
        """
        end = self.end_of(model)
        return end is not None and end <= as_of

    @property
    def names(self) -> dict[str, str]:
        """The date of each name, whether its requests are refused or sent to another model."""
        every = [*self.refused.items(), *self.replaced.items()]
        return {name: date for date, names in every for name in names.split()}


OPENAI = Retirements(
    vendor="OpenAI",
    source="page Deprecations",
    refused={
        "2023-03-23": "code-davinci-001 code-davinci-002",
        "2024-01-04": "text-davinci-001 text-davinci-002 text-davinci-003",
        "2024-09-13": "gpt-3.5-turbo-0301 gpt-3.5-turbo-0613 gpt-3.5-turbo-16k-0613",
        "2024-12-06": "gpt-4-vision-preview gpt-4-1106-vision-preview",
        "2025-06-06": "gpt-4-32k gpt-4-32k-0314 gpt-4-32k-0613",
        "2025-07-14": "gpt-4.5-preview gpt-4.5-preview-2025-02-27",
        "2025-07-28": "o1-preview o1-preview-2024-09-12",
        "2025-10-27": "o1-mini o1-mini-2024-09-12",
        "2026-02-12": "codex-mini-latest",
        "2026-02-17": "chatgpt-4o-latest",
        "2026-03-26": "gpt-4-0314 gpt-4-0125-preview gpt-4-turbo-preview",
        "2026-07-23": "computer-use-preview computer-use-preview-2025-03-11 gpt-5-chat-latest "
        "gpt-5-codex gpt-5.1-chat-latest gpt-5.1-codex gpt-5.1-codex-max gpt-5.1-codex-mini "
        "gpt-5.2-codex gpt-4o-search-preview-2025-03-11 gpt-4o-mini-search-preview-2025-03-11 "
        "gpt-audio-mini-2025-10-06 o3-deep-research o3-deep-research-2025-06-26 "
        "o4-mini-deep-research o4-mini-deep-research-2025-06-26",
        "2026-08-10": "gpt-5.2-chat-latest gpt-5.3-chat-latest",
        "2026-09-28": "gpt-3.5-turbo-1106 gpt-3.5-turbo-instruct",
        "2026-10-23": "gpt-3.5-turbo gpt-3.5-turbo-0125 gpt-3.5-turbo-16k gpt-4 gpt-4-0613 "
        "gpt-4-1106-preview gpt-4-turbo gpt-4-turbo-2024-04-09 gpt-4o-2024-05-13 gpt-4.1-nano "
        "gpt-4.1-nano-2025-04-14 o1 o1-2024-12-17 o1-pro o1-pro-2025-03-19 o3-mini "
        "o3-mini-2025-01-31 o4-mini o4-mini-2025-04-16",
        "2026-12-11": "gpt-5 gpt-5-2025-08-07 gpt-5-mini gpt-5-mini-2025-08-07 gpt-5-nano "
        "gpt-5-nano-2025-08-07 gpt-5-pro gpt-5-pro-2025-10-06 o3 o3-2025-04-16 o3-pro "
        "o3-pro-2025-06-10",
        "2027-01-14": "gpt-4o gpt-4o-2024-08-06 gpt-4o-2024-11-20 gpt-4o-mini "
        "gpt-4o-mini-2024-07-18 gpt-4.1 gpt-4.1-2025-04-14 gpt-4.1-mini gpt-4.1-mini-2025-04-14",
        "2027-01-20": "gpt-audio gpt-audio-2025-08-28 gpt-audio-mini gpt-audio-mini-2025-12-15 "
        "gpt-4o-audio-preview-2024-12-17 gpt-4o-audio-preview-2025-06-03 "
        "gpt-4o-mini-audio-preview-2024-12-17",
        "2027-04-01": "gpt-5.1 gpt-5.1-2025-11-13 gpt-5.3-codex gpt-5.4-nano "
        "gpt-5.4-nano-2026-03-17",
    },
)

ANTHROPIC = Retirements(
    vendor="Anthropic",
    source="page Model deprecations",
    refused={
        "2024-11-06": "claude-1.0 claude-1.1 claude-1.2 claude-1.3 claude-instant-*",
        "2025-07-21": "claude-2.0 claude-2.1 claude-3-sonnet-20240229",
        "2025-10-28": "claude-3-5-sonnet-20240620 claude-3-5-sonnet-20241022 "
        "claude-3-5-sonnet-latest",
        "2026-01-05": "claude-3-opus-20240229 claude-3-opus-latest",
        "2026-02-19": "claude-3-5-haiku-20241022 claude-3-5-haiku-latest "
        "claude-3-7-sonnet-20250219 claude-3-7-sonnet-latest",
        "2026-04-20": "claude-3-haiku-20240307",
        "2026-06-15": "claude-opus-4-0 claude-opus-4-20250514 claude-sonnet-4-0 "
        "claude-sonnet-4-20250514",
        "2026-06-30": "claude-mythos-preview",
        "2026-08-05": "claude-opus-4-1 claude-opus-4-1-20250805",
        "2026-11-30": "claude-sonnet-4-5 claude-sonnet-4-5-20250929",
        "2027-01-22": "claude-opus-4-5 claude-opus-4-5-20251101",
    },
)

GEMINI = Retirements(
    vendor="Gemini",
    source="page Gemini deprecations",
    refused={
        "2025-02-15": "gemini-1.0-* gemini-pro gemini-pro-vision",
        "2025-09-29": "gemini-1.5-*",
        "2025-11-18": "gemini-2.5-flash-preview-05-20 gemini-2.5-flash-lite-preview-06-17",
        "2025-12-02": "gemini-2.0-flash-thinking-* gemini-2.5-pro-preview-03-25 "
        "gemini-2.5-pro-preview-05-06 gemini-2.5-pro-preview-06-05",
        "2025-12-09": "gemini-2.0-flash-lite-preview gemini-2.0-flash-lite-preview-02-05",
        "2026-02-17": "gemini-2.5-flash-preview-09-2025 gemini-2.5-flash-preview-09-25",
        "2026-03-31": "gemini-2.5-flash-lite-preview-09-2025",
        "2026-05-25": "gemini-3.1-flash-lite-preview",
        "2026-06-01": "gemini-2.0-flash gemini-2.0-flash-001 gemini-2.0-flash-lite "
        "gemini-2.0-flash-lite-001",
        "2027-05-07": "gemini-3.1-flash-lite",
    },
    replaced={
        "2026-03-09": "gemini-3-pro-preview",
        "2026-10-08": "gemini-3.7-flash",
        "2026-12-01": "gemini-2.5-pro gemini-2.5-flash",
    },
)

VERTEX_AI = Retirements(
    vendor="Vertex AI",
    source="page Model versions and lifecycle; a model is available on its retirement date, and "
    "refused from the next day on; projects that used Gemini 2.5 before can go on until 2027",
    refused={
        "2025-09-25": "gemini-1.0-* gemini-1.5-*",
        "2026-06-02": "gemini-2.0-flash gemini-2.0-flash-001 gemini-2.0-flash-lite "
        "gemini-2.0-flash-lite-001",
        "2026-10-21": "gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite",
    },
)

BEDROCK = Retirements(
    vendor="Amazon Bedrock",
    source="page Model lifecycle (Legacy)",
    refused={
        "2025-07-21": "anthropic.claude-v2* anthropic.claude-instant-*",
        "2026-04-28": "anthropic.claude-3-7-sonnet-20250219-v1:0",
        "2026-05-31": "anthropic.claude-opus-4-20250514-v1:0",
        "2026-06-19": "anthropic.claude-3-5-haiku-20241022-v1:0",
        "2026-07-07": "meta.llama3-1-405b-instruct-v1:0 meta.llama3-2-*",
        "2026-07-30": "anthropic.claude-3-sonnet-* anthropic.claude-3-5-sonnet-*",
        "2026-08-19": "cohere.command-r-v1:0 cohere.command-r-plus-v1:0",
        "2026-09-10": "anthropic.claude-3-haiku-*",
        "2026-09-14": "amazon.nova-premier-v1:0 amazon.nova-sonic-v1:0",
        "2026-10-14": "anthropic.claude-sonnet-4-20250514-v1:0",
        "2026-11-26": "ai21.jamba-1-5-large-v1:0 ai21.jamba-1-5-mini-v1:0",
        "2027-01-08": "anthropic.claude-opus-4-1-20250805-v1:0",
    },
)

COHERE = Retirements(
    vendor="Cohere",
    source="page Deprecations; those of 2025-09-15, such as `command-r`, still respond",
    refused={"2026-04-04": "c4ai-aya-expanse-8b"},
)

MISTRAL = Retirements(
    vendor="Mistral",
    source="page Models, section Legacy models, with the names before a renaming of 2024-02-26 in "
    "the release notes",
    refused={
        "2025-03-30": "open-mistral-7b open-mixtral-8x7b open-mixtral-8x22b mistral-tiny-2312 "
        "mistral-small-2312",
        "2025-06-16": "mistral-medium-2312",
        "2025-11-30": "codestral-2501 devstral-small-2505 magistral-small-2506 "
        "magistral-small-2507 magistral-medium-2506 magistral-medium-2507",
        "2025-12-31": "pixtral-12b-2409",
        "2026-07-31": "devstral-2512 magistral-medium-2509 open-mistral-nemo "
        "open-mistral-nemo-2407",
        "2026-08-31": "mistral-medium-2505 mistral-medium-2508",
    },
)

GROQ = Retirements(
    vendor="Groq",
    source="page Model Deprecation",
    refused={
        "2024-12-18": "gemma-7b-it",
        "2025-01-24": "llama-3.1-70b-versatile",
        "2025-03-20": "mixtral-8x7b-32768",
        "2025-07-14": "qwen-qwq-32b",
        "2025-08-30": "llama3-8b-8192 llama3-70b-8192",
        "2025-10-02": "deepseek-r1-distill-llama-70b",
        "2025-10-08": "gemma2-9b-it",
        "2025-10-10": "moonshotai/kimi-k2-instruct",
        "2026-03-09": "meta-llama/llama-4-maverick-17b-128e-instruct",
        "2026-07-17": "qwen/qwen3-32b meta-llama/llama-4-scout-17b-16e-instruct",
        "2026-08-16": "llama-3.1-8b-instant llama-3.3-70b-versatile",
        "2026-09-14": "qwen/qwen3.6-27b",
        "2026-09-21": "groq/compound groq/compound-mini",
    },
)

DEEPSEEK = Retirements(
    vendor="DeepSeek",
    source="page Models & Pricing",
    refused={"2026-07-24": "deepseek-chat deepseek-reasoner"},
)

XAI = Retirements(
    vendor="xAI",
    source="page Grok Model Retirement on May 15, 2026",
    replaced={
        "2026-05-15": "grok-3 grok-4-0709 grok-4-fast-reasoning grok-4-fast-non-reasoning "
        "grok-4-1-fast-reasoning grok-4-1-fast-non-reasoning grok-code-fast-1"
    },
)

RETIREMENTS = (
    OPENAI,
    ANTHROPIC,
    GEMINI,
    VERTEX_AI,
    BEDROCK,
    COHERE,
    MISTRAL,
    GROQ,
    DEEPSEEK,
    XAI,
)
"""The retired models of all vendors, in the order of the simulator's page."""

_ENDS = {
    each.vendor: [
        (re.compile(re.escape(name).replace(r"\*", ".*")), date)
        for date, names in each.refused.items()
        for name in names.split()
    ]
    for each in RETIREMENTS
}
_TUNED = re.compile(r"ft:([^:]+).*")
_PREFIX = re.compile(r"^(arn:.*/)?((us|eu|apac|global|au|jp|ca|us-gov)\.)?")
"""The address and the region of an inference profile of Amazon Bedrock."""


@lru_cache(maxsize=256)
def _end(vendor: str, model: str) -> str | None:
    """Return the date from which a vendor refuses a model, or None."""
    name = _PREFIX.sub("", _TUNED.sub(r"\1", model), count=1)
    return next((date for pattern, date in _ENDS[vendor] if pattern.fullmatch(name)), None)
