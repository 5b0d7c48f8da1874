"""Encoder of the reasoning settings, by model family.

Sources: "Extended thinking" and "Adaptive thinking" (Bedrock user guide), "Using the Converse API"
(Nova 2 user guide), "OpenAI models" (Bedrock user guide).
"""

from chatmodels.core import ChatRequest
from chatmodels.http.wire import Json
from chatmodels.providers.bedrock._profile import Family

FIELDS = "additionalModelRequestFields"

_BUDGETS = {"low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 32_768, "max": 32_768}
"""Thinking tokens for models without effort levels; at most half of the output limit."""
_MIN_BUDGET = 1_024
_DEFAULT_LIMIT = 64_000
OFF = {"type": "disabled"}


def set_reasoning(request: ChatRequest, family: Family, body: dict[str, Json]) -> None:
    """Add the reasoning effort or budget to a request body."""
    effort, budget = request.settings.reasoning_effort, request.settings.reasoning_budget
    if budget is not None:
        _merge(body, {"thinking": _budget(budget, family)})
    elif effort is not None:
        limit = request.settings.max_output_tokens or _DEFAULT_LIMIT
        _merge(body, _effort(effort, family, limit))


def _merge(body: dict[str, Json], fields: dict[str, Json]) -> None:
    body[FIELDS] = {**body.get(FIELDS, {}), **fields}


def _budget(tokens: int, family: Family) -> Json:
    if tokens:
        return {"type": "enabled", "budget_tokens": tokens}
    return OFF if family.claude is None else {"type": family.claude.off}


def _effort(effort: str, family: Family, limit: int) -> dict[str, Json]:
    claude = family.claude
    if claude is not None:
        if effort == "none":
            return {"thinking": {"type": claude.off}}
        config: dict[str, Json] = {}
        if effort in claude.efforts:
            config = {"output_config": {"effort": effort}}
        if claude.thinking == "budget":
            tokens = max(min(_BUDGETS[effort], limit // 2), _MIN_BUDGET)
            return {"thinking": _budget(tokens, family), **config}
        # Since Claude Opus 4.7 the text of thinking is omitted by default.
        display = {"display": "summarized"} if claude.display else {}
        return {"thinking": {"type": "adaptive", **display}, **config}
    if family.thinking == "reasoning_effort":
        return {"reasoning_effort": effort}
    if effort == "none":
        return {"reasoningConfig": OFF}
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
