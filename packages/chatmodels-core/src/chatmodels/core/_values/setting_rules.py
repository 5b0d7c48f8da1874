"""Validation of settings, with the rule of each setting."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeGuard, get_args

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._spelling import nearest
from chatmodels.core._values.settings import (
    NO_SETTINGS,
    SETTING_NAMES,
    AudioFormat,
    AudioOutput,
    ReasoningEffort,
    ServiceTier,
    Settings,
    Verbosity,
)


def validated_settings(arguments: Mapping[str, Any], /, *, others: Sequence[str] = ()) -> Settings:
    """Validate settings from keyword arguments.

    Args:
        arguments: Setting name to value; `None` uses the default.
        others: Names of the caller's further keyword arguments, to suggest for misspelt ones.

    Raises:
        InvalidRequestError: A name is unknown, or values have the wrong type or are out of range;
            the message lists every problem.
    """
    if not arguments:
        return NO_SETTINGS
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in arguments.items():
        rule = _RULES.get(name)
        if rule is None:
            problems.append(_unknown(name, others))
        elif value is not None:
            normalize, expected = rule
            valid = normalize(value)
            if valid is None:
                problems.append(f"{name} must be {expected}, not {_shown(value)}")
            else:
                values[name] = valid
    if problems:
        raise InvalidRequestError("; ".join(problems))
    return Settings(**values)


def chosen_settings(settings: Settings, /) -> dict[str, Any]:
    """Return the settings that are not None, by name.

    Raises:
        InvalidRequestError: The value is not a `Settings`.
    """
    if not isinstance(settings, Settings):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        raise InvalidRequestError(
            f"settings must be a Settings(...), not {type(settings).__name__}"
        )
    return settings.chosen()


def _unknown(name: str, others: Sequence[str]) -> str:
    near = nearest(name, [*SETTING_NAMES, *others])
    hint = _EQUIVALENTS.get(name) or (
        f"did you mean {near!r}?"
        if near
        else "pass vendor-specific fields through provider_options={...}"
    )
    return f"there is no setting {name!r}; {hint}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


_EQUIVALENTS = {
    "n": "a call returns one response; use batch() for several",
    "max_tokens": "did you mean 'max_output_tokens'?",
    "max_completion_tokens": "did you mean 'max_output_tokens'?",
    "stop_sequences": "did you mean 'stop'?",
    "response_format": "pass output_type=...",
    "stream": "call stream() or astream()",
    "system": "put system('...') into the prompt",
    "messages": "pass the messages as the prompt",
    "functions": "pass tools=[...]",
    "model": "create another model with create_chat_model()",
    "api_key": "pass it to create_chat_model()",
}
"""Arguments of other libraries, and their equivalents in chatmodels."""

Rule = tuple[Callable[[Any], Any], str]
"""A function that returns the normalized value, or None if it is invalid; and the expectation."""


# Enum members, numpy's floats and other subclasses are accepted and converted to plain values, so
# that every JSON encoder supports them.
_MAX_INTEGER = 2**63 - 1


def _number(low: float, high: float, *, open_low: bool = False) -> Rule:
    def check(value: Any) -> float | None:
        if type(value) is not float and type(value) is not int:
            if not isinstance(value, float | int) or isinstance(value, bool):
                return None
            value = float(value)
        return value if low <= value <= high and not (open_low and value == low) else None

    return check, f"a number {'above' if open_low else 'from'} {low:g} to {high:g}"


def _integer(low: int, high: int = _MAX_INTEGER) -> Rule:
    def check(value: Any) -> int | None:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            return None
        return int(value)

    if high == _MAX_INTEGER:
        return check, "an integer of 64 bits" if low < 0 else f"an integer of at least {low}"
    return check, f"an integer from {low} to {high}"


def _choice(literal: Any) -> Rule:
    choices: dict[str, str] = {choice: choice for choice in get_args(literal)}

    def check(value: Any) -> str | None:
        return choices.get(value) if isinstance(value, str) else None

    return check, f"one of {', '.join(choices)}"


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and value else None


def _stop(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        value = (value,)
    if not _is_sequence(value):
        return None
    texts = [text for text in map(_text, value) if text is not None]
    return tuple(texts) if texts and len(texts) == len(value) else None


def _labels(value: Any) -> dict[str, str] | None:
    if not _is_mapping(value):
        return None
    if not all(isinstance(item, str) for pair in value.items() for item in pair):
        return None
    return {str(name): str(label) for name, label in value.items()}


def _biases(value: Any) -> dict[str, float] | None:
    if not _is_mapping(value) or not all(isinstance(token, str | int) for token in value):
        return None
    normalize, _ = _BIAS
    biases = {str(token): normalize(bias) for token, bias in value.items()}
    return None if None in biases.values() else biases


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _audio_output(value: Any) -> AudioOutput | None:
    if not isinstance(value, AudioOutput) or not isinstance(value.voice, str) or not value.voice:  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        return None
    return value if value.format in _AUDIO_FORMATS else None


_AUDIO_FORMATS: tuple[str, ...] = get_args(AudioFormat)
_BIAS = _number(-100, 100)
_TEXT: Rule = (_text, "a non-empty str")
_FLAG: Rule = (_flag, "True or False")

_RULES: dict[str, Rule] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1, open_low=True),
    "top_k": _integer(1),
    "max_output_tokens": _integer(1),
    "stop": (_stop, "a non-empty str or a sequence of them"),
    "seed": _integer(-(2**63)),
    "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
    "logit_bias": (_biases, "a mapping of token id to a number from -100 to 100"),
    "logprobs": _FLAG,
    "top_logprobs": _integer(0, 20),
    "reasoning_effort": _choice(ReasoningEffort),
    "reasoning_budget": _integer(0),
    "parallel_tool_calls": _FLAG,
    "user": _TEXT,
    "metadata": (_labels, "a mapping of str to str"),
    "store": _FLAG,
    "service_tier": _choice(ServiceTier),
    "prompt_cache_key": _TEXT,
    "prompt_cache_retention": _choice(Literal["in_memory", "24h"]),
    "prediction": _TEXT,
    "audio_output": (
        _audio_output,
        f"an AudioOutput with a voice and one of {', '.join(_AUDIO_FORMATS)}",
    ),
    "verbosity": _choice(Verbosity),
}
