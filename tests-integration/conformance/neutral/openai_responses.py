"""Decoder and normalization of recorded requests to OpenAI's Responses API.

Fields without a neutral counterpart are sent through `provider_options` and provider parts.

`neutral` decodes the requests of other clients into neutral ones, the reverse of the encoder.
`normal` normalizes a body for the comparison with the recorded one. It removes these differences:

* `instructions`, or a first message with them; an input that is a text, or one message
* a text as a string, or as a list of one part; several texts of one message of the model
* defaults spelled out: `type: "message"`, `stream: false`, `strict: false`, empty lists, null
* `id` and `status` of output items, which chatmodels sends only with reasoning
* a file without a name, for which chatmodels adds one; the order of `include`
"""

import base64
from typing import Any

from chatmodels.core import (
    ChatModel,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    Settings,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from chatmodels.core.extending import OutputSchema, ProviderState, ToolDefinition
from chatmodels.http import Engine
from chatmodels.openai_compatible import OPENAI_SCHEMAS
from chatmodels.openai_compatible.responses import (
    RESPONSES_SETTINGS,
    ResponsesDialect,
    responses_codec,
)
from chatmodels.testing import Recording
from conformance.exchanges import body_of
from conformance.neutral.provider import model_with
from conformance.row import InexpressibleError, Requests
from conformance.schemas import output_schema, tool_schema

Body = dict[str, Any]
DIALECT = ResponsesDialect(name="any")
CODEC = responses_codec(DIALECT)


def neutral(exchange: Recording) -> ChatRequest:
    """Read a body back."""
    rest = {name: value for name, value in body_of(exchange).items() if value is not None}
    for name in ("model", "stream"):
        rest.pop(name, None)
    messages: list[Message] = []
    if instructions := rest.pop("instructions", ""):
        messages.append(Message("system", (TextPart(instructions),)))
    input_items = rest.pop("input")
    items = (
        [{"role": "user", "content": input_items}] if isinstance(input_items, str) else input_items
    )
    for item in items:
        role, parts = _item(item)
        if messages and messages[-1].role == role == "assistant":
            messages[-1] = Message(role, (*messages[-1].parts, *parts))
        else:
            messages.append(Message(role, parts))
    tools = _tools(rest)
    output = _output(rest)
    choice = _choice(rest)
    return ChatRequest(
        messages=tuple(messages),
        settings=_settings(rest, has_tools=bool(tools)),
        tools=tools,
        tool_choice=choice,
        output=output,
        provider_options=rest,
    )


def _item(item: Body) -> tuple[Any, tuple[Part, ...]]:
    reduced = {name: value for name, value in item.items() if value is not None}
    own = ProviderState(DIALECT.mark, item)
    match reduced:
        case {"type": "reasoning"}:
            return "assistant", (ReasoningPart("", own),)
        case {"type": "function_call", "call_id": call, "name": name, "arguments": arguments}:
            more = {name: reduced[name] for name in reduced.keys() - _KNOWN - {"type", "status"}}
            signature = ProviderState(DIALECT.mark, more) if more else None
            return "assistant", (ToolCall(call, name, arguments, signature),)
        case {"type": "function_call_output", "call_id": call, "output": output}:
            return "tool", (ToolResult(call, tuple(_content(output))),)
        case {"role": role, "content": content} if reduced.get("type", "message") == "message":
            if role == "assistant":
                return role, tuple(_assistant_parts(reduced, content))
            return "system" if role == "developer" else role, tuple(_content(content))
        case _:
            return "assistant", (ProviderPart(own),)


_KNOWN = frozenset({"call_id", "name", "arguments"})


def _assistant_parts(item: Body, content: Any) -> list[Part]:
    state = {name: item[name] for name in ("id", "phase") if name in item}
    signature = ProviderState(DIALECT.mark, state) if state else None
    texts = [content] if isinstance(content, str) else [part["text"] for part in content]
    return [TextPart(text, signature=signature) for text in texts]


def _content(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [TextPart(content)]
    found: list[Any] = []
    for part in content:
        known = {name: value for name, value in part.items() if value is not None}
        mark = known.pop("prompt_cache_breakpoint", None)
        found.append(_part(known))
        if mark is not None:
            fields = {"prompt_cache_breakpoint": mark}
            found.append(ProviderPart(ProviderState(DIALECT.name, fields)))
    return found


def _part(part: Body) -> Any:
    match part:
        case {"type": "input_text" | "text", "text": text, **rest} if not rest:
            return TextPart(text)
        case {"type": "input_image", "image_url": url, **rest}:
            data, media_type = _data(url)
            return ImagePart(data=data, url=None if data else url, media_type=media_type, **rest)
        case {"type": "input_image", "file_id": file, **rest}:
            return ImagePart(file_id=file, **rest)
        case {"type": "input_file", "file_url": url, **rest} if not rest:
            return FilePart(url=url)
        case {"type": "input_file", "file_id": file, **rest} if not rest:
            return FilePart(file_id=file)
        case {"type": "input_file", "file_data": url, **rest} if rest.keys() <= {"filename"}:
            data, media_type = _data(url)
            if media_type == "audio/mpeg":
                raise InexpressibleError("sound as a file, which the vendor refused")
            return FilePart(data=data, media_type=media_type, name=rest.get("filename"))
        case _:
            raise InexpressibleError(f"{part} in content")


def _data(url: str) -> tuple[bytes | None, str | None]:
    if not url.startswith("data:"):
        return None, None
    head, _, data = url.removeprefix("data:").partition(",")
    media_type, _, encoding = head.partition(";")
    assert encoding == "base64"
    return base64.b64decode(data, validate=True), media_type


def _tools(rest: Body) -> tuple[ToolDefinition, ...]:
    """Read functions as tools until the first that is none; the others are the vendor's."""
    own: list[ToolDefinition] = []
    left = rest.pop("tools", [])
    while left:
        tool = {name: value for name, value in left[0].items() if value is not None}
        unknown = tool.keys() - {"type", "name", "description", "parameters", "strict"}
        if unknown or tool["type"] != "function" or "parameters" not in tool:
            break
        own.append(
            ToolDefinition(
                tool["name"],
                tool.get("description", ""),
                tool["parameters"],
                tool.get("strict", False),
            )
        )
        left = left[1:]
    if left:
        rest["tools"] = left
    return tuple(own)


def _choice(rest: Body) -> ToolChoice | None:
    match rest.get("tool_choice"):
        case "auto" | "none" | "required" as mode:
            choice = ToolChoice(mode)
        case {"type": "function", "name": name}:
            choice = ToolChoice("tool", name)
        case _:
            return None
    del rest["tool_choice"]
    return choice


def _output(rest: Body) -> OutputSchema | None:
    text = rest.get("text", {})
    match text.pop("format", None):
        case {"type": "json_schema", "name": name, "schema": schema, **more}:
            output = OutputSchema(
                name, schema, more.get("description"), more.get("strict") or False
            )
        case {"type": "json_object"}:
            output = OutputSchema("output", None)
        case _:
            output = None
    if not text:
        rest.pop("text", None)
    return output


def _settings(rest: Body, *, has_tools: bool) -> Settings:
    chosen: Body = {}
    for name, path in RESPONSES_SETTINGS.items():
        outer, _, inner = path.partition(".")
        if inner and rest.get(outer, {}).get(inner) is not None:
            chosen[name] = rest[outer].pop(inner)
            if not rest[outer]:
                del rest[outer]
        elif not inner and path != "include" and path in rest:
            chosen[name] = rest.pop(path)
    if "parallel_tool_calls" in chosen and not has_tools:
        rest["parallel_tool_calls"] = chosen.pop("parallel_tool_calls")
    return Settings(**chosen)


def normal(body: Body) -> Body:
    """Bring a body into the form in which ours and theirs can be compared."""
    reduced = _without(body, None, [])
    if not reduced.get("stream"):
        reduced.pop("stream", None)
    input_items = reduced.pop("input")
    items = (
        [{"role": "user", "content": input_items}] if isinstance(input_items, str) else input_items
    )
    if instructions := reduced.pop("instructions", ""):
        items = [{"role": "system", "content": instructions}, *items]
    reduced["input"] = _repeated([found for item in items for found in _normal_item(item)])
    reduced["include"] = sorted(reduced.get("include", []))
    reduced["tools"] = [_normal_tool(tool) for tool in reduced.get("tools", [])]
    text = dict(reduced.pop("text", {}))
    if (form := text.pop("format", None)) and form["type"] != "text":
        form = text["format"] = _without(form, None, "", False)
        if isinstance(schema := form.get("schema"), dict):
            form["schema"] = output_schema(schema, OPENAI_SCHEMAS, strict=form.get("strict"))
    reduced["text"] = _without(text, None)
    reduced["reasoning"] = _without(reduced.get("reasoning", {}), None)
    return reduced


def _repeated(items: list[Body]) -> list[Body]:
    """Let results repeat the namespace of their calls, as chatmodels and OpenAI's SDK do."""
    spaces = {item["call_id"]: item["namespace"] for item in items if item.get("namespace")}
    return [
        item | {"namespace": spaces[item["call_id"]]}
        if "output" in item and item.get("call_id") in spaces
        else item
        for item in items
    ]


def _normal_tool(tool: Body) -> Body:
    reduced = _without(tool, None, "", False)
    if reduced.get("type") == "function" and isinstance(
        parameters := reduced.get("parameters"), dict
    ):
        strict = reduced.get("strict")
        reduced["parameters"] = tool_schema(parameters, OPENAI_SCHEMAS, strict=strict)
    return reduced


def _normal_item(item: Body) -> list[Body]:
    reduced = _without(item, None)
    kind = reduced.get("type", "message")
    if kind in ("message", "function_call"):
        reduced = {name: reduced[name] for name in reduced if name not in ("type", "id", "status")}
    if kind == "message":
        reduced["role"] = reduced["role"].replace("developer", "system")
        parts = _normal_content(reduced.pop("content"))
        if reduced["role"] == "assistant":
            return [reduced | {"content": part["text"]} for part in parts]
        return [reduced | {"content": parts}]
    if kind == "function_call_output":
        del reduced["type"]
        reduced.pop("status", None)
        reduced.pop("id", None)
        return [reduced | {"output": _normal_content(reduced["output"])}]
    return [reduced]


def _normal_content(content: Any) -> list[Body]:
    if isinstance(content, str):
        content = [{"type": "input_text", "text": content}]
    parts = [_without(part, None, []) for part in content]
    for part in parts:
        if part["type"] == "input_file" and "file_data" in part:
            part.setdefault("filename", "file.pdf")
    return parts


def _without(body: Body, *values: object) -> Body:
    return {name: value for name, value in body.items() if value not in values}


def model(exchange: Recording, engine: Engine) -> ChatModel:
    return model_with(CODEC, body_of(exchange)["model"], engine)


REQUESTS = Requests(neutral=neutral, model=model, normal=normal)
