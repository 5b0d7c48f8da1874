"""The tests of llama.cpp's own server: its fields, its schemas, and its slots."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
import anyio.lowlevel
import pytest
from msgspec import Meta

from chatmodels.core import (
    ChatModelError,
    ErrorCode,
    Message,
    Timeout,
    ToolCall,
    image,
    tool_result,
    user,
)
from conversations import add, examples, weather
from serving import Served

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6364f8cf500f00038601805a347d6b0000000049454e44ae426082"
)


def busy_slots(served: Served) -> int:
    request = urllib.request.Request(
        served.base_url.removesuffix("/v1") + "/slots", headers={"Authorization": "Bearer secret"}
    )
    with urllib.request.urlopen(request) as response:
        return sum(slot["is_processing"] for slot in json.load(response))


def until_idle(served: Served) -> None:
    """Wait until no slot generates; the limit of the test run ends it otherwise."""
    while busy_slots(served):
        pass


def test_a_stream_that_is_left_frees_its_slot(served: Served) -> None:
    with served.model().stream("Count to 1000.", max_output_tokens=900) as stream:
        next(iter(stream.texts()))
        assert busy_slots(served) == 1
    until_idle(served)
    assert stream.partial.text


async def test_a_cancelled_whole_response_frees_its_slot(served: Served) -> None:
    started = anyio.Event()
    ended: list[object] = []

    async def call() -> None:
        started.set()
        ended.append(await served.model().agenerate("Count to 1000.", max_output_tokens=900))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await started.wait()
        while not await anyio.to_thread.run_sync(busy_slots, served):
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    await anyio.to_thread.run_sync(until_idle, served)
    assert ended == []


def test_any_model_name_is_answered_by_the_loaded_model(served: Served) -> None:
    response = served.model("another").generate("Hello", max_output_tokens=2)
    assert (response.model, response.requested_model) == ("smollm2", "another")


def test_fields_of_the_server_have_their_effect(served: Served) -> None:
    response = served.model().generate(
        "Is the sky blue?",
        max_output_tokens=8,
        provider_options={
            "grammar": 'root ::= "yes" | "no"',
            "min_p": 0.2,
            "cache_prompt": False,
            "id_slot": 1,
        },
    )

    assert response.text in {"yes", "no"}
    assert response.usage.cached_input_tokens == 0


def test_arguments_of_the_chat_template_change_the_prompt(served: Served) -> None:
    options = {"chat_template_kwargs": {"enable_thinking": False}}
    without = served.model().generate("Hello", max_output_tokens=1)
    changed = served.model().generate("Hello", max_output_tokens=1, provider_options=options)
    disabled = served.model().generate("Hello", max_output_tokens=1, reasoning_effort="none")

    assert changed.usage.input_tokens == disabled.usage.input_tokens
    assert (changed.usage.input_tokens or 0) > (without.usage.input_tokens or 0)


def test_the_last_chunk_has_the_timings(served: Served) -> None:
    response = served.model().generate("Hello", max_output_tokens=3)

    (timings,) = [chunk["timings"] for chunk in response.raw if "timings" in chunk]
    assert timings["predicted_n"] == response.usage.output_tokens
    assert timings["predicted_ms"] > 0
    assert timings["cache_n"] == response.usage.cached_input_tokens


def test_progress_of_a_long_prompt_is_a_sign_of_life(served: Served) -> None:
    prompt = " ".join(f"word{index}" for index in range(60))
    response = served.model(timeout=Timeout(read=30)).generate(
        prompt, max_output_tokens=1, provider_options={"cache_prompt": False}
    )

    progress = [chunk["prompt_progress"] for chunk in response.raw if "prompt_progress" in chunk]
    assert progress[-1]["total"] == response.usage.input_tokens
    assert 0 < progress[-1]["processed"] <= progress[-1]["total"]


def test_a_named_tool_is_the_only_one_that_can_be_called(served: Served) -> None:
    model, options = served.model(), {"tools": [weather, add], "max_output_tokens": 60}
    response = model.generate(examples(), tool_choice="weather", **options)
    assert [call.name for call in response.tool_calls] == ["weather"]

    sent = model.explain(examples(), tool_choice="add", **options).body
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["add"]
    assert sent["tool_choice"] == "required"


def test_mistakes_of_the_caller_have_a_code_and_are_not_retried(served: Served) -> None:
    picture = user("Describe it.", image(PNG, media_type="image/png"))
    with pytest.raises(ChatModelError) as seen:
        served.model(max_retries=2).generate([picture], max_output_tokens=2)
    assert (seen.value.status, seen.value.code) == (500, ErrorCode.UNSUPPORTED)

    broken = ToolCall(id="c", name="weather", arguments_json='{"city": "Os')
    turns = [user("Weather?"), Message("assistant", (broken,)), tool_result(broken, "7")]
    # The incomplete arguments are repaired before they are sent.
    assert served.model().generate([*turns, user("So?")], max_output_tokens=2).message.parts

    wrong = {"temperature": "hot"}
    with pytest.raises(ChatModelError) as typed:
        served.model(max_retries=2).generate("Hello", max_output_tokens=2, provider_options=wrong)
    assert typed.value.code is ErrorCode.INVALID_REQUEST
    assert not typed.value.retryable


@dataclass
class Row:
    code: Annotated[str, Meta(pattern=r"^\d{3}-[A-F]\w$")]
    ends: Annotated[str, Meta(pattern=r"^.{0,3}[xyz]$")]
    count: Annotated[int, Meta(ge=3, le=5)]


@pytest.mark.parametrize("seed", range(4))
def test_rewritten_patterns_are_enforced(served: Served, seed: int) -> None:
    model = served.model(temperature=1.5, seed=seed, **served.plain)
    response = model.generate("Invent a row.", output_type=Row, max_output_tokens=200)

    assert response.parsed is not None
    assert response.warnings == ()


@dataclass
class Loose:
    share: Annotated[float, Meta(ge=0, le=1)]
    step: Annotated[int, Meta(multiple_of=7)]


def test_constraints_that_do_not_bind_are_a_warning(served: Served) -> None:
    explained = served.model().explain("Invent one.", output_type=Loose)

    (warning,) = explained.warnings
    assert "multipleOf of step" in warning
    assert "minimum of share" in warning


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "prefixItems": (
        {"type": "array", "prefixItems": [{"const": "a"}, {"const": 7}], "items": False},
        '["a", 7]',
    ),
    "minLength": ({"type": "string", "minLength": 3, "maxLength": 3}, ""),
    "const": ({"const": {"a": [1, None]}}, ""),
    "date": ({"type": "string", "format": "date"}, ""),
    "uuid": ({"type": "string", "format": "uuid"}, ""),
    "exclusive": ({"type": "integer", "exclusiveMinimum": 7, "exclusiveMaximum": 9}, "8"),
}


@pytest.mark.parametrize("name", CASES)
def test_keywords_without_a_warning_bind(served: Served, name: str) -> None:
    import jsonschema

    from chatmodels.core.extending import OutputSchema

    schema, expected = CASES[name]
    whole = {"type": "object", "properties": {"v": schema}, "required": ["v"]}
    output = OutputSchema("case", {**whole, "additionalProperties": False})
    for seed in range(3):
        model = served.model(temperature=1.5, seed=seed, **served.plain)
        assert model.explain("?", output_type=output).warnings == ()
        text = model.generate("Invent one.", output_type=output, max_output_tokens=120).text
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        jsonschema.Draft202012Validator(whole, format_checker=checker).validate(json.loads(text))
        if expected:
            assert json.loads(text) == {"v": json.loads(expected)}
