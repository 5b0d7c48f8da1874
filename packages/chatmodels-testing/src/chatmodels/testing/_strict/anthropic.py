"""Rules of Anthropic's Messages API."""

import re
from collections.abc import Iterator
from typing import Any

from chatmodels.testing._json import is_object
from chatmodels.testing._strict.pairing import Turn, objects, repeated, unanswered, unasked
from chatmodels.testing._strict.retirement import ANTHROPIC
from chatmodels.testing._strict.rule import CheckedRequest, Refusal, StrictRule
from chatmodels.testing._strict.schemas import is_open, is_recursive, optional, subschemas

_VERSIONS = frozenset({"2023-01-01", "2023-06-01", "2026-10-21"})
_MOST_BYTES = 32 * 2**20
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_OTHERS = re.compile(r"(gpt|gemini|mistral|command|o\d)-")
_FIXED_SAMPLING = re.compile(r"claude-(opus-4-[78]|(opus|sonnet|haiku|fable|mythos)-[5-9])")
_NEWEST = re.compile(r"claude-((opus|sonnet)-5-5|fable-5-[12]|mythos-5-1)")
_NO_PREFILL = re.compile(r"claude-(opus-4-[678]|sonnet-4-6|(opus|sonnet|haiku|fable|mythos)-[5-9])")
_MOST_CACHED = 4
_MOST_OPTIONAL = 24
_LEAST_BUDGET = 1024


def _messages(request: CheckedRequest) -> list[dict[str, Any]]:
    return objects(request.body.get("messages"))


def _turns(request: CheckedRequest) -> Iterator[Turn]:
    for position, message in enumerate(_messages(request)):
        blocks = objects(message.get("content"))
        calls = [str(b.get("id")) for b in blocks if b.get("type") == "tool_use"]
        results = [str(b.get("tool_use_id")) for b in blocks if b.get("type") == "tool_result"]
        yield Turn(position, tuple(calls), tuple(results))


def _version(request: CheckedRequest) -> Refusal | None:
    version = request.headers.get("anthropic-version", "")
    if version in _VERSIONS:
        return None
    return Refusal(message=f"anthropic-version: {version} is not a valid version")


def _size(request: CheckedRequest) -> Refusal | None:
    if request.size <= _MOST_BYTES:
        return None
    return Refusal(
        status=413,
        kind="request_too_large",
        message="Request exceeds the maximum allowed number of bytes.",
    )


def unknown_model(model: str, /) -> Refusal:
    """Return the refusal of a model that does not exist."""
    return Refusal(status=404, kind="not_found_error", message=f"model: {model}")


def _model(request: CheckedRequest) -> Refusal | None:
    model = request.model
    if _OTHERS.match(model) or ANTHROPIC.is_retired(model, request.as_of):
        return unknown_model(model)
    return None


def _role(request: CheckedRequest) -> Refusal | None:
    for position, message in enumerate(_messages(request)):
        role = message.get("role")
        late_system = role == "system" and position and _FIXED_SAMPLING.match(request.model)
        if role not in {"user", "assistant"} and not late_system:
            return Refusal(message=f'messages.{position}.role: Unexpected role "{role}".')
    return None


def _unanswered(request: CheckedRequest) -> Refusal | None:
    for position, call in unanswered(_turns(request)):
        return Refusal(
            message=f"messages.{position}: `tool_use` ids were found without `tool_result` blocks "
            f"immediately after: {call}."
        )
    return None


def _unasked(request: CheckedRequest) -> Refusal | None:
    for position, call in unasked(_turns(request)):
        return Refusal(
            message=f"messages.{position}: unexpected `tool_use_id` found in `tool_result` blocks: "
            f"{call}."
        )
    return None


def _ids(request: CheckedRequest) -> Refusal | None:
    ids = [call for turn in _turns(request) for call in turn.calls]
    if repeated(ids) is not None:
        return Refusal(message="messages: `tool_use` ids must be unique")
    for call in ids:
        if not _ID.fullmatch(call):
            message = "messages: tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
            return Refusal(message=message)
    return None


