"""Conversations, settings and tools are encoded for Ollama's API."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    ChatRequest,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    Settings,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
    UnsupportedError,
    assistant,
    create_chat_model,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import OutputSchema, ProviderState, ToolDefinition
from chatmodels.providers.ollama._codec import CODEC

CITY = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = ToolDefinition("weather", "Tell the weather.", CITY)
CLOCK = ToolDefinition("clock", "", {"type": "object"})
PIXEL = ImagePart(data=b"png", media_type="image/png")
REASONING = ProviderState("ollama", {"type": "thinking"})


def body(*messages: Message, **fields: Any) -> dict[str, Any]:
    request = ChatRequest(messages=messages or (user("?"),), **fields)
    made: dict[str, Any] = create_chat_model("ollama:qwen3").explain(request).body
    return made


def without_prompt(**fields: Any) -> dict[str, Any]:
    made = body(**fields)
    return {name: made[name] for name in made.keys() - {"model", "messages", "stream"}}


def messages(*given: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(*given)["messages"]
    return found


@pytest.mark.parametrize("stream", [False, True])
def test_the_stream_field_is_always_sent(stream: bool) -> None:
    encoded = CODEC.encode("qwen3", ChatRequest(messages=(user("?"),)), stream=stream)
    assert json.loads(encoded.body) == {
        "model": "qwen3",
        "messages": [{"role": "user", "content": "?"}],
        "stream": stream,
    }


def test_settings_are_options_of_the_server() -> None:
    settings = Settings(
        temperature=0.5,
        top_p=0.9,
        top_k=7,
        max_output_tokens=10,
        stop=("a",),
        seed=1,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
    )
    options = {"options": {"num_ctx": 8192}, "keep_alive": "10m"}

    assert without_prompt(settings=settings, provider_options=options) == {
        "options": {
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 7,
            "num_predict": 10,
            "stop": ["a"],
            "seed": 1,
            "frequency_penalty": 0.1,
            "presence_penalty": 0.2,
            "num_ctx": 8192,
        },
        "logprobs": True,
        "top_logprobs": 2,
        "keep_alive": "10m",
    }


def test_top_logprobs_include_logprobs() -> None:
    assert without_prompt(settings=Settings(top_logprobs=2)) == {
        "logprobs": True,
        "top_logprobs": 2,
    }


@pytest.mark.parametrize(
    ("effort", "think"),
    [("none", False), ("minimal", "low"), ("low", "low"), ("high", "high"), ("xhigh", "max")],
)
def test_effort_is_a_level_of_thinking(effort: Any, think: Any) -> None:
    assert without_prompt(settings=Settings(reasoning_effort=effort)) == {"think": think}


@pytest.mark.parametrize(("schema", "form"), [(None, "json"), (CITY, CITY)], ids=["any", "schema"])
def test_the_format_is_the_output_schema(schema: Any, form: Any) -> None:
    assert without_prompt(output=OutputSchema("place", schema)) == {"format": form}


def test_tools_are_functions() -> None:
    assert without_prompt(tools=(WEATHER, CLOCK), tool_choice=ToolChoice("auto")) == {
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "weather",
                    "description": "Tell the weather.",
                    "parameters": CITY,
                },
            },
            {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}},
        ]
    }


def test_tools_that_must_not_be_called_are_not_offered() -> None:
    assert without_prompt(tools=(WEATHER,), tool_choice=ToolChoice("none")) == {}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"settings": Settings(user="u")}, "does not support user;"),
        (
            {"tools": (WEATHER,), "tool_choice": ToolChoice("required")},
            "tool_choice 'required'",
        ),
        (
            {"tools": (WEATHER,), "tool_choice": ToolChoice("tool", "weather")},
            "tool_choice 'weather'",
        ),
        ({"tools": (ToolDefinition("t", "", {}, strict=True),)}, "strict in the tool 't'"),
        ({"provider_options": {"stream": True}}, "stream in provider_options"),
    ],
)
def test_unsupported_content_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnsupportedError, match=problem):
        body(**fields)


def test_a_message_has_one_text_and_images_beside_it() -> None:
    assert messages(system("Be brief."), user("What", PIXEL, "is it?"), user(PIXEL)) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What\nis it?", "images": ["cG5n"]},
        {"role": "user", "content": "", "images": ["cG5n"]},
    ]


def test_calls_have_objects_and_results_the_name_of_the_tool() -> None:
    assistant_message = assistant(
        ReasoningPart("Hm.", REASONING),
        ReasoningPart("Another vendor's."),
        "Look:",
        ToolCall("1", "weather", '{"city": "Oslo"}'),
        ToolCall("2", "clock", '{"cut'),
    )

    assert messages(
        assistant_message,
        tool_result("1", "7 C", "and sun"),
        tool_result(ToolCall("2", "clock"), "no", is_error=True),
        tool_result("3", "?"),
    ) == [
        {
            "role": "assistant",
            "content": "Look:",
            "thinking": "Hm.",
            "tool_calls": [
                {"id": "1", "function": {"name": "weather", "arguments": {"city": "Oslo"}}},
                {
                    "id": "2",
                    "function": {"name": "clock", "arguments": {"invalid_json": '{"cut'}},
                },
            ],
        },
        {"role": "tool", "content": "7 C\nand sun", "tool_call_id": "1", "tool_name": "weather"},
        {"role": "tool", "content": "no", "tool_call_id": "2", "tool_name": "clock"},
        {"role": "tool", "content": "?", "tool_call_id": "3"},
    ]


def test_user_content_with_a_result_follows_it() -> None:
    both = Message("user", (TextPart("And?"), ToolResult("1", (TextPart("7 C"),))))

    assert messages(both) == [
        {"role": "tool", "content": "7 C", "tool_call_id": "1"},
        {"role": "user", "content": "And?"},
    ]


def test_refusals_are_texts_and_empty_messages_are_left_out() -> None:
    assert messages(assistant(RefusalPart("No.")), assistant(ReasoningPart("?")), user()) == [
        {"role": "assistant", "content": "No."}
    ]


def test_own_provider_parts_add_fields_and_others_are_left_out() -> None:
    own = ProviderPart(ProviderState("ollama", {"x": 1}))
    other = ProviderPart(ProviderState("acme", {"y": 1}))

    assert messages(user("?", own, other, ReasoningPart("!")), assistant("!", own, other)) == [
        {"role": "user", "content": "?", "x": 1},
        {"role": "assistant", "content": "!", "x": 1},
    ]


AUDIO = AudioPart(data=b"x", media_type="audio/wav")


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (
            user(ImagePart(url="https://example.com")),
            r"an image by URL in a user message \(message 0\) \(supported: as bytes\)",
        ),
        (user(ImagePart(file_id="f")), "an image by file id in a user message"),
        (user(AUDIO), "audio of type audio/wav in a user message"),
        (user(ToolCall("1", "f")), "a tool call in a message of role 'user'"),
        (system(PIXEL), "an image of type image/png in a system message"),
        (system(ToolResult("1")), "a tool result in a message of role 'system'"),
        (Message("tool", (TextPart("?"),)), "text in a message of role 'tool'"),
        (assistant(ToolResult("1")), "a tool result in a message of role 'assistant'"),
        (tool_result("1", AUDIO), "audio of type audio/wav in the result of the tool '1'"),
    ],
)
def test_parts_that_cannot_be_expressed_are_refused(message: Message, problem: str) -> None:
    with pytest.raises(UnsupportedError, match=problem):
        messages(message)


def test_media_that_were_not_negotiated_are_refused_in_results() -> None:
    request = ChatRequest(messages=(tool_result("1", PIXEL),))
    with pytest.raises(UnsupportedError, match="an image in a tool result"):
        CODEC.encode("qwen3", request, stream=False)
