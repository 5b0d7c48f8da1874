"""Opaque state goes back to the endpoints that understand it, and to no others."""

import json
import pickle
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatmodels.core import (
    ChatModel,
    Message,
    ReasoningPart,
    ToolCall,
    assistant,
    create_chat_model,
    from_json,
    tool_result,
    user,
)
from chatmodels.core.extending import ProviderState

Options = dict[str, Any]

PICKLES = Path(__file__).parent / "pickles"
REGION: Options = {"region": "us-east-1"}


def model(name: str, **options: Any) -> ChatModel:
    return create_chat_model(name, api_key="k", max_retries=0, **options)


def turn(name: str, body: object, *, streamed: bool = False, **options: Any) -> Message:
    """Return the message of a response that is known beforehand."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/event-stream" if streamed else "application/json"

    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content, headers={"content-type": kind})

    with httpx.Client(transport=httpx.MockTransport(respond)) as client:
        chat_model = model(name, http_client=client, **options)
        response = chat_model.stream("?").collect() if streamed else chat_model.generate("?")
    return response.message


def sent(name: str, message: Message, **options: Any) -> Any:
    """Return the body of a request that continues a conversation."""
    results = [tool_result(call, "7 C") for call in message.tool_calls]
    after = results or [user("!")]
    return model(name, **options).explain([user("?"), message, *after]).body


CALL: Options = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
DETAILS: list[Any] = [{"type": "reasoning.encrypted", "data": "AbC", "index": 0}]
VLLM, ROUTER = "https://vllm.test/v1", "https://openrouter.test/api/v1"
FOUNDRY = "https://east.services.ai.azure.com/models"


def completion(**fields: object) -> Options:
    message = {"role": "assistant", "content": "Hi", "tool_calls": [CALL], **fields}
    return {
        "id": "1",
        "created": 1,
        "choices": [{"finish_reason": "tool_calls", "message": message}],
    }


def chunks(*deltas: Options) -> bytes:
    choices: list[Options] = [{"index": 0, "delta": delta} for delta in deltas]
    choices.append({"index": 0, "delta": {"tool_calls": [{"index": 0, **CALL}]}})
    frames: list[object] = [{"id": "1", "created": 1, "choices": [choice]} for choice in choices]
    frames.append({"id": "1", "choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
    return b"".join(b"data: %s\n\n" % json.dumps(frame).encode() for frame in frames)


SENT: list[tuple[Options, Options]] = [
    ({"reasoning_content": "Hm."}, {"reasoning_content": "Hm."}),
    ({"reasoning": "Hm."}, {"reasoning": "Hm."}),
    ({"reasoning": "Hm.", "reasoning_details": DETAILS}, {"reasoning_details": DETAILS}),
    ({"reasoning_text": "Hm."}, {}),
]


@pytest.mark.parametrize(
    ("fields", "back"),
    SENT,
    ids=["reasoning_content", "reasoning", "details", "unknown"],
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_server_gets_its_reasoning_back_in_the_field_in_which_it_sent_it(
    fields: Options, back: Options, streamed: bool
) -> None:
    body = chunks(fields) if streamed else completion(**fields)
    message = turn("openai:m", body, streamed=streamed, base_url=ROUTER)

    _, assistant_message, _ = sent("openai:m", message, base_url=ROUTER)["messages"]
    assert {
        name: assistant_message[name] for name in assistant_message if name.startswith("reasoning")
    } == back


def test_reasoning_of_a_server_is_not_sent_to_another_one() -> None:
    message = turn("openai:m", completion(reasoning_content="Secret."), base_url=VLLM)
    assert message.reasoning == "Secret."
    others: dict[str, Options] = {
        "openai:m": {"base_url": "https://other.test/v1"},
        "openai:gpt-4o": {},
        "azure:m": {"base_url": FOUNDRY},
    }
    for name, options in others.items():
        assert "Secret." not in json.dumps(sent(name, message, **options))


def test_models_of_other_makers_on_azure_get_their_reasoning_back() -> None:
    message = turn("azure:DeepSeek", completion(reasoning_content="Hm."), base_url=FOUNDRY)
    assistant_message = sent("azure:DeepSeek", message, base_url=FOUNDRY)["messages"][1]
    assert assistant_message["reasoning_content"] == "Hm."


THINKING: Options = {"type": "thinking", "thinking": "Hm.", "signature": "sealed"}
KIMI = "https://kimi.test/anthropic"


def thinking(**block: object) -> Options:
    content = [THINKING | block, {"type": "text", "text": "Hi"}]
    return {"id": "m", "content": content, "stop_reason": "end_turn"}


def thinking_sent(message: Message, **options: Any) -> list[Any]:
    content = sent("anthropic:claude-sonnet-5-5", message, **options)["messages"][1]["content"]
    return [block for block in content if isinstance(block, dict) and "thinking" in block]


def test_thinking_is_sent_back_only_to_the_server_that_signed_it() -> None:
    official: Options = {}
    kimi: Options = {"base_url": KIMI}
    for signing, other in ((official, kimi), (kimi, official)):
        message = turn("anthropic:claude-sonnet-5-5", thinking(), **signing)
        assert thinking_sent(message, **signing) == [THINKING]
        assert thinking_sent(message, **other) == []


@pytest.mark.parametrize("signature", ["", None], ids=["empty", "none"])
def test_a_compatible_server_gets_unsigned_thinking_back(signature: str | None) -> None:
    body = thinking(signature=signature)
    theirs = turn("anthropic:kimi-k3", body, base_url=KIMI)
    assert thinking_sent(theirs, base_url=KIMI) == [THINKING | {"signature": ""}]
    # Anthropic's own has no signature if it was cut off, and is refused then.
    assert thinking_sent(turn("anthropic:claude-sonnet-5-5", body)) == []


def test_sealed_reasoning_of_one_azure_resource_is_not_sent_to_another() -> None:
    items: list[Options] = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "SEALED"},
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
        },
    ]
    body: Options = {"id": "resp_1", "status": "completed", "output": items}
    east: Options = {"base_url": "https://east.openai.azure.com", "api": "responses"}
    west = east | {"base_url": "https://west.openai.azure.com"}
    message = turn("azure:gpt-5-mini", body, **east)
    assert "SEALED" in json.dumps(sent("azure:gpt-5-mini", message, **east))
    assert "SEALED" not in json.dumps(sent("azure:gpt-5-mini", message, **west))
    assert "msg_1" not in json.dumps(sent("azure:gpt-5-mini", message, **west))
    assert "SEALED" not in json.dumps(sent("openai:gpt-6.1-terra", message))


SIGNED: Options = {
    "candidates": [
        {
            "content": {"role": "model", "parts": [{"text": "Hi", "thoughtSignature": "c2ln"}]},
            "finishReason": "STOP",
        }
    ]
}


def test_signatures_of_one_google_api_are_valid_in_the_other() -> None:
    for first, second in (("google", "google-vertex"), ("google-vertex", "google")):
        message = turn(f"{first}:gemini-3.8-flash", SIGNED)
        assert "c2ln" in json.dumps(sent(f"{second}:gemini-3.8-flash", message))


def test_signatures_of_a_gateway_are_not_sent_to_google() -> None:
    gateway: Options = {"base_url": "https://gateway.test"}
    message = turn("google:gemini-3.8-flash", SIGNED, **gateway)
    assert "c2ln" in json.dumps(sent("google:gemini-3.8-flash", message, **gateway))
    assert "c2ln" not in json.dumps(sent("google-vertex:gemini-3.8-flash", message))


FORMER: list[tuple[str, Options, str]] = [
    ("anthropic:claude-sonnet-4-6", {}, "Anthropic's."),
    ("anthropic:claude-sonnet-4-6", {"base_url": KIMI}, "Anthropic's."),
    ("openai:gpt-6.1-terra", {}, "encrypted_content"),
    ("openai:gpt-4o", {}, "extra_content"),
    ("azure:m", {"base_url": "https://e.openai.azure.com", "api": "responses"}, "ws_1"),
    ("bedrock:us.anthropic.claude-sonnet-4-6", REGION, "Bedrock's."),
    ("mistral:magistral-medium-latest", {}, "Mistral's."),
    ("cohere:command-a-reasoning-08-2025", {}, "Cohere's."),
    ("ollama:qwen3", {}, "Ollama's."),
    ("google:gemini-3.8-flash", {}, "Zw=="),
    ("google-vertex:gemini-3.8-flash", {}, "dg=="),
]


@pytest.mark.parametrize("form", ["json", "pickle"])
@pytest.mark.parametrize(("name", "options", "state"), FORMER)
def test_a_conversation_of_an_earlier_version_can_continue(
    form: str, name: str, options: dict[str, Any], state: str
) -> None:
    content = (PICKLES / f"conversation.{form}").read_bytes()
    conversation = (
        pickle.loads(content) if form == "pickle" else from_json(content, tuple[Message, ...])
    )
    signature = ProviderState("anthropic", {"type": "thinking", "signature": "a"})
    assert conversation[1].parts[0] == ReasoningPart("Anthropic's.", signature)
    assert state in json.dumps(model(name, **options).explain(list(conversation)).body)


LONGEST: list[tuple[str, Options, int]] = [
    ("openai:gpt-4o", {}, 40),
    ("openai:gpt-6.1-terra", {}, 64),
    ("openai:m", {"base_url": VLLM}, 88),  # gateways keep state in their ids
    ("azure:gpt-4o", {"base_url": "https://e.openai.azure.com"}, 40),
    ("mistral:mistral-small-latest", {}, 9),
    ("anthropic:claude-sonnet-5-5", {}, 88),
    ("bedrock:us.anthropic.claude-sonnet-4-6", REGION, 64),
]


@pytest.mark.parametrize(("name", "options", "longest"), LONGEST)
def test_ids_have_a_length_that_each_vendor_accepts(
    name: str, options: dict[str, Any], longest: int
) -> None:
    given = "x" * 88
    body = json.dumps(sent(name, assistant(ToolCall(given, "f")), **options))
    written = {word for word in body.split('"') if word.startswith("x" * 9)}
    assert {len(word) for word in written} == ({longest} if longest > 9 else set())
    assert given in body if longest == 88 else given not in body
