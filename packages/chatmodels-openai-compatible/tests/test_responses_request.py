"""Requests of the Responses API, as they are written."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    InvalidRequestError,
    Settings,
    ToolChoice,
    UnsupportedError,
    user,
)
from chatmodels.core._calls.negotiation import negotiate
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.http import Codec, HttpRequest
from chatmodels.openai_compatible.responses import ResponsesDialect, responses_codec

CODEC = responses_codec(ResponsesDialect(name="vendor"), (("X-Project", "p"),))
SEALED = responses_codec(ResponsesDialect(name="vendor", include=("reasoning.encrypted_content",)))
PLAIN = responses_codec(ResponsesDialect(name="vendor", output_formats=frozenset()))
CLOCK = ToolDefinition("clock", "", {"type": "object"})
STRICT = ToolDefinition("clock", "Tell the time.", {"type": "object"}, strict=True)
LOGPROBS = "message.output_text.logprobs"


def written(codec: Codec = CODEC, *, stream: bool = False, **fields: Any) -> Any:
    request = ChatRequest(messages=(user("Hello"),), **fields)
    request, _ = negotiate(request, codec.profile("m"), provider="vendor")
    body = json.loads(codec.encode("m", request, stream=stream).body)
    assert body.pop("model") == "m"
    assert body.pop("input") == [{"role": "user", "content": "Hello"}]
    assert body.pop("stream") is stream  # also if false: some servers stream by default
    return body


def test_a_question_is_posted() -> None:
    request = CODEC.encode("m", ChatRequest(messages=(user("Hello"),)), stream=True)
    assert (request.method, request.path) == ("POST", "/responses")
    assert request.headers == (("X-Project", "p"),)
    assert written() == {}
    assert written(stream=True) == {}


def test_settings_have_their_places() -> None:
    chosen = Settings(
        temperature=0.5,
        top_p=0.5,
        max_output_tokens=9,
        top_logprobs=2,
        reasoning_effort="low",
        verbosity="high",
        parallel_tool_calls=False,
        user="u",
        metadata={"a": "b"},
        store=False,
        service_tier="flex",
        prompt_cache_key="k",
        prompt_cache_retention="24h",
    )
    assert written(settings=chosen, tools=(CLOCK,), output=OutputSchema("o", None)) == {
        "temperature": 0.5,
        "top_p": 0.5,
        "max_output_tokens": 9,
        "top_logprobs": 2,
        "include": [LOGPROBS],
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "high", "format": {"type": "json_object"}},
        "parallel_tool_calls": False,
        "user": "u",
        "metadata": {"a": "b"},
        "store": False,
        "service_tier": "flex",
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "tools": [
            {"type": "function", "name": "clock", "parameters": {"type": "object"}, "strict": False}
        ],
    }
    alone = Settings(parallel_tool_calls=True)
    assert written(settings=alone) == {}
    search = {"tools": [{"type": "web_search"}]}
    assert written(settings=alone, provider_options=search) == search | {
        "parallel_tool_calls": True
    }


@pytest.mark.parametrize(
    ("settings", "included"),
    [
        pytest.param(Settings(logprobs=True), [LOGPROBS], id="asked for"),
        pytest.param(Settings(logprobs=False), None, id="not asked for"),
    ],
)
def test_probabilities_are_included(settings: Settings, included: list[str] | None) -> None:
    assert written(settings=settings).get("include") == included


def test_lists_of_additional_output_are_joined() -> None:
    options = {"include": ["web_search_call.action.sources", LOGPROBS]}
    assert written(SEALED)["include"] == ["reasoning.encrypted_content"]
    found = written(SEALED, settings=Settings(logprobs=True), provider_options=options)
    assert found["include"] == [*options["include"], "reasoning.encrypted_content"]
    assert written(SEALED, provider_options={"include": None})["include"] is None


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice("required"), "required"),
        (ToolChoice("tool", "clock"), {"type": "function", "name": "clock"}),
    ],
    ids=["any", "one"],
)
def test_tools_and_tool_choices_are_encoded(choice: ToolChoice, expected: object) -> None:
    tool = {"type": "function", "name": "clock", "parameters": {"type": "object"}}
    search = {"type": "web_search"}
    options = {"tools": [search]}
    assert written(tools=(STRICT,), tool_choice=choice, provider_options=options) == {
        "tools": [tool | {"description": "Tell the time.", "strict": True}, search],
        "tool_choice": expected,
    }


def test_the_output_schema_is_encoded() -> None:
    schema = {"type": "object"}
    output = OutputSchema("o", schema, "An answer.", strict=False)
    form = {"type": "json_schema", "name": "o", "schema": schema, "strict": False}
    assert written(output=output)["text"]["format"] == form | {"description": "An answer."}
    assert written(output=OutputSchema("o", schema))["text"] == {"format": form | {"strict": True}}


def test_fields_of_the_caller_are_put_in() -> None:
    options = {"previous_response_id": "resp_1", "reasoning": {"summary": "auto"}}
    found = written(settings=Settings(reasoning_effort="low"), provider_options=options)
    assert found == {
        "previous_response_id": "resp_1",
        "reasoning": {"effort": "low", "summary": "auto"},
    }


def test_a_stream_is_not_requested_by_an_option() -> None:
    with pytest.raises(UnsupportedError, match=r"call stream\(\)"):
        written(provider_options={"stream": True})


def test_the_profile_has_the_output_formats_of_the_dialect() -> None:
    assert PLAIN.profile("m").native_output == frozenset()


@pytest.mark.parametrize(
    ("stream", "path"),
    [(False, "/responses/resp_1"), (True, "/responses/resp_1?stream=true")],
    ids=["whole", "streamed"],
)
def test_an_existing_response_is_fetched(stream: bool, path: str) -> None:
    request = ChatRequest(messages=(user("Hello"),), provider_options={"retrieve": "resp_1"})
    found = CODEC.encode("m", request, stream=stream)
    assert found == HttpRequest(method="GET", path=path, headers=(("X-Project", "p"),))


def test_a_response_is_fetched_with_further_parameters() -> None:
    options = {
        "retrieve": "resp_1",
        "include": ["a.b", "c"],
        "include_obfuscation": False,
        "starting_after": 7,
        "x": "a&b",
        "stream": False,
    }
    request = ChatRequest(messages=(user("Hello"),), provider_options=options)
    path = CODEC.encode("m", request, stream=True).path
    query = "include%5B%5D=a.b&include%5B%5D=c&include_obfuscation=false&starting_after=7&x=a%26b"
    assert path == f"/responses/resp_1?{query}&stream=true"


def test_further_parameters_must_be_json() -> None:
    options = {"retrieve": "resp_1", "starting_after": object()}
    request = ChatRequest(messages=(user("Hello"),), provider_options=options)
    with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
        CODEC.encode("m", request, stream=False)


@pytest.mark.parametrize("wanted", [7, "", "../models", "a?b"])
def test_an_invalid_id_is_not_fetched(wanted: object) -> None:
    request = ChatRequest(messages=(user("Hello"),), provider_options={"retrieve": wanted})
    with pytest.raises(InvalidRequestError, match="retrieve must be the id of a response, not"):
        CODEC.encode("m", request, stream=False)
