"""Settings: each with its rule, all problems in one error, unknown names with the nearest one."""

import enum
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    AudioOutput,
    ChatRequest,
    ChatResponse,
    InvalidRequestError,
    Settings,
    assistant,
    from_json,
    to_json,
    user,
)
from chatmodels.core.extending import StandardChatModel

SMALL = 2**63


class Effort(enum.StrEnum):
    HIGH = "high"


class Share(float):
    """As numpy's floats: another type, but a float."""


class Count(enum.IntEnum):
    FIVE = 5


class Recording(StandardChatModel):
    """Keeps the settings that each call arrives with."""

    def __init__(self, settings: Settings = Settings()) -> None:  # noqa: B008 - it is immutable
        super().__init__("fake", "recording", settings=settings)
        self.seen: list[Settings] = []

    def respond(self, request: ChatRequest, call: object, /) -> ChatResponse[Any]:
        self.seen.append(request.settings)
        return ChatResponse(message=assistant("Hi"))


def settled(**arguments: Any) -> Settings:
    model = Recording()
    model.generate("Hi", **arguments)
    return model.seen[0]


def refusal(**arguments: Any) -> str:
    with pytest.raises(InvalidRequestError) as caught:
        settled(**arguments)
    return caught.value.message


def floats(low: float, high: float, *, open_low: bool = False) -> st.SearchStrategy[float]:
    return st.floats(low, high, exclude_min=open_low) | st.integers(int(low) + open_low, int(high))


texts = st.text(min_size=1, max_size=5)
flags = st.booleans()

VALID: dict[str, st.SearchStrategy[Any]] = {
    "temperature": floats(0, 2),
    "top_p": floats(0, 1, open_low=True),
    "top_k": st.integers(1, SMALL - 1),
    "max_output_tokens": st.integers(1, SMALL - 1),
    "stop": st.lists(texts, min_size=1, max_size=3).map(tuple),
    "seed": st.integers(-SMALL, SMALL - 1),
    "frequency_penalty": floats(-2, 2),
    "presence_penalty": floats(-2, 2),
    "logit_bias": st.dictionaries(texts, floats(-100, 100), max_size=2),
    "logprobs": flags,
    "top_logprobs": st.integers(0, 20),
    "reasoning_effort": st.sampled_from(
        ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
    ),
    "reasoning_budget": st.integers(0, SMALL - 1),
    "parallel_tool_calls": flags,
    "user": texts,
    "metadata": st.dictionaries(texts, st.text(max_size=5), max_size=2),
    "store": flags,
    "service_tier": st.sampled_from(
        ["auto", "default", "flex", "priority", "scale", "batch", "fast", "ultrafast", "reserved"]
    ),
    "prompt_cache_key": texts,
    "prompt_cache_retention": st.sampled_from(["in_memory", "24h"]),
    "prediction": texts,
    "audio_output": st.builds(
        AudioOutput, texts, st.sampled_from(["wav", "mp3", "flac", "opus", "aac", "pcm16"])
    ),
    "verbosity": st.sampled_from(["low", "medium", "high"]),
}

anything = st.fixed_dictionaries({}, optional=VALID)


def test_every_setting_is_tried() -> None:
    assert set(VALID) == set(Settings.__struct_fields__)


@given(anything)
def test_valid_settings_arrive_as_they_were_given(arguments: dict[str, Any]) -> None:
    settings = settled(**arguments)

    assert settings == Settings(**arguments)
    assert settings.chosen() == arguments
    assert from_json(to_json(settings), Settings) == settings


@given(anything, anything)
def test_settings_of_a_call_override_the_models_defaults(
    defaults: dict[str, Any], arguments: dict[str, Any]
) -> None:
    model = Recording(Settings(**defaults))

    model.generate("Hi", **arguments)
    model.generate(ChatRequest(messages=(user("Hi"),), settings=Settings(**arguments)))

    assert model.seen == [Settings(**defaults | arguments)] * 2


