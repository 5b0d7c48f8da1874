"""Decoder and normalization of recorded requests to Anthropic.

Fields without a neutral counterpart are sent through `provider_options` and `part_options`.

`neutral` decodes the requests of other clients into neutral ones, the reverse of the encoder.
`normal` normalizes a body for the comparison with the recorded one. It removes these differences:

* a text as a string, or as a list of one text block; turns of one role joined or separate; blank
  texts of the model
* defaults spelled out: `stream: false`, `is_error: false`, `type: "custom"` of tools, empty lists,
  null
* no content as "" or as nothing in tool results
* `output_format`, the name that `output_config.format` had while it was new
* keywords of schemas that are not enforced, which chatmodels moves to descriptions
* a system message among the others, for models that do not support it
"""

import base64
import json
from typing import Any

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
from chatmodels.core.extending import OutputSchema, ProviderState, ToolDefinition, translate_schema
from chatmodels.http import Engine
from chatmodels.providers.anthropic import part_options
from chatmodels.providers.anthropic._profile import generation
from chatmodels.providers.anthropic._schemas import schemas_of
from chatmodels.testing import Recording
from conformance.exchanges import body_of
from conformance.row import InexpressibleError, Requests

Body = dict[str, Any]


def neutral(exchange: Recording) -> ChatRequest:
    """Read a body back."""
    body = body_of(exchange)
    if "model" not in body:
        raise InexpressibleError("as a cloud wants it, without the model")
    rest = {name: value for name, value in body.items() if value is not None}
    model = rest.pop("model")
    rest.pop("stream", None)
    messages = [_message("system", rest.pop("system", []))]
    messages += (_message(turn["role"], turn["content"]) for turn in rest.pop("messages"))
    if any(message.role == "system" for message in messages[1:]):
        messages = messages if messages[0].parts else messages[1:]
    tools = _tools(rest, model)
    chosen = _settings(rest, has_tools=bool(tools))
    choice = _choice(rest)
    return ChatRequest(
        messages=tuple(message for message in messages if message.parts),
        settings=chosen,
        tools=tools,
        tool_choice=choice,
        output=_output(rest, model),
        provider_options=rest,
    )


def _message(role: Any, content: Any) -> Message:
    if isinstance(content, str):
        return Message(role, (TextPart(content),) if content else ())
    return Message(role, tuple(part for block in content for part in _parts(role, block)))


def _parts(role: str, block: Body) -> list[Any]:
    options = {}
    rest = {name: value for name, value in block.items() if value is not None}
    for name in ("cache_control", "citations"):
        if name in rest:
            options[name] = rest.pop(name)
    part = _part(role, rest) if role != "assistant" or "citations" not in options else None
    if part is None:
        return [ProviderPart(ProviderState("anthropic", block))]
    return [part, part_options(**options)] if options else [part]


def _part(role: str, block: Body) -> Any:
    match block:
        case {"type": "text", "text": text, **rest} if not rest:
            return TextPart(text)
        case {"type": "image", "source": source, **rest} if not rest:
            return ImagePart(**_source(source))
        case {"type": "document", "source": {"type": "text", "data": data}, **rest}:
            rest = {"name" if name == "title" else name: value for name, value in rest.items()}
            return FilePart(data=data.encode(), media_type="text/plain", **rest)
        case {"type": "document", "source": source, **rest} if rest.keys() <= {"title"}:
            if source["type"] == "content":
                return None
            return FilePart(**_source(source), name=rest.get("title"))
        case {"type": "tool_use", "id": call, "name": name, "input": arguments, **rest}:
            if rest.keys() - {"caller"}:
                return None
            signature = ProviderState("anthropic", rest) if rest else None
            return ToolCall(call, name, json.dumps(arguments), signature)
        case {"type": "tool_result", "tool_use_id": call, **rest}:
            content = rest.get("content") or []
            if isinstance(content, str):
                content = [{"type": "text", "text": content}]
            inner = [_part(role, item) for item in content]
            if any(not isinstance(item, TextPart | ImagePart | FilePart) for item in inner):
                return None
            return ToolResult(call, tuple(inner), is_error=rest.get("is_error") or False)
        case {"type": "thinking", "thinking": text, "signature": signature}:
            data = {"type": "thinking", "signature": signature}
            return ReasoningPart(text, ProviderState("anthropic", data))
        case _:
            return None


def _source(source: Body) -> Body:
    match source:
        case {"type": "base64", "media_type": kind, "data": data}:
            return {"data": base64.b64decode(data, validate=True), "media_type": kind}
        case {"type": "url", "url": url}:
            return {"url": url}
        case _:
            return {"file_id": source["file_id"]}


