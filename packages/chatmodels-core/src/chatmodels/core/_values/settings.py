"""What a caller may ask of a generation."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

import msgspec

from chatmodels.core._values.parts import FrozenValue

ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
ServiceTier = Literal[
    "auto",
    "default",
    "flex",
    "priority",
    "scale",
    "batch",
    "fast",
    "ultrafast",
    "reserved",
]
Verbosity = Literal["low", "medium", "high"]
AudioFormat = Literal["wav", "mp3", "flac", "opus", "aac", "pcm16"]


class AudioOutput(FrozenValue, frozen=True):
    """A wish to have the answer spoken.

    Attributes:
        voice: The vendor's name of a voice.
        format: The encoding of the sound.
    """

    voice: str
    format: AudioFormat = "wav"


class SettingsArguments(TypedDict, total=False):
    """The settings as keyword arguments: the same names and types as `Settings`."""

    temperature: float | None
    top_p: float | None
    top_k: int | None
    max_output_tokens: int | None
    stop: str | Sequence[str] | None
    seed: int | None
    frequency_penalty: float | None
    presence_penalty: float | None
    logit_bias: Mapping[str, float] | None
    logprobs: bool | None
    top_logprobs: int | None
    reasoning_effort: ReasoningEffort | None
    reasoning_budget: int | None
    parallel_tool_calls: bool | None
    user: str | None
    metadata: Mapping[str, str] | None
    store: bool | None
    service_tier: ServiceTier | None
    prompt_cache_key: str | None
    prompt_cache_retention: Literal["in_memory", "24h"] | None
    prediction: str | None
    audio_output: AudioOutput | None
    verbosity: Verbosity | None


class Settings(FrozenValue, frozen=True, kw_only=True):
    """How to generate; `None` leaves a choice to the provider.

    They are checked where they are used: by the model that has them as defaults, and by the call.

    Attributes:
        temperature: Randomness of sampling, from 0 to 2.
        top_p: Sample from the most likely tokens of this total probability, above 0 to 1.
        top_k: Sample from this many most likely tokens, at least 1.
        max_output_tokens: Limit of generated tokens, reasoning included, at least 1.
        stop: Texts that end the generation when the model writes them.
        seed: Asks for repeatable sampling.
        frequency_penalty: Discourages repeated tokens by their count, from -2 to 2.
        presence_penalty: Discourages tokens that occurred at all, from -2 to 2.
        logit_bias: Token id to bias, from -100 to 100.
        logprobs: Whether to report the log probabilities of the output's tokens.
        top_logprobs: How many alternatives to report for each token, from 0 to 20.
        reasoning_effort: How hard the model should think.
        reasoning_budget: How many tokens it may think, 0 for none.
        parallel_tool_calls: Whether it may call several tools in one turn. It is not sent unless
            the model can call tools.
        user: The caller's own id of its end user, for the provider's abuse detection.
        metadata: The caller's labels, kept by the provider with a stored response.
        store: Whether the provider may keep the response.
        service_tier: Which processing tier to use, for price or latency.
        prompt_cache_key: Requests that share it are routed to the same prompt cache.
        prompt_cache_retention: How long the provider may keep the prompt cached.
        prediction: What most of the answer will probably be, to have it sooner.
        audio_output: Have the answer spoken as well.
        verbosity: How long-winded the answer should be.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_output_tokens: int | None = None
    stop: tuple[str, ...] | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    reasoning_effort: ReasoningEffort | None = None
    reasoning_budget: int | None = None
    parallel_tool_calls: bool | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    service_tier: ServiceTier | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    prediction: str | None = None
    audio_output: AudioOutput | None = None
    verbosity: Verbosity | None = None

    def chosen(self) -> dict[str, Any]:
        """List the settings that are not left to the provider, by name."""
        # msgspec leaves the defaults out itself: five times as fast as a look at each field.
        return dict(msgspec.Struct.__rich_repr__(self))

    @property
    def reasons(self) -> bool:
        """Whether the settings request reasoning."""
        return bool(self.reasoning_budget) or self.reasoning_effort not in {None, "none"}


SETTING_NAMES: tuple[str, ...] = Settings.__struct_fields__
NO_SETTINGS = Settings()
