"""Requests that the vendors refuse, one for each rule of strict mode."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from client import Got, request

from chatmodels.testing import STRICT_RULES, Simulator

USER = {"role": "user", "content": "Hello!"}
PAIR = [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
CALLED = {"role": "assistant", "content": None, "tool_calls": PAIR}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "1"}
OPEN = {"type": "object", "properties": {"city": {"type": "string"}}}
CLOSED = OPEN | {"additionalProperties": False, "required": ["city"]}
NODE = {"type": "object", "additionalProperties": False}
RECURSIVE = NODE | {
    "properties": {"node": {"$ref": "#/$defs/Node"}},
    "required": ["node"],
    "$defs": {
        "Node": NODE | {"properties": {"next": {"$ref": "#/$defs/Next"}}, "required": ["next"]},
        "Next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
    },
}
OPTIONAL = NODE | {"properties": {f"p{number}": {"type": "string"} for number in range(25)}}
BLOCK = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
ANSWER = {"type": "tool_result", "tool_use_id": "a", "content": "1"}
PART = {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "cw=="}
RESPONSE = {"functionResponse": {"name": "f", "response": {"output": "1"}}}
USE = {"toolUse": {"toolUseId": "a", "name": "f", "input": {}}}
OUTCOME = {"toolResult": {"toolUseId": "a", "content": [{"text": "1"}]}}


def tool(name: str = "f", **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": OPEN} | fields}


def function(name: str = "f", **fields: Any) -> dict[str, Any]:
    return {"type": "function", "name": name, "parameters": OPEN} | fields


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def from_model(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def content(role: str, *parts: Any) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


def form(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "o", "schema": schema, "strict": True}}


ALLOW = {"mode": "AUTO", "allowedFunctionNames": ["f"]}
UNKNOWN = {"mode": "ANY", "allowedFunctionNames": ["g"]}
DECLARED = [{"functionDeclarations": [{"name": "f"}]}]
SPEC = {"toolSpec": {"name": "f", "inputSchema": {"json": OPEN}}}
SPECS = {"tools": [SPEC]}
CACHED = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
LATE = {"role": "system", "content": "Be brief."}

REFUSED: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "openai.chat": [
        ("role", {"messages": [{"role": "model", "content": "a"}]}),
        ("content", {"messages": [{"role": "user", "content": None}]}),
        ("content", {"messages": [{"role": "user", "content": []}]}),
        ("duplicate-calls", {"messages": [USER, CALLED | {"tool_calls": PAIR * 2}, RESULT]}),
        ("unanswered-call", {"messages": [USER, CALLED]}),
        ("unanswered-call", {"messages": [USER, CALLED, USER]}),
        ("unanswered-call", {"messages": [USER, CALLED, CALLED, RESULT]}),
        ("unasked-result", {"messages": [USER, RESULT]}),
        ("unasked-result", {"messages": [USER, CALLED, RESULT, RESULT]}),
        ("model", {"model": "gpt-3.5-turbo-0613"}),
        ("ranges", {"temperature": 2.1}),
        ("ranges", {"n": 0}),
        ("sampling", {"model": "gpt-5-mini", "temperature": 0.5}),
        ("sampling", {"model": "gpt-6.1-terra", "top_p": 0.5, "reasoning_effort": "low"}),
        ("reasoning-effort", {"model": "gpt-6.2-astra", "reasoning_effort": "none"}),
        ("reasoning-effort", {"model": "gpt-5-pro", "reasoning_effort": "low"}),
        ("reasoning-effort", {"model": "gpt-6.1-terra", "reasoning_effort": "max"}),
        ("reasoning-tools", {"model": "gpt-6.1-terra", "tools": [tool()]}),
        (
            "reasoning-tools",
            {"model": "gpt-5.4-mini", "tools": [tool()], "reasoning_effort": "low"},
        ),
        ("unsupported-parameter", {"model": "o3", "max_tokens": 9}),
        ("unsupported-parameter", {"model": "gpt-5-mini", "stop": ["a"]}),
        ("stop", {"stop": list("abcde")}),
        ("needs-tools", {"tool_choice": "auto"}),
        ("needs-tools", {"parallel_tool_calls": False}),
        ("tool-name", {"tools": [tool("a b")]}),
        (
            "tool-choice",
            {"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "g"}}},
        ),
        ("stream-options", {"stream_options": {"include_usage": True}}),
        ("strict-tool", {"tools": [tool(strict=True)]}),
        ("strict-tool", {"tools": [tool(strict=True, parameters={"type": "string"})]}),
        ("strict-output", {"response_format": form(CLOSED | {"required": []})}),
        ("strict-output", {"response_format": form(CLOSED | {"not": {}})}),
        ("json-word", {"response_format": {"type": "json_object"}}),
    ],
    "openai.responses": [
        ("role", {"input": [{"role": "tool", "content": "a"}]}),
        ("content", {"input": [user({"type": "output_text", "text": "a"})]}),
        ("content", {"input": [from_model({"type": "input_text", "text": "a"})]}),
        (
            "unanswered-call",
            {"input": [{"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}]},
        ),
        (
            "unasked-result",
            {"input": [{"type": "function_call_output", "call_id": "a", "output": "1"}]},
        ),
        ("model", {"model": "o1-mini"}),
        ("previous-response", {"previous_response_id": "resp_1"}),
        ("ranges", {"max_output_tokens": 15}),
        ("reasoning-effort", {"model": "gpt-6.1-sol", "reasoning": {"effort": "none"}}),
        ("sampling", {"temperature": 0.5}),
        ("tool-name", {"tools": [function("ä")]}),
        ("tool-choice", {"tools": [function()], "tool_choice": function("g")}),
        ("strict-tool", {"tools": [function(strict=True)]}),
        (
            "strict-output",
            {"text": {"format": form(OPEN)["json_schema"] | {"type": "json_schema"}}},
        ),
        ("background", {"background": True, "store": False}),
    ],
    "anthropic.messages": [
        ("version", {"anthropic-version": "2024-01-01"}),
        ("size", {"metadata": {"padding": "x" * 32 * 2**20}}),
        ("model", {"model": "claude-3-opus-20240229"}),
        ("model", {"model": "gpt-5-mini"}),
        ("role", {"messages": [USER, {"role": "tool", "content": "a"}]}),
        ("role", {"model": "claude-sonnet-4-6", "messages": [USER, LATE]}),
        ("content", {"messages": [user()]}),
        ("text", {"messages": [user({"type": "text", "text": ""})]}),
        ("text", {"system": [{"type": "text", "text": " "}]}),
        ("call-id", {"messages": [USER, from_model(BLOCK, BLOCK), user(ANSWER)]}),
        (
            "call-id",
            {
                "messages": [
                    USER,
                    from_model(BLOCK | {"id": "a.b"}),
                    user(ANSWER | {"tool_use_id": "a.b"}),
                ]
            },
        ),
        ("unanswered-call", {"messages": [USER, from_model(BLOCK), USER]}),
        ("unasked-result", {"messages": [USER, user(ANSWER)]}),
        ("prefill", {"messages": [USER, {"role": "assistant", "content": "It"}]}),
        ("ranges", {"max_tokens": 0}),
        ("ranges", {"model": "claude-haiku-4-5", "temperature": 1.5}),
        ("sampling", {"temperature": 0.5}),
        ("thinking", {"thinking": {"type": "disabled"}, "model": "claude-opus-5-5"}),
        (
            "thinking",
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "model": "claude-haiku-5-5"},
        ),
        (
            "thinking",
            {"thinking": {"type": "enabled", "budget_tokens": 9}, "model": "claude-opus-4-5"},
        ),
        (
            "thinking",
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "model": "claude-opus-4-5"},
        ),
        (
            "thinking",
            {
                "thinking": {"type": "enabled", "budget_tokens": 1024},
                "model": "claude-opus-4-5",
                "max_tokens": 2048,
                "temperature": 0,
            },
        ),
        ("tool-choice", {"tool_choice": {"type": "auto"}}),
        (
            "tool-choice",
            {"tools": [{"name": "f", "input_schema": OPEN}], "tool_choice": {"type": "any"}},
        ),
        (
            "tool-choice",
            {
                "tools": [{"name": "f", "input_schema": OPEN}],
                "tool_choice": {"type": "tool", "name": "g"},
            },
        ),
        (
            "tool-choice",
            {
                "model": "claude-opus-4-6",
                "thinking": {"type": "adaptive"},
                "tools": [{"name": "f", "input_schema": OPEN}],
                "tool_choice": {"type": "any"},
            },
        ),
        ("tools", {"tools": [{"name": "f", "input_schema": OPEN}] * 2}),
        ("tools", {"tools": [{"name": "f g", "input_schema": OPEN}]}),
        ("tools", {"tools": [{"name": "f", "input_schema": {}}]}),
        ("tools", {"tools": [{"name": "f", "input_schema": {"type": "string"}}]}),
        ("strict-schema", {"tools": [{"name": "f", "input_schema": OPEN, "strict": True}]}),
        ("strict-schema", {"tools": [{"name": "f", "input_schema": RECURSIVE, "strict": True}]}),
        (
            "strict-schema",
            {"output_config": {"format": {"type": "json_schema", "schema": OPTIONAL}}},
        ),
        ("cache-control", {"messages": [user(*[CACHED] * 5)]}),
    ],
    "bedrock.converse": [
        ("model", {"model": "claude-sonnet-5-5"}),
        ("model", {"model": "anthropic.claude-v2:1"}),
        ("order", {"messages": [from_model({"text": "a"})]}),
        ("order", {"messages": [user({"text": "a"}), user({"text": "b"})]}),
        ("text", {"messages": [user({"text": " "})]}),
        ("text", {"messages": [user()]}),
        (
            "call-id",
            {
                "messages": [user({"text": "a"}), from_model(USE, USE), user(OUTCOME)],
                "toolConfig": SPECS,
            },
        ),
        (
            "call-id",
            {
                "messages": [
                    user({"text": "a"}),
                    from_model({"toolUse": {"toolUseId": "ä"}}),
                    user({"toolResult": {"toolUseId": "ä", "content": [{"text": "1"}]}}),
                ],
                "toolConfig": SPECS,
            },
        ),
        ("pairs", {"messages": [user({"text": "a"}), from_model(USE)], "toolConfig": SPECS}),
        ("pairs", {"messages": [user(OUTCOME)], "toolConfig": SPECS}),
        ("tools", {"messages": [user({"text": "a"}), from_model(USE), user(OUTCOME)]}),
        ("tools", {"toolConfig": {"tools": []}}),
        ("tools", {"toolConfig": {"tools": [SPEC, SPEC]}}),
        (
            "tools",
            {"toolConfig": {"tools": [{"toolSpec": SPEC["toolSpec"] | {"name": "f.g"}}]}},
        ),
        ("ranges", {"inferenceConfig": {"temperature": 2}}),
        ("ranges", {"inferenceConfig": {"maxTokens": 0}}),
    ],
    "cohere.chat_v2": [
        ("model", {"model": "gpt-5-mini"}),
        ("role", {"messages": [{"role": "chatbot", "content": "a"}]}),
        ("pairs", {"messages": [USER, CALLED]}),
        ("pairs", {"messages": [USER, RESULT]}),
        ("tools", {"tools": [tool(), tool()]}),
        ("tools", {"tool_choice": "REQUIRED"}),
        ("ranges", {"temperature": -1}),
        ("ranges", {"p": 0}),
        ("ranges", {"k": 501}),
    ],
    "gemini.generate_content": [
        ("model", {"model": "gemini-1.5-flash"}),
        ("model", {"model": "gpt-5-mini"}),
        ("role", {"contents": [content("assistant", {"text": "a"})]}),
        ("parts", {"contents": [content("user")]}),
        ("parts", {"contents": [content("user", {"thought": True})]}),
        ("pairs", {"contents": [content("user", RESPONSE)]}),
        (
            "pairs",
            {
                "contents": [
                    content("user", {"text": "a"}),
                    content("model", PART, PART),
                    content("user", RESPONSE),
                ]
            },
        ),
        ("pairs", {"contents": [content("user", {"text": "a"}), content("model", PART)]}),
        (
            "signature",
            {
                "contents": [
                    content("user", {"text": "a"}),
                    content("model", {"functionCall": {"name": "f"}}),
                    content("user", RESPONSE),
                ]
            },
        ),
        ("tools", {"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "f"}]}]}),
        ("tools", {"tools": [{"functionDeclarations": [{"name": "1"}]}]}),
        ("allowed-functions", {"tools": DECLARED, "toolConfig": {"functionCallingConfig": ALLOW}}),
        (
            "allowed-functions",
            {"tools": DECLARED, "toolConfig": {"functionCallingConfig": UNKNOWN}},
        ),
        (
            "thinking",
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "low"}}},
        ),
        ("ranges", {"generationConfig": {"temperature": 3}}),
        ("output", {"generationConfig": {"responseSchema": OPEN}}),
        (
            "output",
            {
                "model": "gemini-2.5-flash",
                "tools": DECLARED,
                "generationConfig": {"responseMimeType": "application/json"},
            },
        ),
    ],
    "mistral.chat": [
        ("fields", {"messages": [USER | {"name": "Ada"}]}),
        ("content", {"messages": [USER, {"role": "assistant", "content": ""}, USER]}),
        ("call-id", {"messages": [USER, CALLED, RESULT]}),
        ("last-role", {"messages": [USER, {"role": "assistant", "content": "a"}]}),
        ("model", {"model": "mistral-tiny-2312"}),
        ("model", {"model": "open-mistral-nemo"}),
        ("model", {"model": "mistral-medium-2508"}),
        (
            "pairs",
            {"messages": [USER, CALLED | {"tool_calls": [PAIR[0] | {"id": "abcdefghi"}]}, USER]},
        ),
        ("tools", {"tools": [tool(), tool()]}),
        ("tools", {"tools": [tool("f g")]}),
        ("ranges", {"temperature": 2}),
    ],
    "ollama.chat": [
        ("model", {"model": ""}),
        ("role", {"messages": [{"role": "model", "content": "a"}]}),
        ("format", {"format": "yaml"}),
    ],
}
"""Changes of an accepted request, which the rule refuses."""

MODELS = {
    "openai.chat": "gpt-4.1",
    "openai.responses": "gpt-6.1-terra",
    "anthropic.messages": "claude-sonnet-5-5",
    "bedrock.converse": "us.anthropic.claude-sonnet-5-5",
    "cohere.chat_v2": "command-a-03-2025",
    "gemini.generate_content": "gemini-3.8-flash",
    "mistral.chat": "mistral-medium-latest",
    "ollama.chat": "qwen3",
}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


CASES = [(api, rule, change) for api, cases in REFUSED.items() for rule, change in cases]


def send(simulator: Simulator, api: str, change: dict[str, Any]) -> Got:
    """Send an accepted request with a change."""
    headers = {"authorization": "Bearer k", "anthropic-version": "2023-06-01"}
    headers["anthropic-version"] = change.get("anthropic-version", headers["anthropic-version"])
    model = change.get("model", MODELS[api])
    body = {name: value for name, value in change.items() if name != "anthropic-version"}
    path = {
        "openai.chat": "/v1/chat/completions",
        "openai.responses": "/v1/responses",
        "anthropic.messages": "/v1/messages",
        "bedrock.converse": f"/model/{model}/converse",
        "cohere.chat_v2": "/v2/chat",
        "gemini.generate_content": f"/v1beta/models/{model}:generateContent",
        "mistral.chat": "/mistral/v1/chat/completions",
        "ollama.chat": "/api/chat",
    }[api]
    whole: dict[str, Any] = {"model": model, "messages": [USER]}
    match api:
        case "openai.responses":
            whole = {"model": model, "input": "Hello!"}
        case "anthropic.messages":
            whole["max_tokens"] = 100
        case "bedrock.converse":
            whole = {"messages": [user({"text": "a"})]}
            body.pop("model", None)
        case "gemini.generate_content":
            whole = {"contents": [content("user", {"text": "a"})]}
            body.pop("model", None)
        case "ollama.chat":
            whole["stream"] = False
    return request(simulator, "POST", path, json.dumps(whole | body).encode(), headers)


@pytest.mark.parametrize(("api", "rule", "change"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_what_a_vendor_refuses_is_refused(
    simulator: Simulator, api: str, rule: str, change: dict[str, Any], monkeypatch: Any
) -> None:
    refused = send(simulator, api, change)
    assert refused.status in {400, 404, 413, 422}
    assert simulator.exchanges[-1].status == refused.status
    others = tuple(each for each in STRICT_RULES[api] if each.name != rule)
    monkeypatch.setattr("chatmodels.testing._refusals.STRICT_RULES", {api: others})
    assert send(simulator, api, change).status == 200, "another rule refuses it as well"


@pytest.mark.parametrize("api", MODELS)
def test_what_a_vendor_accepts_is_accepted(simulator: Simulator, api: str) -> None:
    assert send(simulator, api, {}).status == 200


def test_each_rule_is_tested_and_has_a_source() -> None:
    assert {(api, rule) for api, rule, _ in CASES} == {
        (api, rule.name) for api, rules in STRICT_RULES.items() for rule in rules
    }
    assert all(
        rule.source and rule.description for rules in STRICT_RULES.values() for rule in rules
    )


def test_strictness_can_be_turned_off() -> None:
    with Simulator(strict=False) as simulator:
        assert send(simulator, "openai.chat", {"messages": [USER, CALLED]}).status == 200


@pytest.mark.parametrize(
    ("api", "change", "error"),
    [
        (
            "openai.chat",
            {"model": "o3", "max_tokens": 9},
            {
                "type": "invalid_request_error",
                "param": "max_tokens",
                "code": "unsupported_parameter",
            },
        ),
        (
            "openai.chat",
            {"model": "gpt-5.6-sol", "reasoning_effort": "max"},
            {
                "message": "Unsupported value: 'reasoning_effort' does not support 'max' with this "
                "model. Supported values are: 'none', 'low', 'medium', 'high', and 'xhigh'.",
                "param": "reasoning_effort",
                "code": "unsupported_value",
            },
        ),
        (
            "openai.responses",
            {"model": "gpt-6-astra", "reasoning": {"effort": "none"}},
            {
                "message": "Unsupported value: 'none' is not supported with the 'gpt-6-astra' "
                "model. Supported values are: 'low', 'medium', 'high', 'xhigh', and 'max'.",
                "param": "reasoning.effort",
                "code": "unsupported_value",
            },
        ),
        (
            "anthropic.messages",
            {"model": "gpt-5"},
            {"type": "not_found_error", "message": "model: gpt-5"},
        ),
        ("gemini.generate_content", {"model": "gpt-5"}, {"code": 404, "status": "NOT_FOUND"}),
        (
            "openai.responses",
            {"previous_response_id": "r"},
            {"code": "previous_response_not_found", "param": "previous_response_id"},
        ),
    ],
)
def test_refusals_have_the_vendors_form(
    simulator: Simulator, api: str, change: dict[str, Any], error: dict[str, Any]
) -> None:
    got = send(simulator, api, change)
    assert got.json["error"].items() >= error.items()


def test_refusals_without_an_object_have_the_vendors_form(simulator: Simulator) -> None:
    got = send(simulator, "mistral.chat", {"model": "gpt-5-mini"})
    assert (got.json["type"], got.json["code"], got.json["object"]) == (
        "invalid_model",
        "1500",
        "error",
    )
    got = send(simulator, "bedrock.converse", {"model": "anthropic.claude-v2:1"})
    assert got.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert set(send(simulator, "cohere.chat_v2", {"model": "gpt-5-mini"}).json) == {"id", "message"}
    assert set(send(simulator, "ollama.chat", {"model": ""}).json) == {"error"}


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("openai.chat", {"messages": [USER, CALLED, RESULT, CALLED, RESULT, USER]}),
    ("openai.chat", {"model": "any-server", "temperature": 3, "tool_choice": "auto"}),
    ("openai.chat", {"model": "gpt-6.1-terra", "temperature": 0, "reasoning_effort": "none"}),
    ("openai.chat", {"tools": [tool(strict=True, parameters=CLOSED)], "temperature": 0}),
    ("openai.chat", {"model": "gpt-5.4-mini", "tools": [tool()]}),
    ("openai.chat", {"model": "gpt-5.5", "tools": [tool()]}),
    ("openai.chat", {"model": "gpt-6.1-terra", "tools": [tool()], "reasoning_effort": "none"}),
    ("openai.chat", {"model": "gpt-5.2", "tools": [tool()], "reasoning_effort": "low"}),
    ("openai.chat", {"model": "gpt-5.2", "temperature": 0.5}),
    ("openai.responses", {"model": "gpt-6.1-terra", "reasoning": {"effort": "max"}}),
    ("openai.chat", {"tools": [tool()], "tool_choice": "required"}),
    ("openai.chat", {"response_format": form(CLOSED), "stop": "a"}),
    ("openai.chat", {"stream": True, "stream_options": {"include_usage": True}}),
    (
        "openai.chat",
        {"messages": [USER | {"content": "JSON?"}], "response_format": {"type": "json_object"}},
    ),
    ("openai.responses", {"tools": [function(strict=True, parameters=CLOSED)]}),
    ("openai.responses", {"input": [USER, from_model({"type": "output_text", "text": "a"}), USER]}),
    ("anthropic.messages", {"messages": [USER, LATE, USER]}),
    (
        "anthropic.messages",
        {"model": "claude-haiku-4-5", "messages": [USER, {"role": "assistant", "content": "It"}]},
    ),
    (
        "anthropic.messages",
        {
            "model": "claude-opus-4-5",
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "max_tokens": 2048,
            "tools": [{"name": "f", "input_schema": OPEN}],
            "tool_choice": {"type": "auto"},
        },
    ),
    (
        "anthropic.messages",
        {
            "tools": [
                {"name": "f", "input_schema": CLOSED, "strict": True},
                {"type": "web_search_20250305", "name": "web_search", "strict": True},
            ]
        },
    ),
    ("anthropic.messages", {"model": "claude-haiku-4-5", "temperature": 0.5, "top_k": 9}),
    (
        "bedrock.converse",
        {
            "messages": [user({"text": "a"}), from_model(USE), user(OUTCOME)],
            "toolConfig": {"tools": [SPEC]},
            "inferenceConfig": {"temperature": 1, "maxTokens": 9},
        },
    ),
    (
        "gemini.generate_content",
        {
            "contents": [
                content("user", {"text": "a"}),
                content("model", {"functionCall": {"name": "f"}}),
                content("user", RESPONSE),
                content("user", {"text": "b"}),
                content("model", PART),
                content("user", RESPONSE),
            ]
        },
    ),
    (
        "gemini.generate_content",
        {
            "tools": DECLARED,
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        },
    ),
    ("mistral.chat", {"messages": [USER, {"role": "assistant", "content": "a", "prefix": True}]}),
    ("mistral.chat", {"model": "mistral-medium-2604", "temperature": 1.5}),
    ("cohere.chat_v2", {"model": "command-r-plus", "temperature": 2, "p": 0.99, "k": 500}),
    ("ollama.chat", {"format": "json"}),
]


@pytest.mark.parametrize(("api", "change"), ACCEPTED)
def test_rules_do_not_go_too_far(simulator: Simulator, api: str, change: dict[str, Any]) -> None:
    assert send(simulator, api, change).status == 200
