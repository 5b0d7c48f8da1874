"""The tests of vLLM's server: its schemas, its tools, and the requests that it ends."""

import urllib.request
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
import pytest
from msgspec import Meta

from chatmodels.core import OutputInvalidError, tool, user
from chatmodels.core.extending import OutputSchema
from conversations import add, weather
from serving import Served

LONG = {"max_output_tokens": 1_900}


def running(served: Served) -> int:
    """Return the number of requests that the server processes."""
    request = urllib.request.Request(served.base_url.removesuffix("/v1") + "/metrics")
    with urllib.request.urlopen(request) as response:
        lines = response.read().decode().splitlines()
    values = [line.split()[-1] for line in lines if line.startswith("vllm:num_requests_running")]
    return sum(int(float(value)) for value in values)


def until_running(served: Served) -> None:
    """Wait until a request is processed, which the server counts some time after its start."""
    while not running(served):
        pass


def until_idle(served: Served) -> None:
    """Wait until no request is processed; the limit of the test run ends it otherwise."""
    while running(served):
        pass


def test_a_stream_that_is_left_frees_its_place(served: Served) -> None:
    with served.model().stream("Count.", **LONG) as stream:
        next(iter(stream.texts()))
        until_running(served)
    until_idle(served)
    assert stream.partial.finish_reason == "other"


async def test_a_cancelled_whole_response_frees_its_place(served: Served) -> None:
    started = anyio.Event()
    ended: list[object] = []

    async def call() -> None:
        started.set()
        ended.append(await served.model().agenerate("Count.", **LONG))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await started.wait()
        await anyio.to_thread.run_sync(until_running, served)
        group.cancel_scope.cancel()
    await anyio.to_thread.run_sync(until_idle, served)
    assert ended == []


@dataclass
class Row:
    code: Annotated[str, Meta(pattern=r"^\d{3}-[A-F]\w")]
    name: Annotated[str, Meta(min_length=3, max_length=8)]
    step: Annotated[int, Meta(ge=1, le=9)]
    pair: tuple[int, bool]
    counts: dict[str, int]
    note: str = "a"


def test_constraints_of_types_are_enforced(served: Served) -> None:
    response = served.model().generate("Invent a row.", output_type=Row, max_output_tokens=200)

    assert isinstance(response.parsed, Row)
    assert response.warnings == ()


KEYWORDS: dict[str, dict[str, Any]] = {
    "oneOf": {"oneOf": [{"type": "integer"}, {"type": "null"}]},
    "const": {"const": {"a": [1, None]}},
    "format": {"type": "string", "format": "uuid"},
    "prefixItems": {"prefixItems": [{"const": "a"}, {"const": 7}], "items": False, "minItems": 2},
    "patternProperties": {"type": "object", "patternProperties": {"^a": {"type": "integer"}}},
    "minProperties": {"additionalProperties": {"const": 1}, "minProperties": 1, "type": "object"},
    "exclusiveMinimum": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
}


@pytest.mark.parametrize("name", KEYWORDS)
def test_keywords_without_a_warning_bind(served: Served, name: str) -> None:
    import json

    import jsonschema

    schema = {"type": "object", "properties": {"v": KEYWORDS[name]}, "required": ["v"]}
    output = OutputSchema("case", {**schema, "additionalProperties": False})
    model = served.model()
    assert model.explain("?", output_type=output).warnings == ()
    text = model.generate("Invent one.", output_type=output, max_output_tokens=120).text
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(json.loads(text))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "maxItems": 1},
        {"type": "string", "format": "regex", "maxLength": 3},
        {"type": "integer", "multipleOf": 7, "maximum": 99},
        {"type": "string", "pattern": "^[a-z]*$", "minLength": 2},
        {"type": "object", "properties": {"a": {}}, "propertyNames": {"pattern": "^a"}},
    ],
    ids=["uniqueItems", "format", "multipleOf", "minLength", "propertyNames"],
)
def test_keywords_that_do_not_bind_are_a_warning(served: Served, schema: dict[str, Any]) -> None:
    whole = {"type": "object", "properties": {"v": schema}, "required": ["v"]}
    response = served.model().generate(
        "Invent one.", output_type=OutputSchema("case", whole), max_output_tokens=60
    )

    assert response.text.startswith('{"v":')
    (warning,) = response.warnings
    assert "does not enforce" in warning


@tool(strict=True)
def measure(city: Annotated[str, Meta(min_length=2, max_length=9)], height: int) -> str:
    """Measure a city."""
    raise NotImplementedError(city, height)


def test_arguments_match_the_schema_of_a_strict_tool(served: Served) -> None:
    response = served.model().generate(
        "Hello!", tools=[measure, add], tool_choice="measure", max_output_tokens=120
    )

    (call,) = response.tool_calls
    assert call.name == "measure"
    assert 2 <= len(call.arguments["city"]) <= 9
    assert isinstance(call.arguments["height"], int)


def test_a_call_that_is_cut_off_is_text_unless_it_is_streamed(served: Served) -> None:
    prompt = [user("What is the weather in Oslo?")]
    options: dict[str, Any] = {"tools": [weather], "max_output_tokens": 5}
    whole = served.model().generate(prompt, **options)
    streamed = served.model().stream(prompt, **options).collect()

    assert (whole.finish_reason, streamed.finish_reason) == ("length", "length")
    assert whole.text.startswith("<tool_call>")
    assert streamed.tool_calls[0].arguments_json.startswith('{"city": ')


def test_reasoning_precedes_structured_output(served: Served) -> None:
    with pytest.raises(OutputInvalidError):  # the model never ends its reasoning with JSON
        served.model().generate("?", output_type=Row, max_output_tokens=4)
    response = served.model().generate(
        "?", output_type=bool, max_output_tokens=60, reasoning_effort="high"
    )

    assert response.reasoning
    assert isinstance(response.parsed, bool)
