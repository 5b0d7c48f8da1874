"""Decoder and normalization of recorded requests to Bedrock.

Fields without a neutral counterpart are sent through `provider_options` and `part_options`.

`neutral` decodes the requests of other clients into neutral ones, the reverse of the encoder.
`normal` normalizes a body for the comparison with the recorded one. It removes these differences:

* defaults spelled out: empty lists and objects, `status: "success"`
* turns of one role joined or separate, blank texts of the model
* names of documents, which chatmodels makes valid
* a document's text as text or as bytes; the order of keys in the text of a schema
* `reasoning_config`, Bedrock's older name of `thinking`
"""

import base64
import json
from typing import Any
from urllib.parse import unquote

from chatmodels.core import (
    ChatModel,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    Settings,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
    create_chat_model,
)
from chatmodels.core.extending import OutputSchema, ProviderState, ToolDefinition
from chatmodels.http import Engine
from chatmodels.providers.bedrock import part_options
from chatmodels.testing import Recording
from conformance.exchanges import body_of, url_of
from conformance.row import InexpressibleError, Requests

Body = dict[str, Any]
KINDS = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "mp4": "video/mp4",
    "png": "image/png",
    "jpeg": "image/jpeg",
}


def model_of(exchange: Recording) -> str:
    return unquote(url_of(exchange).partition("/model/")[2].rpartition("/")[0])


def neutral(exchange: Recording) -> ChatRequest:
    """Read a body back."""
    rest = body_of(exchange)
    messages = [Message("system", _parts("system", rest.pop("system", None) or []))]
    messages += (
        Message(turn["role"], _parts(turn["role"], turn["content"]))
        for turn in rest.pop("messages")
    )
    chosen = _settings(rest, model_of(exchange))
    tools, choice = _tools(rest)
    output = _output(rest)
    return ChatRequest(
        messages=tuple(message for message in messages if message.parts),
        settings=chosen,
        tools=tools,
        tool_choice=choice,
        output=output,
        provider_options=rest,
    )


def _parts(role: str, blocks: list[Body]) -> tuple[Any, ...]:
    return tuple(part for block in blocks for part in _part(role, block))


def _part(role: str, block: Body) -> list[Any]:
    match block:
        case {"text": text}:
            return [TextPart(text)]
        case {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}:
            return [ReasoningPart(text, ProviderState("bedrock", {"signature": signature}))]
        case {"citationsContent": {"content": texts, "citations": cited}}:
            text = "".join(item["text"] for item in texts)
            return [TextPart(text, (), ProviderState("bedrock", {"citations": cited}))]
        case {"toolUse": {"toolUseId": call, "name": name, "input": arguments}}:
            return [ToolCall(call, name, json.dumps(arguments))]
        case {"toolResult": {"toolUseId": call, "content": content, **rest}}:
            if any("json" in item for item in content):
                raise InexpressibleError("results of tools as JSON")
            inner = tuple(part for item in content for part in _part("user", item))
            return [ToolResult(call, inner, is_error=rest.get("status") == "error")]
        case {"image": medium}:
            return _medium("image", medium)
        case {"document": medium}:
            return _medium("document", medium)
        case {"video": medium}:
            return _medium("video", medium)
        case _:
            return [ProviderPart(ProviderState("bedrock", block))]


def _medium(kind: str, medium: Body) -> list[Any]:
    options = {name: medium[name] for name in ("context", "citations") if name in medium}
    source = medium["source"]
    media_type = KINDS[medium["format"]]
    match source:
        case {"bytes": data}:
            where: Body = {"data": base64.b64decode(data)}
        case {"s3Location": {"uri": uri}}:
            where = {"url": uri}
        case {"text": text}:
            where = {"data": text.encode()}
        case _:
            return [ProviderPart(ProviderState("bedrock", {kind: medium}))]
    if kind == "image":
        return [ImagePart(**where, media_type=media_type)]
    part = FilePart(**where, media_type=media_type, name=medium.get("name"))
    return [part, part_options(document=options)] if options else [part]


def _settings(rest: Body, model: str) -> Settings:
    chosen: Body = {}
    inference = rest.pop("inferenceConfig", None) or {}
    for wire, name in (
        ("temperature", "temperature"),
        ("topP", "top_p"),
        ("maxTokens", "max_output_tokens"),
        ("stopSequences", "stop"),
    ):
        if wire in inference:
            chosen[name] = inference.pop(wire)
    assert not inference
    match rest.get("additionalModelRequestFields"):
        case {"thinking": {"type": "enabled", "budget_tokens": budget}, **more} if not more:
            chosen["reasoning_budget"] = budget
        case {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}:
            chosen["reasoning_effort"] = effort
        case _:
            return Settings(**chosen)
    del rest["additionalModelRequestFields"]
    return Settings(**chosen)


def _tools(rest: Body) -> tuple[tuple[ToolDefinition, ...], ToolChoice | None]:
    config = rest.pop("toolConfig", None)
    if config is None:
        return (), None
    tools, own = [], []
    for tool in config["tools"]:
        match tool:
            case {"toolSpec": {"name": name, "inputSchema": {"json": schema}, **more}}:
                strict = more.get("strict", False)
                tools.append(ToolDefinition(name, more.get("description", ""), schema, strict))
            case _:
                own.append(tool)
    if own:
        rest["toolConfig"] = {"tools": own}
    match config.get("toolChoice"):
        case {"auto": _}:
            return tuple(tools), ToolChoice("auto")
        case {"any": _}:
            return tuple(tools), ToolChoice("required")
        case {"tool": {"name": name}}:
            return tuple(tools), ToolChoice("tool", name)
        case _:
            return tuple(tools), None


def _output(rest: Body) -> OutputSchema | None:
    config = rest.pop("outputConfig", None)
    if config is None:
        return None
    form = config["textFormat"]["structure"]["jsonSchema"]
    return OutputSchema(form["name"], json.loads(form["schema"]), form.get("description"))


def normal(body: Body) -> Body:
    """Remove the differences that are not differences."""
    turns: list[Body] = []
    for turn in body["messages"]:
        blocks = [_normal_block(block) for block in turn["content"]]
        if turn["role"] == "assistant":
            blocks = [block for block in blocks if block != {"text": ""}]
        if turns and turns[-1]["role"] == turn["role"]:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": turn["role"], "content": blocks})
    body = {name: value for name, value in body.items() if value not in ({}, [])}
    body["messages"] = turns
    fields = body.get("additionalModelRequestFields", {})
    if "reasoning_config" in fields:
        fields["thinking"] = fields.pop("reasoning_config")
    if "outputConfig" in body:
        form = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
        form["schema"] = json.loads(form["schema"])
    return body


def _normal_block(block: Body) -> Body:
    match block:
        case {"toolResult": result}:
            if result.get("status") == "success":
                del result["status"]
            result["content"] = [_normal_block(item) for item in result["content"]]
        case {"document": document}:
            document["name"] = "?"
            if "text" in (source := document["source"]):
                source["bytes"] = base64.b64encode(source.pop("text").encode()).decode()
        case _:
            pass
    return block


def model(exchange: Recording, engine: Engine) -> ChatModel:
    return create_chat_model(
        f"bedrock:{model_of(exchange)}",
        api_key="recorded",
        region="us-east-1",
        max_retries=0,
        http_client=engine,
    )


def place(url: str) -> str:
    return unquote(url.partition(".com")[2])


REQUESTS = Requests(
    neutral=neutral,
    model=model,
    normal=normal,
    streamed=lambda exchange: url_of(exchange).endswith("-stream"),
    place=place,
)
