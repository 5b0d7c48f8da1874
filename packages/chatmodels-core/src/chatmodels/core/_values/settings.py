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
    """Randomness of sampling: a number from 0 to 2."""

    top_p: float | None
    """Sample from the most likely tokens with this total probability: a number above 0 to 1."""

    top_k: int | None
    """Sample from this number of most likely tokens: an integer of at least 1."""

    max_output_tokens: int | None
    """Maximum number of generated tokens, including reasoning: an integer of at least 1."""

    stop: str | Sequence[str] | None
    """Strings that end the generation: a non-empty str or a sequence of them."""

    seed: int | None
    """Seed for reproducible sampling: an integer of 64 bits."""

    frequency_penalty: float | None
    """Penalty for repeated tokens by their count: a number from -2 to 2."""

    presence_penalty: float | None
    """Penalty for tokens that occurred before: a number from -2 to 2."""

    logit_bias: Mapping[str, float] | None
    """Bias of single tokens: a mapping of token id to a number from -100 to 100."""

    logprobs: bool | None
    """Return the log probabilities of the output's tokens: True or False."""

    top_logprobs: int | None
    """Number of alternatives to return for each token: an integer from 0 to 20."""

    reasoning_effort: ReasoningEffort | None
    """Amount of reasoning: one of none, minimal, low, medium, high, xhigh, max."""

    reasoning_budget: int | None
    """Maximum number of reasoning tokens, 0 for none: an integer of at least 0."""

    parallel_tool_calls: bool | None
    """Let the model call several tools in one turn: True or False.

    It is not sent unless the request has tools.
    """

    user: str | None
    """Your own id of the end user, for the provider's abuse detection: a non-empty str."""

    metadata: Mapping[str, str] | None
    """Your labels, which the provider stores with the response: a mapping of str to str."""

    store: bool | None
    """Let the provider store the response: True or False."""

    service_tier: ServiceTier | None
    """Processing tier, which affects price and latency: one of auto, default, flex, priority,
    scale, batch, fast, ultrafast, reserved.
    """

    prompt_cache_key: str | None
    """Key that routes requests to the same prompt cache: a non-empty str."""

    prompt_cache_retention: Literal["in_memory", "24h"] | None
    """Time for which the provider may cache the prompt: one of in_memory, 24h."""

    prediction: str | None
    """Probable text of the response, to reduce its latency: a non-empty str."""

    audio_output: AudioOutput | None
    """Return the response as audio as well: an AudioOutput with a voice and one of wav, mp3, flac,
    opus, aac, pcm16.
    """

    verbosity: Verbosity | None
    """Length and detail of the response: one of low, medium, high."""


class Settings(FrozenValue, frozen=True, kw_only=True):
    """The settings of a generation; `None` uses the provider's default.

    They are checked when they are used: by the model that has them as defaults, and by the call.

    Attributes:
        temperature: Randomness of sampling: a number from 0 to 2.
        top_p: Sample from the most likely tokens with this total probability: a number above 0 to
            1.
        top_k: Sample from this number of most likely tokens: an integer of at least 1.
        max_output_tokens: Maximum number of generated tokens, including reasoning: an integer of at
            least 1.
        stop: Strings that end the generation: a non-empty str or a sequence of them.
        seed: Seed for reproducible sampling: an integer of 64 bits.
        frequency_penalty: Penalty for repeated tokens by their count: a number from -2 to 2.
        presence_penalty: Penalty for tokens that occurred before: a number from -2 to 2.
        logit_bias: Bias of single tokens: a mapping of token id to a number from -100 to 100.
        logprobs: Return the log probabilities of the output's tokens: True or False.
        top_logprobs: Number of alternatives to return for each token: an integer from 0 to 20.
        reasoning_effort: Amount of reasoning: one of none, minimal, low, medium, high, xhigh, max.
        reasoning_budget: Maximum number of reasoning tokens, 0 for none: an integer of at least 0.
        parallel_tool_calls: Let the model call several tools in one turn: True or False. It is not
            sent unless the request has tools.
        user: Your own id of the end user, for the provider's abuse detection: a non-empty str.
        metadata: Your labels, which the provider stores with the response: a mapping of str to str.
        store: Let the provider store the response: True or False.
        service_tier: Processing tier, which affects price and latency: one of auto, default, flex,
            priority, scale, batch, fast, ultrafast, reserved.
        prompt_cache_key: Key that routes requests to the same prompt cache: a non-empty str.
        prompt_cache_retention: Time for which the provider may cache the prompt: one of in_memory,
            24h.
        prediction: Probable text of the response, to reduce its latency: a non-empty str.
        audio_output: Return the response as audio as well: an AudioOutput with a voice and one of
            wav, mp3, flac, opus, aac, pcm16.
        verbosity: Length and detail of the response: one of low, medium, high.
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
