"""Decoding of tool calls, finish reasons, usage and log probabilities."""

import msgspec

from chatmodels.core import ChatRequest, FinishReason, TokenLogprob, ToolCall, Usage
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json, integer_or_none, lenient
from chatmodels.providers.ollama._metadata import PROVIDER_NAME
from chatmodels.providers.ollama._wire import WireCall, WireChunk, WireLogprob

REASONING_STATE = ProviderState(PROVIDER_NAME, {"type": "thinking"})
"""Marks reasoning of Ollama's models; reasoning of other models is not sent to them."""

_OUTPUT_WITH_TOOLS = (
    "the output schema applies to all output of the model, so the model can be unable to call tools"
)
FINISH_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
"""Finish reasons ("Generate a chat message"); loading and unloading a model is "other"."""


def first_warnings(request: ChatRequest) -> list[str]:
    """Return warnings about a request."""
    choice = request.tool_choice
    tools = request.tools and (choice is None or choice.mode != "none")
    return [_OUTPUT_WITH_TOOLS] if tools and request.output is not None else []


def read_call(call: WireCall, position: int, created: Json) -> ToolCall:
    """Convert a tool call; a call without an id gets a reproducible id.

    Args:
        call: The call.
        position: The index of the call among the calls of the response.
        created: The creation time of the response, which makes the id unique.
    """
    arguments = bytes(call.function.arguments)
    text = msgspec.json.decode(arguments, type=str) if arguments[:1] == b'"' else arguments.decode()
    timestamp = "".join(filter(str.isdecimal, created)) if isinstance(created, str) else ""
    return ToolCall(
        call.id or f"call_{timestamp}_{position}",
        call.function.name or "",
        "{}" if text in {"", "null"} else text,
    )


def read_usage(wire: WireChunk) -> Usage:
    """Convert token usage to neutral fields; counts that are not reported stay None."""
    return Usage(
        input_tokens=integer_or_none(wire.prompt_eval_count),
        output_tokens=integer_or_none(wire.eval_count),
    )


def read_logprobs(value: Json, warnings: list[str]) -> tuple[TokenLogprob, ...]:
    """Convert the log probabilities of tokens."""
    wires = lenient(value, list[WireLogprob], "log probabilities were", warnings) or []
    return tuple(
        TokenLogprob(
            wire.token,
            wire.logprob,
            tuple(TokenLogprob(top.token, top.logprob) for top in wire.top_logprobs or ()),
        )
        for wire in wires
    )
