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
    """Randomness of sampling: a number from 0 to 2."""

    top_p: float | None
    """Sample from the most likely tokens of this total probability: a number above 0 to 1."""

    top_k: int | None
    """Sample from this many of the most likely tokens: an integer of at least 1."""

    max_output_tokens: int | None
    """Limit of generated tokens, reasoning included: an integer of at least 1."""

    stop: str | Sequence[str] | None
    """Texts that end the generation when the model writes them: a non-empty str or a sequence of
    them.
    """

    seed: int | None
    """Seed of repeatable sampling: an integer of 64 bits."""

    frequency_penalty: float | None
    """Penalty of tokens by how often they have occurred: a number from -2 to 2."""

    presence_penalty: float | None
    """Penalty of tokens that have occurred at all: a number from -2 to 2."""

    logit_bias: Mapping[str, float] | None
    """Biases of single tokens: a mapping of token id to a number from -100 to 100."""

    logprobs: bool | None
    """Whether to report the log probabilities of the output's tokens: True or False."""

    top_logprobs: int | None
    """Number of alternatives to report for each token: an integer from 0 to 20."""

    reasoning_effort: ReasoningEffort | None
    """Amount of reasoning: one of none, minimal, low, medium, high, xhigh, max."""

    reasoning_budget: int | None
    """Limit of tokens for reasoning, 0 for none: an integer of at least 0."""

    parallel_tool_calls: bool | None
    """Whether the model may call several tools in one turn: True or False.

    It is not sent unless the model can call tools.
    """

    user: str | None
    """Your own id of the end user, for the provider's abuse detection: a non-empty str."""

    metadata: Mapping[str, str] | None
    """Labels that the provider keeps with a stored response: a mapping of str to str."""

    store: bool | None
    """Whether the provider may keep the response: True or False."""

    service_tier: ServiceTier | None
    """Processing tier, for price or latency: one of auto, default, flex, priority, scale, batch,
    fast, ultrafast, reserved.
    """

    prompt_cache_key: str | None
    """Key of the prompt cache, the same for requests that share it: a non-empty str."""

    prompt_cache_retention: Literal["in_memory", "24h"] | None
    """Time for which the provider may keep the prompt cached: one of in_memory, 24h."""

    prediction: str | None
    """Expected text of most of the response, to receive it sooner: a non-empty str."""

    audio_output: AudioOutput | None
    """Audio of the response beside its text: an AudioOutput with a voice and one of wav, mp3, flac,
    opus, aac, pcm16.
    """

    verbosity: Verbosity | None
    """Length of the response: one of low, medium, high."""


class Settings(FrozenValue, frozen=True, kw_only=True):
    """How to generate; `None` leaves a choice to the provider.

    They are checked where they are used: by the model that has them as defaults, and by the call.

    Attributes:
        temperature: Randomness of sampling: a number from 0 to 2.
        top_p: Sample from the most likely tokens of this total probability: a number above 0 to 1.
        top_k: Sample from this many of the most likely tokens: an integer of at least 1.
        max_output_tokens: Limit of generated tokens, reasoning included: an integer of at least 1.
        stop: Texts that end the generation when the model writes them: a non-empty str or a
            sequence of them.
        seed: Seed of repeatable sampling: an integer of 64 bits.
        frequency_penalty: Penalty of tokens by how often they have occurred: a number from -2 to 2.
        presence_penalty: Penalty of tokens that have occurred at all: a number from -2 to 2.
        logit_bias: Biases of single tokens: a mapping of token id to a number from -100 to 100.
        logprobs: Whether to report the log probabilities of the output's tokens: True or False.
        top_logprobs: Number of alternatives to report for each token: an integer from 0 to 20.
        reasoning_effort: Amount of reasoning: one of none, minimal, low, medium, high, xhigh, max.
        reasoning_budget: Limit of tokens for reasoning, 0 for none: an integer of at least 0.
        parallel_tool_calls: Whether the model may call several tools in one turn: True or False. It
            is not sent unless the model can call tools.
        user: Your own id of the end user, for the provider's abuse detection: a non-empty str.
        metadata: Labels that the provider keeps with a stored response: a mapping of str to str.
        store: Whether the provider may keep the response: True or False.
        service_tier: Processing tier, for price or latency: one of auto, default, flex, priority,
            scale, batch, fast, ultrafast, reserved.
        prompt_cache_key: Key of the prompt cache, the same for requests that share it: a non-empty
            str.
        prompt_cache_retention: Time for which the provider may keep the prompt cached: one of
            in_memory, 24h.
        prediction: Expected text of most of the response, to receive it sooner: a non-empty str.
        audio_output: Audio of the response beside its text: an AudioOutput with a voice and one of
            wav, mp3, flac, opus, aac, pcm16.
        verbosity: Length of the response: one of low, medium, high.
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
