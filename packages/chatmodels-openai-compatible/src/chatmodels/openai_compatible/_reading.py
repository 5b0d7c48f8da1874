"""Reads finish reasons, reasoning and log probabilities of a response."""

from collections.abc import Mapping, Sequence

from chatmodels.core import FinishReason, ReasoningPart
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json, objects
from chatmodels.openai_compatible._wire import WireMessage

FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",  # Together
    "end_turn": "stop",  # gateways to Anthropic
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",  # Mistral
    "model_context_window_exceeded": "length",  # Z.ai
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",  # Z.ai
    "refusal": "refusal",
    "error": "error",  # OpenRouter
    "abort": "error",  # vLLM
    "network_error": "error",  # Z.ai
    "insufficient_system_resource": "error",  # DeepSeek
}

REASONING_FIELD = "reasoning_field"
"""The name in opaque state for the field that contained the reasoning."""

_STATES = frozenset({"signature", "thinking_blocks"})
_JOINED = frozenset({"text", "summary", "data"})


def reasoning_in_parts(message: WireMessage) -> str:
    """Return the readable reasoning in the lists of parts that some vendors send."""
    return "".join(
        text_in(detail.get("text")) or text_in(detail.get("summary"))
        for detail in objects(message.reasoning_details)
    ) or "".join(text_in(block.get("thinking")) for block in objects(message.thinking_blocks))


def reasoning_field_of(message: WireMessage) -> str | None:
    """Return the field with the readable reasoning, if servers accept it in requests."""
    if message.reasoning_content:
        return "reasoning_content"
    return "reasoning" if message.reasoning else None


def text_in(value: Json) -> str:
    """Return a value that is a text, or the joined texts in a list of objects."""
    if isinstance(value, str):
        return value
    texts = (item.get("text") for item in objects(value))
    return "".join(text for text in texts if isinstance(text, str))


def reasoning_part(
    text: str, details: Sequence[Json], thinking: Mapping[str, Json], dialect: str
) -> ReasoningPart | None:
    """Return the part for reasoning; None if there is none.

    Args:
        text: The readable reasoning.
        details: OpenRouter's `reasoning_details`.
        thinking: The state that is sent back: Mistral's, or the blocks of Anthropic.
        dialect: The name of the dialect, the format of the opaque state.
    """
    if not (text or details or thinking.keys() & _STATES):
        return None
    state = details or thinking
    return ReasoningPart(text, ProviderState(dialect, state) if state else None)


def merge_details(details: Sequence[Json]) -> list[Json]:
    """Join the chunks of streamed reasoning details to those of a whole response.

    Chunks of one detail have the same `type` and `index`. Their texts are joined; all other fields
    are sent once ("Reasoning Tokens", OpenRouter).
    """
    merged: dict[tuple[str, str], dict[str, Json]] = {}
    for detail in objects(details):
        whole = merged.setdefault((str(detail.get("type")), str(detail.get("index"))), {})
        for name, value in detail.items():
            earlier = whole.get(name)
            if name in _JOINED and isinstance(earlier, str) and isinstance(value, str):
                whole[name] = earlier + value
            elif earlier is None:
                whole[name] = value
    return list(merged.values())


def merge_thinking(blocks: Sequence[Json]) -> list[Json]:
    """Join the chunks of Anthropic's thinking blocks, as LiteLLM streams them.

    A signature ends its block. Redacted blocks arrive whole.
    """
    merged: list[dict[str, Json]] = []
    for block in objects(blocks):
        last = merged[-1] if merged else {}
        continues = block.get("type") == last.get("type") == "thinking"
        if not continues or last.get("signature"):
            merged.append({name: value for name, value in block.items() if name != "index"})
            continue
        last["thinking"] = text_in(last.get("thinking")) + text_in(block.get("thinking"))
        if signature := block.get("signature"):
            last["signature"] = signature
    return [block for block in merged if block.get("signature") or block.get("data")]
