"""Asks models to think, in the words of their families.

Pages: "Extended thinking" and "Adaptive thinking" (Bedrock user guide), "Using the Converse API"
(Nova 2 user guide), "OpenAI models" (Bedrock user guide).
"""

from chatmodels.core import ChatRequest
from chatmodels.http.wire import Json
from chatmodels.providers.bedrock._models import Family

FIELDS = "additionalModelRequestFields"

_BUDGETS = {"low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 32_768, "max": 32_768}
"""Tokens to think for models that know no effort; at most half of all that may be generated."""
_LEAST_BUDGET = 1_024
_USUAL_LIMIT = 64_000
_THREE = frozenset({"low", "medium", "high"})
OFF = {"type": "disabled"}


def think(request: ChatRequest, known: Family, body: dict[str, Json], problems: list[str]) -> None:
    """Put in how much the model shall think."""
    effort, budget = request.settings.reasoning_effort, request.settings.reasoning_budget
    if effort is not None and budget is not None:
        problems.append("reasoning_effort beside reasoning_budget")
    elif budget is not None:
        if known.thinking not in {"budget", "adaptive"}:
            problems.append("reasoning_budget with this model")
        _put(body, {"thinking": _budget(budget)})
    elif effort is not None:
        fields = _effort(effort, known, request.settings.max_output_tokens or _USUAL_LIMIT)
        if not fields:
            problems.append(f"reasoning_effort {effort!r} with this model")
        _put(body, fields)


def _put(body: dict[str, Json], fields: dict[str, Json]) -> None:
    body[FIELDS] = {**body.get(FIELDS, {}), **fields}


def _budget(tokens: int) -> Json:
    return {"type": "enabled", "budget_tokens": tokens} if tokens else OFF


def _effort(effort: str, known: Family, limit: int) -> dict[str, Json]:
    match known.thinking:
        case "budget" | "adaptive" if effort == "none":
            return {"thinking": OFF}
        case "budget" if effort in _BUDGETS:
            return {"thinking": _budget(max(min(_BUDGETS[effort], limit // 2), _LEAST_BUDGET))}
        case "adaptive" if effort in _BUDGETS:
            return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
        case "reasoningConfig" if effort == "none":
            return {"reasoningConfig": OFF}
        case "reasoningConfig" if effort in _THREE:
            return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
        case "reasoning_effort" if effort in _THREE:
            return {"reasoning_effort": effort}
        case _:
            return {}
