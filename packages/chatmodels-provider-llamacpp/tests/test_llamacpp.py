"""The contract, and tests specific to llama.cpp's server."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from msgspec import Meta

from chatmodels.core import (
    AudioPart,
    ChatModel,
    ChatModelError,
    ErrorCode,
    FilePart,
    ImagePart,
    ToolCall,
    UnsupportedError,
    assistant,
    create_chat_model,
    tool,
    tool_result,
    user,
)
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing import SimulatedResponse, Simulator
from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="llamacpp", model="any-model", streams_whole=True)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_llamacpp_keeps_the_contract(check: Check) -> None:
    check()


@tool
def clock(zone: str) -> str:
    """Return the time."""
    return zone


@tool
def date(zone: str) -> str:
    """Return the date."""
    return zone


def model(**options: Any) -> ChatModel:
    return create_chat_model("llamacpp:any-model", api_key="k", **options)


def body(prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = model().explain(prompt, **options)
    assert explained.url == "http://127.0.0.1:8080/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


def test_settings_have_the_names_of_the_server() -> None:
    sent = body(max_output_tokens=9, top_k=5, seed=7, reasoning_effort="none")

    assert (sent["max_tokens"], sent["top_k"], sent["seed"]) == (9, 5, 7)
    assert sent["reasoning_effort"] == "none"


def test_fields_of_the_server_are_provider_options() -> None:
    fields = {
        "grammar": 'root ::= "yes" | "no"',
        "cache_prompt": False,
        "min_p": 0.1,
        "id_slot": 1,
        "chat_template_kwargs": {"enable_thinking": False},
    }

    assert body(provider_options=fields).items() >= fields.items()


@pytest.mark.parametrize("options", [{"user": "ada"}, {"parallel_tool_calls": False}])
def test_settings_that_the_server_ignores_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(options))):
        body(tools=[clock], **options)


def test_a_named_tool_is_sent_alone() -> None:
    sent = body(tools=[clock, date], tool_choice="date")

    assert [each["function"]["name"] for each in sent["tools"]] == ["date"]
    assert sent["tool_choice"] == "required"
    assert clock("UTC") == date("UTC")
    assert len(body(tools=[clock, date], tool_choice="required")["tools"]) == 2


def test_structured_output_beside_tools_is_a_tool() -> None:
    sent = body(tools=[clock], output_type=list[int])

    assert "response_format" not in sent
    assert len(sent["tools"]) == 2


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "pattern": r"^\d{3}$", "minLength": 3},
        "word": {"type": "string", "pattern": r"\bfoo", "format": "email"},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "count": {"type": "integer", "minimum": 0},
        "day": {"type": "string", "format": "date"},
    },
    "required": ["code"],
}


def test_a_schema_is_sent_whole_and_its_patterns_rewritten() -> None:
    sent = body(output_type=OutputSchema("row", SCHEMA))
    schema = sent["response_format"]["json_schema"]["schema"]

    properties = schema["properties"]
    assert properties["code"] == {"type": "string", "pattern": "^[0-9]{3}$", "minLength": 3}
    assert properties["word"] == {
        "type": "string",
        "description": r"(pattern: \bfoo)",
        "format": "email",
    }
    assert properties["share"] == SCHEMA["properties"]["share"]
    assert schema["required"] == ["code"]


def test_constraints_that_the_server_ignores_are_reported() -> None:
    output = OutputSchema("row", SCHEMA)
    (warning,) = model().explain("?", output_type=output).warnings

    assert "minLength of code, format of word, pattern of word, minimum of share" in warning
    assert "maximum of share" in warning
    assert "count" not in warning
    assert "day" not in warning


@dataclass
class Reading:
    name: Annotated[str, Meta(max_length=8)]
    pair: tuple[int, str]
    level: Annotated[int, Meta(ge=0)] | None = None


def test_the_schema_of_a_type_is_sent_with_all_of_its_constraints() -> None:
    explained = model().explain("?", output_type=Reading)
    properties = explained.body["response_format"]["json_schema"]["schema"]["properties"]

    assert explained.warnings == ()
    assert properties["name"]["maxLength"] == 8
    assert properties["pair"]["prefixItems"] == [{"type": "integer"}, {"type": "string"}]
    assert "items" not in properties["pair"]  # it would take precedence
    assert properties["level"]["anyOf"][0]["minimum"] == 0


@pytest.mark.parametrize(
    ("schema", "ignored"),
    [
        ({"type": ["integer", "null"], "minimum": 3}, ""),
        ({"type": ["integer", "number"], "minimum": 3}, "minimum of v"),
        ({"anyOf": [{"type": "string"}], "minLength": 3, "title": "V"}, "minLength of v"),
        ({"type": "string", "format": "date", "maxLength": 9}, "maxLength of v"),
        ({"type": "string", "pattern": "^a$", "format": "date"}, "format of v"),
        ({"allOf": [{"type": "string"}, {"minLength": 2}], "maxLength": 3}, "maxLength of v"),
        (
            {
                "type": "object",
                "properties": {},
                "allOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            "allOf of v",
        ),
    ],
)
def test_keywords_that_another_one_overrules_are_reported(
    schema: dict[str, Any], ignored: str
) -> None:
    whole = {"type": "object", "properties": {"v": schema}, "required": ["v"]}
    warnings = model().explain("?", output_type=OutputSchema("case", whole)).warnings

    expected = f"llamacpp: the server does not enforce the output's {ignored}"
    assert warnings == ((expected,) if ignored else ())


def test_the_patterns_of_tools_are_rewritten() -> None:
    sent = body(tools=[ToolDefinition("find", "Find a row.", SCHEMA)])
    code = sent["tools"][0]["function"]["parameters"]["properties"]["code"]
    assert code["pattern"] == "^[0-9]{3}$"


def test_media_that_the_server_reads_are_sent() -> None:
    prompt = user(
        ImagePart(data=b"\x89PNG", media_type="image/png"),
        AudioPart(data=b"RIFF", media_type="audio/wav"),
    )

    (message,) = body(prompt)["messages"]
    assert [part["type"] for part in message["content"]] == ["image_url", "input_audio"]
    with pytest.raises(UnsupportedError, match="image"):
        body(user("?", ImagePart(data=b"RIFF", media_type="image/webp")))
    with pytest.raises(UnsupportedError, match="file"):
        body(user("?", FilePart(data=b"%PDF", media_type="application/pdf")))


def stream(*chunks: object) -> SimulatedResponse:
    frames = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    return SimulatedResponse(
        headers={"content-type": "text/event-stream"},
        body=(*frames, b"data: [DONE]\n\n"),
        streamed=True,
    )


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def test_a_whole_response_is_requested_as_a_stream_with_progress() -> None:
    progress = {"total": 900, "cache": 0, "processed": 512, "time_ms": 1800}
    timings = {"prompt_n": 900, "predicted_n": 2, "predicted_per_second": 31.5}
    with Simulator() as simulator:
        simulator.queue(
            stream(
                chunk({"role": "assistant", "content": None}),
                chunk({}, prompt_progress=progress),
                chunk({"reasoning_content": "2 + 2."}),
                chunk({"content": "4"}),
                chunk({}, "stop"),
                {"choices": [], "usage": {"prompt_tokens": 900}, "timings": timings},
            )
        )
        made = model(base_url=simulator.base_url)
        response = made.generate("2 + 2?")
        made.generate([user("2 + 2?"), response.message, user("Sure?")])
        first, second = simulator.requests
    assert (first["stream"], first["return_progress"]) == (True, True)
    assert (response.text, response.reasoning) == ("4", "2 + 2.")
    assert response.raw[1]["prompt_progress"] == progress
    assert response.raw[-1]["timings"] == timings
    assert second["messages"][1]["reasoning_content"] == "2 + 2."


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("image input is not supported - hint: provide the mmproj", ErrorCode.UNSUPPORTED),
        ("Failed to parse tool call arguments as JSON", ErrorCode.INVALID_REQUEST),
    ],
)
def test_mistakes_of_the_caller_are_not_retried(message: str, code: ErrorCode) -> None:
    error = {"error": {"code": 500, "message": message, "type": "server_error"}}
    with Simulator() as simulator:
        simulator.queue(SimulatedResponse(status=500, body=(json.dumps(error).encode(),)))
        with pytest.raises(ChatModelError, match="llamacpp: 500") as caught:
            model(base_url=simulator.base_url).generate("?")
        assert len(simulator.requests) == 1
    assert caught.value.code is code


def test_images_stay_in_the_results_of_tools() -> None:
    image = ImagePart(data=b"\x89PNG", media_type="image/png")
    turns = [user("?"), assistant(ToolCall("1", "photo", "{}")), tool_result("1", image)]
    result = body(turns)["messages"][2]

    assert (result["role"], result["content"][0]["type"]) == ("tool", "image_url")
