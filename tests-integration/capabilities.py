"""The APIs of all providers, their families of models, and the fate of a setting there."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from chatmodels.core import AudioOutput, Secret, Settings, UnsupportedError, create_chat_model
from chatmodels.core._values.settings import (
    SETTING_NAMES,
    ReasoningEffort,
    ServiceTier,
    Verbosity,
)
from chatmodels.core.extending import Explanation, ProviderOptions, ToolDefinition, provider
from chatmodels.http import HttpChatModel, HttpProvider
from family import FAMILY, apis_of, title_of

Unsupported = Literal["error", "warn"]
CLOCK = ToolDefinition("clock", "Read the clock.", {"type": "object", "properties": {}})


@dataclass(frozen=True, slots=True)
class Api:
    """One API of a provider.

    Attributes:
        title: The name of the vendor.
        api: The name of the API, if the vendor has several.
        provider: The registered name of the provider.
        base_url: The address, if it is not the provider's own or decides about abilities.
        extra: Further options by which the API is chosen.
    """

    title: str
    provider: str
    api: str = ""
    base_url: str | None = None
    extra: dict[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        return f"{self.title} {self.api}".rstrip()

    def families(self) -> Sequence[str]:
        """Return the patterns of the names of models whose abilities may differ."""
        found = provider(self.provider)
        assert isinstance(found, HttpProvider)
        extra: dict[str, object] = {**self.extra}
        return found.families(
            ProviderOptions(api_key=Secret("any"), base_url=self.base_url, extra=extra)
        )

    def model(self, name: str, unsupported: Unsupported = "error") -> HttpChatModel:
        """Create a model."""
        place = {} if self.base_url is None else {"base_url": self.base_url}
        made = create_chat_model(
            f"{self.provider}:{name}",
            api_key="any",
            on_unsupported=unsupported,
            **place,
            **self.extra,
        )
        assert isinstance(made, HttpChatModel)
        return made


_RESOURCE = "https://acme.openai.azure.com"
BASE_URLS: Mapping[str, str] = {
    "cloudflare": "https://api.cloudflare.com/client/v4/accounts/acme/ai",
    "databricks": "https://acme.cloud.databricks.com",
    "snowflake": "https://acme.snowflakecomputing.com/api/v2/cortex/v1",
}
"""The addresses of providers that have no default."""

APIS = (
    Api("Amazon Bedrock", "bedrock", extra={"region": "us-east-1"}),
    Api("Anthropic", "anthropic"),
    Api("Azure", "azure", "Chat completions at the v1 endpoints", _RESOURCE, {"api_version": "v1"}),
    Api("Azure", "azure", "Responses API at the v1 endpoints", _RESOURCE, {"api": "responses"}),
    Api("Azure", "azure", "Versions before 2024-09-01", _RESOURCE, {"api_version": "2024-06-01"}),
    Api(
        "Azure",
        "azure",
        "Models of all makers (/models)",
        "https://acme.services.ai.azure.com/models",
    ),
    Api("Cohere", "cohere"),
    Api("Google", "google", "Gemini API"),
    Api("Google", "google-vertex", "Vertex AI"),
    Api("Mistral", "mistral"),
    Api("Ollama", "ollama"),
    Api("OpenAI", "openai", "Responses API", "https://api.openai.com/v1", {"api": "responses"}),
    Api(
        "OpenAI",
        "openai",
        "Chat completions",
        "https://api.openai.com/v1",
        {"api": "chat_completions"},
    ),
    Api("OpenAI", "openai", "Other servers", "https://models.example/v1"),
    Api("OpenAI-compatible servers", "openai-compatible", base_url="https://models.example/v1"),
    *(
        Api(title_of(name), name, title, BASE_URLS.get(name), extra)
        for name in FAMILY
        for title, extra in apis_of(name)
    ),
)

WORDS: Mapping[str, tuple[str, ...]] = {
    "reasoning_effort": get_args(ReasoningEffort),
    "service_tier": get_args(ServiceTier),
    "verbosity": get_args(Verbosity),
    "prompt_cache_retention": ("in_memory", "24h"),
}
VALUES: Mapping[str, Sequence[Any]] = {
    "temperature": (0, 0.5, 1, 1.5, 2),
    "top_p": (0.01, 1),
    "top_k": (1, 40),
    "max_output_tokens": (1, 4_096, 32_000, 64_000, 128_000),
    "stop": (("END",), ("a", "b")),
    "seed": (-1, 0, 7),
    "frequency_penalty": (-2, 0, 2),
    "presence_penalty": (-2, 0, 2),
    "logit_bias": ({}, {"7": -100}),
    "logprobs": (True, False),
    "top_logprobs": (0, 20),
    "reasoning_budget": (0, 1, 1_024, 30_000),
    "parallel_tool_calls": (True, False),
    "user": ("u-1",),
    "metadata": ({}, {"team": "blue"}),
    "store": (True, False),
    "prompt_cache_key": ("k-1",),
    "prediction": ("Yes.",),
    "audio_output": (AudioOutput("alloy"), AudioOutput("alloy", "mp3")),
    **WORDS,
}
"""Values of each setting: ordinary ones, those at the border, and every word."""

assert set(VALUES) == set(SETTING_NAMES)


def example(pattern: str) -> str:
    """Return a name that matches a pattern."""
    return re.sub(r"\[(.)[^]]*\]", r"\1", pattern).replace("*", "") or "any-model"


@dataclass(frozen=True, slots=True)
class Fate:
    """The outcome of a setting in a request.

    Attributes:
        kind: "sent" as a part of the request; "implied" if nothing has to be sent; "refused" with
            an error; "left out" with a warning that names it; else "dropped", which is a fault.
        changes: The changed fields of the body, and headers.
    """

    kind: Literal["sent", "implied", "refused", "left out", "dropped"]
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])


def fate(model: HttpChatModel, name: str, value: Any, **others: Any) -> Fate:
    """Find the fate of a setting, by the difference that it makes.

    Args:
        model: The model.
        name: The setting.
        value: Its value.
        others: Other arguments of the call.
    """
    before = model.explain("?", **others)
    try:
        after = model.explain("?", **others, **{name: value})
    except UnsupportedError:
        return Fate("refused")
    warnings = [warning for warning in after.warnings if warning not in before.warnings]
    if warnings:
        return Fate("left out" if all(name in warning for warning in warnings) else "dropped")
    changes = dict(_differences(_parts(before), _parts(after)))
    known = Settings(**{name: value})
    if name in after.mapped:
        if changes or _at(after, after.mapped[name]) == value:
            return Fate("sent", changes)
    elif not changes and is_implied(model, known, tools=bool(others.get("tools"))):
        return Fate("implied")
    return Fate("dropped", changes)


def is_implied(model: HttpChatModel, settings: Settings, *, tools: bool) -> bool:
    """Check whether the profile lists all of the settings as implied."""
    profile = model.profile
    return all(
        value in profile.implied.get(name, ()) or (name in profile.needs_tools and not tools)
        for name, value in settings.chosen().items()
    )


def _parts(explanation: Explanation) -> dict[str, Any]:
    return {**explanation.headers, **explanation.body}


def _differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Find what changed and what is new; a request never loses a field by a setting."""
    if before == after:
        return
    if not isinstance(after, dict) or not after:
        yield path, after
        return
    known = before if isinstance(before, dict) else {}
    for name, value in after.items():
        yield from _differences(known.get(name), value, f"{path}.{name}" if path else name)


def _at(explanation: Explanation, path: str) -> Any:
    found: Any = _parts(explanation)
    for name in path.split("."):
        found = found[name]
    return found