def _tools(rest: Body, model: str) -> tuple[ToolDefinition, ...]:
    """Read functions as tools until the first that is none; the others are the vendor's."""
    own: list[ToolDefinition] = []
    left = rest.pop("tools", None) or []
    while left:
        tool = {
            name: value
            for name, value in left[0].items()
            if value is not None and (name, value) != ("type", "custom")
        }
        unknown = tool.keys() - {"name", "description", "input_schema", "strict"}
        unsure = tool.get("strict") and not generation(model).structured
        if unknown or unsure or "input_schema" not in tool:
            break
        own.append(
            ToolDefinition(
                tool["name"],
                tool.get("description", ""),
                tool["input_schema"],
                tool.get("strict", False),
            )
        )
        left = left[1:]
    if left:
        rest["tools"] = left
    return tuple(own)


def _settings(rest: Body, *, has_tools: bool) -> Settings:
    chosen: Body = {}
    for wire, name in (
        ("temperature", "temperature"),
        ("top_p", "top_p"),
        ("top_k", "top_k"),
        ("max_tokens", "max_output_tokens"),
    ):
        if wire in rest:
            chosen[name] = rest.pop(wire)
    if "stop_sequences" in rest:
        chosen["stop"] = tuple(rest.pop("stop_sequences"))
    if rest.get("metadata", {}).keys() == {"user_id"}:
        chosen["user"] = rest.pop("metadata")["user_id"]
    if rest.get("thinking", {}).keys() == {"type", "budget_tokens"}:
        chosen["reasoning_budget"] = rest.pop("thinking")["budget_tokens"]
    if "disable_parallel_tool_use" in (rest.get("tool_choice") or {}) and has_tools:
        choice = rest["tool_choice"]
        chosen["parallel_tool_calls"] = not choice.pop("disable_parallel_tool_use")
    return Settings(**chosen)


def _choice(rest: Body) -> ToolChoice | None:
    match rest.get("tool_choice"):
        case {"type": "tool", "name": name, **more} if not more:
            choice = ToolChoice("tool", name)
        case {"type": "any", **more} if not more:
            choice = ToolChoice("required")
        case {"type": "auto" | "none" as mode, **more} if not more:
            choice = ToolChoice(mode)
        case _:
            return None
    del rest["tool_choice"]
    return choice


def _output(rest: Body, model: str) -> OutputSchema | None:
    form = rest.pop("output_format", None) or rest.get("output_config", {}).pop("format", None)
    if not rest.get("output_config", True):
        del rest["output_config"]
    if form is None:
        return None
    if not generation(model).structured or _enforced(form["schema"], model) is None:
        rest["output_config"] = {**rest.get("output_config", {}), "format": form}
        return None
    return OutputSchema("output", form["schema"])


def normal(body: Body) -> Body:
    """Bring a body into the form in which ours and theirs can be compared."""
    reduced = {name: value for name, value in body.items() if value not in (None, [], "", False)}
    if "output_format" in reduced:
        form = reduced.pop("output_format")
        reduced["output_config"] = {**reduced.get("output_config", {}), "format": form}
    if "format" in reduced.get("output_config", {}):
        form = reduced["output_config"]["format"]
        schema = _enforced(form["schema"], reduced["model"]) or form["schema"]
        reduced["output_config"]["format"] = {**form, "schema": schema}
    reduced["tools"] = [_normal_tool(tool, reduced["model"]) for tool in reduced.get("tools", [])]
    system = _normal_content(reduced.pop("system", []))
    late = generation(reduced["model"]).late_system
    turns: list[Body] = []
    for turn in reduced["messages"]:
        content = [
            block
            for block in _normal_content(turn["content"])
            if turn["role"] != "assistant" or block.get("text", "said").strip()
        ]
        if turn["role"] == "system" and not (late and turns):
            system += content
        elif turns and turns[-1]["role"] == turn["role"]:
            turns[-1]["content"] += content
        elif content:
            turns.append({"role": turn["role"], "content": content})
    return reduced | {"system": system, "messages": turns}


def _normal_content(content: Any) -> list[Body]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content else []
    return [_normal_block(block) for block in content]


def _normal_block(block: Body) -> Body:
    reduced = {name: value for name, value in block.items() if value not in (None, False)}
    if reduced["type"] == "tool_result":
        reduced["content"] = _normal_content(reduced.get("content", []))
    return reduced


def _normal_tool(tool: Body, model: str) -> Body:
    reduced = {
        name: value
        for name, value in tool.items()
        if value not in (None, "", False) and (name, value) != ("type", "custom")
    }
    rules = schemas_of(model).strict_tools if reduced.get("strict") else schemas_of(model).tools
    if rules is not None and "input_schema" in reduced:
        reduced["input_schema"] = translate_schema(reduced["input_schema"], rules).schema
    return reduced


def _enforced(schema: Body, model: str) -> Body | None:
    """Return the schema of an output as it is sent; None if it cannot be enforced."""
    rules = schemas_of(model).output
    if rules is None:
        return schema
    translated = translate_schema(schema, rules)
    return None if translated.problems else translated.schema


def model(exchange: Recording, engine: Engine) -> ChatModel:
    return create_chat_model(
        f"anthropic:{body_of(exchange)['model']}",
        api_key="sk-recorded",
        max_retries=0,
        http_client=engine,
    )


REQUESTS = Requests(neutral=neutral, model=model, normal=normal)
