"""What a caller may ask of a generation, each setting with its rule, and the check of them all."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

import msgspec

from chatmodels.core._errors import InvalidRequestError
from chatmodels.core._parts import Value

ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
ServiceTier = Literal["auto", "default", "flex", "priority", "scale", "batch"]
Verbosity = Literal["low", "medium", "high"]


class AudioOutput(Value, frozen=True):
    """A wish to have the answer spoken.

    Attributes:
        voice: The vendor's name of a voice.
        format: The encoding of the sound.
    """

    voice: str
    format: Literal["wav", "mp3", "flac", "opus", "aac", "pcm16"] = "wav"


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


class Settings(Value, frozen=True, kw_only=True):
    """How to generate; `None` leaves a choice to the provider.

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
        parallel_tool_calls: Whether it may call several tools in one turn.
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
        return {name: value for name in SETTING_NAMES if (value := getattr(self, name)) is not None}


SETTING_NAMES: tuple[str, ...] = Settings.__struct_fields__
NO_SETTINGS = Settings()


def validated_settings(
    arguments: Mapping[str, Any], /, *, defaults: Settings = NO_SETTINGS, others: Sequence[str] = ()
) -> Settings:
    """Check settings given as keyword arguments and put them over the defaults.

    Args:
        arguments: Setting name to value; `None` falls back to the default.
        defaults: Settings that hold where the arguments say nothing.
        others: Names of the caller's further keyword arguments, to propose for misspelt ones.

    Raises:
        InvalidRequestError: A name is unknown, or values have the wrong type or lie out of
            range; the message lists every problem.
    """
    if not arguments:
        return defaults
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in arguments.items():
        rule = _RULES.get(name)
        if rule is None:
            problems.append(_unknown(name, others))
        elif value is not None:
            accepted, wanted = rule
            checked = accepted(value)
            if checked is None:
                problems.append(f"{name} must be {wanted}, not {_shown(value)}")
            else:
                values[name] = checked
    if problems:
        raise InvalidRequestError("; ".join(problems))
    if defaults is NO_SETTINGS:
        return Settings(**values)
    return msgspec.structs.replace(defaults, **values)


def _unknown(name: str, others: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, [*SETTING_NAMES, *others], n=1)
    hint = _ELSEWHERE.get(name) or (
        f"did you mean {near[0]!r}?"
        if near
        else "pass what only one vendor knows through provider_options={...}"
    )
    return f"there is no setting {name!r}; {hint}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


_ELSEWHERE = {
    "n": "a call gives one response; use batch() for several",
    "max_tokens": "did you mean 'max_output_tokens'?",
    "max_completion_tokens": "did you mean 'max_output_tokens'?",
    "stop_sequences": "did you mean 'stop'?",
    "response_format": "pass output_type=...",
    "stream": "call stream() or astream()",
    "system": "put system('...') into the prompt",
    "functions": "pass tools=[...]",
}
"""What callers of other libraries look for, and where it is here."""

Rule = tuple[Callable[[Any], Any], str]
"""Gives the value to keep, or None where it is not acceptable; and the words for what is."""


def _number(low: float, high: float, *, open_low: bool = False) -> Rule:
    def check(value: Any) -> float | None:
        if (
            type(value) not in (int, float)
            or not low <= value <= high
            or (open_low and value == low)
        ):
            return None
        return value

    return check, f"a number {'above' if open_low else 'from'} {low:g} to {high:g}"


def _integer(low: int, high: int | None = None) -> Rule:
    def check(value: Any) -> int | None:
        if type(value) is not int or value < low or (high is not None and value > high):
            return None
        return value

    return (
        check,
        f"an integer of at least {low}" if high is None else f"an integer from {low} to {high}",
    )


def _instance(kind: type, words: str) -> Rule:
    return lambda value: value if isinstance(value, kind) else None, words


def _choice(literal: Any) -> Rule:
    choices: tuple[str, ...] = literal.__args__
    return lambda value: value if value in choices else None, f"one of {', '.join(choices)}"


def _stop(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,) if value else None
    if not isinstance(value, list | tuple):
        return None
    texts: tuple[Any, ...] = tuple(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - checked next
    return texts if texts and all(isinstance(text, str) and text for text in texts) else None


def _mapping(accepted: Callable[[Any], bool]) -> Callable[[Any], dict[str, Any] | None]:
    def check(value: Any) -> dict[str, Any] | None:
        if not isinstance(value, Mapping):
            return None
        kept: dict[str, Any] = {str(key): item for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - checked next
        return kept if all(accepted(item) for item in kept.values()) else None

    return check


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bias(value: Any) -> bool:
    return _BIAS[0](value) is not None


_BIAS = _number(-100, 100)
_TEXT: Rule = _instance(str, "a str")
_FLAG: Rule = _instance(bool, "True or False")

_RULES: dict[str, Rule] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1, open_low=True),
    "top_k": _integer(1),
    "max_output_tokens": _integer(1),
    "stop": (_stop, "a non-empty str or a sequence of them"),
    "seed": _instance(int, "an integer"),
    "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
    "logit_bias": (
        _mapping(_is_bias),
        "a mapping of token id to a number from -100 to 100",
    ),
    "logprobs": _FLAG,
    "top_logprobs": _integer(0, 20),
    "reasoning_effort": _choice(ReasoningEffort),
    "reasoning_budget": _integer(0),
    "parallel_tool_calls": _FLAG,
    "user": _TEXT,
    "metadata": (_mapping(_is_text), "a mapping of str to str"),
    "store": _FLAG,
    "service_tier": _choice(ServiceTier),
    "prompt_cache_key": _TEXT,
    "prompt_cache_retention": _choice(Literal["in_memory", "24h"]),
    "prediction": _TEXT,
    "audio_output": _instance(AudioOutput, "an AudioOutput"),
    "verbosity": _choice(Verbosity),
}