def _texts(request: CheckedRequest) -> Refusal | None:
    contents = [("system", request.body.get("system"))]
    contents += [("messages", message.get("content")) for message in _messages(request)]
    for field, content in contents:
        for block in objects(content):
            if block.get("type") == "text" and not str(block.get("text", "")).strip():
                words = "contain non-whitespace text" if block.get("text") else "be non-empty"
                return Refusal(message=f"{field}: text content blocks must {words}")
    return None


def _content(request: CheckedRequest) -> Refusal | None:
    messages = _messages(request)
    for position, message in enumerate(messages):
        is_prefill = position == len(messages) - 1 and message.get("role") == "assistant"
        if not message.get("content") and not is_prefill:
            return Refusal(message=f"messages.{position}: all messages must have non-empty content")
    return None


def _prefill(request: CheckedRequest) -> Refusal | None:
    messages = _messages(request)
    is_prefilled = bool(messages) and messages[-1].get("role") == "assistant"
    if not is_prefilled or not _NO_PREFILL.match(request.model):
        return None
    return Refusal(message="This model does not support assistant message prefill.")


def _ranges(request: CheckedRequest) -> Refusal | None:
    body = request.body
    limits = {"max_tokens": (1, None), "temperature": (0, 1), "top_p": (0, 1), "top_k": (0, None)}
    for name, (least, most) in limits.items():
        value = body.get(name)
        if not isinstance(value, int | float):
            continue
        if value < least:
            return Refusal(message=f"{name}: must be greater than or equal to {least}")
        if most is not None and value > most:
            return Refusal(message=f"{name}: range: {least}..{most}")
    return None


def _sampling(request: CheckedRequest) -> Refusal | None:
    if not _FIXED_SAMPLING.match(request.model):
        return None
    for name in ("temperature", "top_p", "top_k"):
        if request.body.get(name) not in (None, 1.0 if name != "top_k" else None):
            return Refusal(message=f"{name}: is not supported by {request.model}")
    return None


def _thinking(request: CheckedRequest) -> Refusal | None:
    body = request.body
    thinking = body.get("thinking")
    if not is_object(thinking):
        return None
    kind = thinking.get("type")
    if kind == "disabled" and _NEWEST.match(request.model):
        return Refusal(message=f"thinking.type: '{kind}' is not supported by {request.model}")
    if kind != "enabled":
        return None
    if _FIXED_SAMPLING.match(request.model):
        return Refusal(
            message='"thinking.type.enabled" is not supported for this model. Use '
            '"thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
        )
    budget = thinking.get("budget_tokens")
    if not isinstance(budget, int) or budget < _LEAST_BUDGET:
        message = "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
        return Refusal(message=message)
    if budget >= body.get("max_tokens", 0):
        return Refusal(message="`max_tokens` must be greater than `thinking.budget_tokens`.")
    if body.get("temperature") not in (None, 1):
        return Refusal(message="`temperature` may only be set to 1 when thinking is enabled.")
    return None


def _choice(request: CheckedRequest) -> Refusal | None:
    choice = request.body.get("tool_choice")
    if not is_object(choice):
        return None
    kind = choice.get("type")
    tools = objects(request.body.get("tools"))
    if not tools:
        return Refusal(message="tool_choice: may only be specified while providing `tools`.")
    if kind == "tool" and all(tool.get("name") != choice.get("name") for tool in tools):
        return Refusal(
            message=f"tool_choice: Tool '{choice.get('name')}' not found in provided tools"
        )
    if kind not in {"any", "tool"}:
        return None
    if _NEWEST.match(request.model):
        return Refusal(message=f"tool_choice: '{kind}' is not supported by {request.model}")
    thinking = request.body.get("thinking")
    if is_object(thinking) and thinking.get("type") in {"enabled", "adaptive"}:
        return Refusal(message="Thinking may not be enabled when tool_choice forces tool use.")
    return None


def _tools(request: CheckedRequest) -> Refusal | None:
    tools = objects(request.body.get("tools"))
    if repeated(str(tool.get("name")) for tool in tools) is not None:
        return Refusal(message="tools: Tool names must be unique.")
    for position, tool in enumerate(tools):
        path = f"tools.{position}.custom"
        if not _NAME.fullmatch(str(tool.get("name"))):
            message = f"{path}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
            return Refusal(message=message)
        schema = tool.get("input_schema")
        if not is_object(schema):
            continue
        if "type" not in schema:
            return Refusal(message=f"{path}.input_schema.type: Field required")
        if schema["type"] != "object":
            return Refusal(message=f"{path}.input_schema.type: Input should be 'object'")
    return None


