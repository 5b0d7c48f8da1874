"""The settings of a generation, such as `temperature`."""

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
    """The voice and encoding of spoken output.

    Attributes:
        voice: The vendor's name of a voice.
        format: The encoding of the audio.
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
    """The settings of a generation; `None` uses the provider's default.

    They are checked when they are used: by the model that has them as defaults, and by the call.

    Attributes:
        temperature: Randomness of sampling, from 0 to 2.
        top_p: Sample from the most likely tokens with this total probability, above 0 to 1.
        top_k: Sample from this number of most likely tokens, at least 1.
        max_output_tokens: Maximum number of generated tokens, including reasoning, at least 1.
        stop: Strings that end the generation when the model writes them.
        seed: Seed for reproducible sampling.
        frequency_penalty: Penalty for repeated tokens by their count, from -2 to 2.
        presence_penalty: Penalty for tokens that occurred before, from -2 to 2.
        logit_bias: Token id to bias, from -100 to 100.
        logprobs: Whether to return the log probabilities of the output's tokens.
        top_logprobs: Number of alternatives to return for each token, from 0 to 20.
        reasoning_effort: Amount of reasoning.
        reasoning_budget: Maximum number of reasoning tokens; 0 disables reasoning.
        parallel_tool_calls: Whether the model may call several tools in one turn. It is not sent
            unless the request has tools.
        user: Your own id of the end user, for the provider's abuse detection.
        metadata: Your labels, which the provider stores with the response.
        store: Whether the provider may store the response.
        service_tier: Processing tier, which affects price and latency.
        prompt_cache_key: Requests with the same key are routed to the same prompt cache.
        prompt_cache_retention: Time for which the provider may cache the prompt.
        prediction: Probable text of the response, to reduce its latency.
        audio_output: Return the response as audio as well.
        verbosity: Length and detail of the response.
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
        """Return the settings that are not None, by name."""
        # msgspec omits defaults, five times as fast as a check of each field.
        return dict(msgspec.Struct.__rich_repr__(self))

    @property
    def reasons(self) -> bool:
        """True if the settings request reasoning."""
        return bool(self.reasoning_budget) or self.reasoning_effort not in {None, "none"}


SETTING_NAMES: tuple[str, ...] = Settings.__struct_fields__
NO_SETTINGS = Settings()
