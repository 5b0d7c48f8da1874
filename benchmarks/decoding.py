"""Wire formats without a network: CPU time of a request, of a whole response, of a chunk."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.measuring import cpu_seconds, row
from chatmodels.core import ChatRequest, create_chat_model, user
from chatmodels.http import Codec, HttpChatModel

PROMPT = "Why is the sky blue?"
TEXT = "The sky is blue because air scatters short waves of light more than long ones. " * 4
REASONING = "The question is about scattering, so recall Rayleigh and keep it short. " * 3
ARGUMENTS = {"city": "Oslo", "days": 3}
IDS = ("call_1", "call_2")
CHUNKS = 200
WORD = "word "


def main() -> None:
    for name, (spec, options, whole, chunk) in FORMATS.items():
        model = create_chat_model(spec, **options)
        assert isinstance(model, HttpChatModel)
        codec = model._sender.codec
        request = ChatRequest(messages=(user(PROMPT),))
        contenders: dict[str, Callable[[], object]] = {"a request": partial(model.explain, PROMPT)}
        for kind in ("text", "calls", "reasoning"):
            body = json.dumps(whole(kind)).encode()
            assert codec.decode(body, request).text == TEXT
            contenders[f"a whole response, {kind}"] = partial(codec.decode, body, request)
        times = cpu_seconds(contenders, calls=500)
        if chunk is not None:
            stream = b"".join(
                b"data: " + json.dumps(chunk(WORD)).encode() + b"\n\n" for _ in range(CHUNKS)
            )
            read = partial(streamed, codec, request, stream)
            times["a chunk"] = cpu_seconds({"": read}, calls=5)[""] / CHUNKS
        for label, seconds in times.items():
            row(f"{name}: {label}", f"{seconds * 1e6:.1f} us")


def streamed(codec: Codec, request: ChatRequest, stream: bytes) -> int:
    framer, reader = codec.framer(), codec.reader(request)
    return sum(len(reader.feed(frame)) for frame in framer.feed(stream))


def chat_completion(kind: str) -> Any:
    message: dict[str, Any] = {"role": "assistant", "content": TEXT}
    if kind == "calls":
        function = {"name": "weather", "arguments": json.dumps(ARGUMENTS)}
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": function} for call_id in IDS
        ]
    if kind == "reasoning":
        message["reasoning_content"] = REASONING
    reason = "tool_calls" if kind == "calls" else "stop"
    return {
        "id": "chatcmpl-1",
        "model": "gpt-6.1-terra",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 14, "completion_tokens": 80, "total_tokens": 94},
    }


def chat_chunk(text: str) -> Any:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return {"id": "chatcmpl-1", "model": "gpt-6.1-terra", "choices": [choice]}


def response(kind: str) -> Any:
    content = [{"type": "output_text", "text": TEXT, "annotations": []}]
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": content}
    output: list[Any] = [message]
    if kind == "calls":
        call = {"type": "function_call", "name": "weather", "arguments": json.dumps(ARGUMENTS)}
        output += [{**call, "id": f"fc_{call_id}", "call_id": call_id} for call_id in IDS]
    if kind == "reasoning":
        summary = [{"type": "summary_text", "text": REASONING}]
        output.insert(0, {"id": "rs_1", "type": "reasoning", "summary": summary})
    usage = {"input_tokens": 14, "output_tokens": 80, "total_tokens": 94}
    return {"id": "resp_1", "status": "completed", "model": "m", "output": output, "usage": usage}


def response_chunk(text: str) -> Any:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    return {"type": "response.output_text.delta", "delta": text, **place}


def anthropic_message(kind: str) -> Any:
    content: list[Any] = [{"type": "text", "text": TEXT}]
    if kind == "calls":
        call = {"type": "tool_use", "name": "weather", "input": ARGUMENTS}
        content += [{**call, "id": call_id} for call_id in IDS]
    if kind == "reasoning":
        content.insert(0, {"type": "thinking", "thinking": REASONING, "signature": "c2lnbmVk"})
    return {
        "id": "msg_1",
        "model": "claude-sonnet-5",
        "content": content,
        "stop_reason": "tool_use" if kind == "calls" else "end_turn",
        "usage": {"input_tokens": 14, "output_tokens": 80},
    }


def converse_response(kind: str) -> Any:
    content: list[Any] = [{"text": TEXT}]
    if kind == "calls":
        content += [
            {"toolUse": {"toolUseId": call_id, "name": "weather", "input": ARGUMENTS}}
            for call_id in IDS
        ]
    if kind == "reasoning":
        readable = {"text": REASONING, "signature": "c2lnbmVk"}
        content.insert(0, {"reasoningContent": {"reasoningText": readable}})
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "tool_use" if kind == "calls" else "end_turn",
        "usage": {"inputTokens": 14, "outputTokens": 80, "totalTokens": 94},
    }


def cohere_response(kind: str) -> Any:
    message: dict[str, Any] = {"role": "assistant", "content": [{"type": "text", "text": TEXT}]}
    if kind == "calls":
        function = {"name": "weather", "arguments": json.dumps(ARGUMENTS)}
        message["tool_calls"] = [{"id": call_id, "function": function} for call_id in IDS]
    if kind == "reasoning":
        message["content"].insert(0, {"type": "thinking", "thinking": REASONING})
    reason = "TOOL_CALL" if kind == "calls" else "COMPLETE"
    usage = {"tokens": {"input_tokens": 14, "output_tokens": 80}}
    return {"id": "c1", "message": message, "finish_reason": reason, "usage": usage}


def ollama_response(kind: str) -> Any:
    message: dict[str, Any] = {"role": "assistant", "content": TEXT}
    if kind == "calls":
        function = {"name": "weather", "arguments": ARGUMENTS}
        message["tool_calls"] = [{"id": call_id, "function": function} for call_id in IDS]
    if kind == "reasoning":
        message["thinking"] = REASONING
    counts = {"prompt_eval_count": 14, "eval_count": 80}
    return {"model": "qwen3", "message": message, "done": True, "done_reason": "stop", **counts}


def gemini_response(kind: str) -> Any:
    parts: list[Any] = [{"text": TEXT}]
    if kind == "calls":
        parts += [
            {"functionCall": {"id": call_id, "name": "weather", "args": ARGUMENTS}}
            for call_id in IDS
        ]
    if kind == "reasoning":
        parts.insert(0, {"text": REASONING, "thought": True})
    usage = {"promptTokenCount": 14, "candidatesTokenCount": 80, "totalTokenCount": 94}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    return {"responseId": "r1", "candidates": [candidate], "usageMetadata": usage}


def gemini_chunk(text: str) -> Any:
    usage = {"promptTokenCount": 14, "totalTokenCount": 14}
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}}
    return {"responseId": "r1", "candidates": [candidate], "usageMetadata": usage}


Make = Callable[[str], Any]
KEY = {"api_key": "key"}
FORMATS: dict[str, tuple[str, dict[str, Any], Make, Make | None]] = {
    "chat completions": (
        "openai:gpt-6.1-terra",
        {**KEY, "api": "chat_completions"},
        chat_completion,
        chat_chunk,
    ),
    "Responses": ("openai:gpt-6.1-terra", KEY, response, response_chunk),
    "Anthropic": ("anthropic:claude-sonnet-5", KEY, anthropic_message, None),
    "Bedrock": (
        "bedrock:amazon.nova-pro-v1:0",
        {**KEY, "region": "us-east-1"},
        converse_response,
        None,
    ),
    "Cohere": ("cohere:command-a-03-2025", KEY, cohere_response, None),
    "Ollama": ("ollama:qwen3", {}, ollama_response, None),
    "Gemini": ("google:gemini-3.5-flash", KEY, gemini_response, gemini_chunk),
}
