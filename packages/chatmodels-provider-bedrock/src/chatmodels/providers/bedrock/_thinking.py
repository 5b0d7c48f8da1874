"""Asks models to think, in the words of their families.

Pages: "Extended thinking" and "Adaptive thinking" (Bedrock user guide), "Using the Converse API"
(Nova 2 user guide), "OpenAI models" (Bedrock user guide).
"""

from chatmodels.core import ChatRequest
from chatmodels.http.wire import Json
from chatmodels.providers.bedrock._profile import Family

FIELDS = "additionalModelRequestFields"

_BUDGETS = {"low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 32_768, "max": 32_768}
"""Tokens to think for models that know no effort; at most half of all that may be generated."""
_LEAST_BUDGET = 1_024
_USUAL_LIMIT = 64_000
OFF = {"type": "disabled"}


def think(request: ChatRequest, known: Family, body: dict[str, Json]) -> None:
    """Put in how much the model shall think."""
    effort, budget = request.settings.reasoning_effort, request.settings.reasoning_budget
    if budget is not None:
        _put(body, {"thinking": _budget(budget, known)})
    elif effort is not None:
        limit = request.settings.max_output_tokens or _USUAL_LIMIT
        _put(body, _effort(effort, known, limit))


def _put(body: dict[str, Json], fields: dict[str, Json]) -> None:
    body[FIELDS] = {**body.get(FIELDS, {}), **fields}


def _budget(tokens: int, known: Family) -> Json:
    if tokens:
        return {"type": "enabled", "budget_tokens": tokens}
    return OFF if known.claude is None else {"type": known.claude.off}


def _effort(effort: str, known: Family, limit: int) -> dict[str, Json]:
    claude = known.claude
    if claude is not None:
        if effort == "none":
            return {"thinking": {"type": claude.off}}
        words: dict[str, Json] = {}
        if effort in claude.efforts:
            words = {"output_config": {"effort": effort}}
        if claude.thinking == "budget":
            tokens = max(min(_BUDGETS[effort], limit // 2), _LEAST_BUDGET)
            return {"thinking": _budget(tokens, known), **words}
        # Since Claude Opus 4.7 the text of thinking is omitted by default.
        shown = {"display": "summarized"} if claude.display else {}
        return {"thinking": {"type": "adaptive", **shown}, **words}
    if known.thinking == "reasoning_effort":
        return {"reasoning_effort": effort}
    if effort == "none":
        return {"reasoningConfig": OFF}
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
