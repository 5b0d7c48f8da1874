"""Reads the pieces of responses, and what accompanies them."""

import msgspec

from chatmodels.core import ChatRequest, FinishReason, TokenLogprob, ToolCall, Usage
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json, integer_or_none, lenient
from chatmodels.providers.ollama._metadata import PROVIDER_NAME
from chatmodels.providers.ollama._wire import WireCall, WireChunk, WireLogprob

THOUGHT = ProviderState(PROVIDER_NAME, {"type": "thinking"})
"""Tells thoughts of these models from those of others, which they are not given."""

_FORMATTED = (
    "the form of the answer holds for all that the model writes, so that it may be unable to call "
    "tools"
)
FINISH_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
"""By "Generate a chat message"; where a model was only loaded or unloaded it is "other"."""


def first_warnings(request: ChatRequest) -> list[str]:
    """Tell what may go wrong with a request."""
    choice = request.tool_choice
    offered = request.tools and (choice is None or choice.mode != "none")
    return [_FORMATTED] if offered and request.output is not None else []


def read_call(call: WireCall, position: int, created: Json) -> ToolCall:
    """Read a tool call; one without an id gets one, which is the same whenever it is read.

    Args:
        call: The call.
        position: Its place among the calls of the answer.
        created: When the answer began, which tells it from others.
    """
    arguments = bytes(call.function.arguments)
    text = msgspec.json.decode(arguments, type=str) if arguments[:1] == b'"' else arguments.decode()
    moment = "".join(filter(str.isdecimal, created)) if isinstance(created, str) else ""
    return ToolCall(
        call.id or f"call_{moment}_{position}",
        call.function.name or "",
        "{}" if text in {"", "null"} else text,
    )


def read_usage(wire: WireChunk) -> Usage:
    """Bring the tokens used into neutral terms; what was not reported stays None."""
    return Usage(
        input_tokens=integer_or_none(wire.prompt_eval_count),
        output_tokens=integer_or_none(wire.eval_count),
    )


def read_logprobs(value: Json, warnings: list[str]) -> tuple[TokenLogprob, ...]:
    """Read how likely the tokens were."""
    wires = lenient(value, list[WireLogprob], "log probabilities were", warnings) or []
    return tuple(
        TokenLogprob(
            wire.token,
            wire.logprob,
            tuple(TokenLogprob(top.token, top.logprob) for top in wire.top_logprobs or ()),
        )
        for wire in wires
    )