def _strict_schemas(request: CheckedRequest) -> Refusal | None:
    tools = objects(request.body.get("tools"))
    schemas = {
        f"tools.{position}.custom": tool.get("input_schema")
        for position, tool in enumerate(tools)
        if tool.get("strict")
    }
    match request.body.get("output_config"):
        case {"format": {"schema": schema}}:
            schemas["output_config.format.schema"] = schema
        case _:
            pass
    count = 0
    for path, schema in schemas.items():
        if not is_object(schema):
            continue
        if is_recursive(schema):
            return Refusal(message=f"{path}: Invalid schema: Circular reference detected.")
        for _, inner in subschemas(schema):
            count += len(optional(inner))
            if is_open(inner):
                return Refusal(
                    message=f"{path}: For 'object' type, 'additionalProperties' must be explicitly "
                    "set to false"
                )
    if count > _MOST_OPTIONAL:
        message = (
            f"Schemas contains too many optional parameters ({count}), limit: {_MOST_OPTIONAL}"
        )
        return Refusal(message=message)
    return None


def _cached(request: CheckedRequest) -> Refusal | None:
    body = request.body
    blocks = [*objects(body.get("system")), *objects(body.get("tools"))]
    blocks += [block for message in _messages(request) for block in objects(message.get("content"))]
    count = sum(1 for block in blocks if block.get("cache_control"))
    if count <= _MOST_CACHED:
        return None
    return Refusal(
        message=f"A maximum of 4 blocks with cache_control may be provided. Found {count}."
    )


RULES = (
    StrictRule("version", "an unknown `anthropic-version`", "page Versions", _version),
    StrictRule("size", "a body of more than 32 MB", "page Errors", _size),
    StrictRule(
        "model",
        "a retired model, or one of another vendor",
        "[Retired models](#retired-models); recorded responses",
        _model,
    ),
    StrictRule(
        "role",
        "another role than user or assistant, or system where a model does not accept it",
        "API reference, Messages; page Mid-conversation system messages",
        _role,
    ),
    StrictRule("content", "a message without content", "API reference, Messages", _content),
    StrictRule("text", "an empty text", "API reference, Messages", _texts),
    StrictRule("call-id", "repeated or invalid ids of calls", "page Handle tool calls", _ids),
    StrictRule(
        "unanswered-call", "a call without its result next", "page Handle tool calls", _unanswered
    ),
    StrictRule(
        "unasked-result", "a result without its call before", "page Handle tool calls", _unasked
    ),
    StrictRule(
        "prefill",
        "an assistant message at the end, of models without prefill",
        "pages Prefill and What's new in Claude 4.6",
        _prefill,
    ),
    StrictRule("ranges", "a number out of its range", "API reference, Messages", _ranges),
    StrictRule(
        "sampling",
        "sampling settings from Claude Opus 4.7 on",
        "pages What's new in Claude Opus 4.7 and Claude Sonnet 5",
        _sampling,
    ),
    StrictRule(
        "thinking",
        "thinking that a model does not have, as budgets from Claude Opus 4.7 on, or a budget that "
        "does not fit",
        "pages Extended thinking, What's new in Claude Opus 5.5 and in Claude Haiku 5.5",
        _thinking,
    ),
    StrictRule(
        "tool-choice",
        "a choice without its tool, or a forced one beside thinking or from Claude Opus 5.5 on",
        "pages Define tools and What's new in Claude Opus 5.5",
        _choice,
    ),
    StrictRule(
        "tools",
        "invalid or repeated names, or a schema that is not an object's",
        "page Define tools; recorded responses",
        _tools,
    ),
    StrictRule(
        "strict-schema",
        "recursive or open enforced schemas, or more than 24 optional properties",
        "page Structured outputs; recorded responses",
        _strict_schemas,
    ),
    StrictRule("cache-control", "more than four cached blocks", "page Prompt caching", _cached),
)