def test_none_falls_back_to_the_default() -> None:
    model = Recording(Settings(temperature=0.5))

    model.generate("Hi", temperature=None)

    assert model.seen == [Settings(temperature=0.5)]


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("temperature", [-0.1, 2.1, math.nan, math.inf, True, "1"], "a number from 0 to 2"),
        ("top_p", [0, 1.1, None.__class__], "a number above 0 to 1"),
        ("top_k", [0, 1.0, True, SMALL, "1"], "an integer of at least 1"),
        ("max_output_tokens", [0, -1, 10.5], "an integer of at least 1"),
        ("stop", ["", [], [""], ["a", ""], [1], {"a"}, 3], "a non-empty str or a sequence of them"),
        ("seed", [True, 1.5, SMALL, -SMALL - 1], "an integer of 64 bits"),
        ("frequency_penalty", [-2.1, 2.1], "a number from -2 to 2"),
        ("presence_penalty", [-2.1, "0"], "a number from -2 to 2"),
        (
            "logit_bias",
            [{"50256": 101}, {"50256": "1"}, {None: 1}, [1]],
            "a mapping of token id to a number from -100 to 100",
        ),
        ("logprobs", [1, "true"], "True or False"),
        ("top_logprobs", [-1, 21, 2.5, True], "an integer from 0 to 20"),
        (
            "reasoning_effort",
            ["extreme", 3, ["low"]],
            "one of none, minimal, low, medium, high, xhigh, max",
        ),
        ("reasoning_budget", [-1], "an integer of at least 0"),
        ("parallel_tool_calls", [0], "True or False"),
        ("user", ["", 7], "a non-empty str"),
        ("metadata", [{"a": 1}, {1: "a"}, "a"], "a mapping of str to str"),
        ("store", ["no"], "True or False"),
        (
            "service_tier",
            ["slow"],
            "one of auto, default, flex, priority, scale, batch, fast, ultrafast, reserved",
        ),
        ("prompt_cache_key", [b"key"], "a non-empty str"),
        ("prompt_cache_retention", ["1h"], "one of in_memory, 24h"),
        ("prediction", [3], "a non-empty str"),
        (
            "audio_output",
            ["alloy", AudioOutput(""), AudioOutput(3), AudioOutput("a", "ogg")],  # type: ignore[arg-type] - untyped callers
            "an AudioOutput with a voice and one of wav, mp3, flac, opus, aac, pcm16",
        ),
        ("verbosity", ["huge"], "one of low, medium, high"),
    ],
    ids=lambda value: value if isinstance(value, str) and value in VALID else "",
)
def test_a_value_that_breaks_its_rule_is_refused(name: str, values: list[Any], words: str) -> None:
    for value in values:
        assert refusal(**{name: value}) == f"{name} must be {words}, not {value!r}"


def test_subclasses_are_converted_to_plain_values() -> None:
    settings = settled(
        temperature=Share(0.5),
        top_k=Count.FIVE,
        frequency_penalty=Count.FIVE - 4,
        reasoning_effort=Effort.HIGH,
        logit_bias={50256: Share(-1)},
    )

    assert [type(value) for value in settings.chosen().values()] == [float, int, int, dict, str]
    assert settings.logit_bias == {"50256": -1.0}


def test_a_single_stop_text_becomes_a_tuple() -> None:
    assert settled(stop="END").stop == ("END",)


def test_settings_do_not_change_with_their_arguments() -> None:
    model, metadata = Recording(), {"team": "a"}

    model.generate("Hi", metadata=metadata)
    metadata["team"] = "b"

    assert model.seen[0].metadata == {"team": "a"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("temprature", "did you mean 'temperature'?"),
        ("tool", "did you mean 'tools'?"),
        ("max_tokens", "did you mean 'max_output_tokens'?"),
        ("response_format", "pass output_type=..."),
        ("api_key", "pass it to create_chat_model()"),
        ("xyzzy", "pass vendor-specific fields through provider_options={...}"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest_name(name: str, hint: str) -> None:
    assert refusal(**{name: "secret"}) == f"there is no setting {name!r}; {hint}"


def test_all_problems_come_in_one_error() -> None:
    message = refusal(temperature=3, seed="x", temprature=1, top_p=0.5)

    assert message.count("; ") == 3
    assert "temperature must be" in message
    assert "seed must be" in message
    assert "no setting 'temprature'" in message


def test_a_long_value_is_not_repeated_in_full() -> None:
    assert len(refusal(stop=["x" * 1000, ""])) < 200


def test_settings_are_checked_wherever_they_come_from() -> None:
    wrong = Settings(temperature=9, stop=["END"])  # type: ignore[arg-type] - untyped callers

    with pytest.raises(InvalidRequestError, match="temperature must be"):
        Recording(wrong)
    with pytest.raises(InvalidRequestError, match="temperature must be"):
        Recording().generate(ChatRequest(messages=(user("Hi"),), settings=wrong))
