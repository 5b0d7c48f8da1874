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


def think(request: ChatRequest, known: Family, body: dict[str, Json], problems: list[str]) -> None:
    """Put in how much the model shall think."""
    effort, budget = request.settings.reasoning_effort, request.settings.reasoning_budget
    if effort is None and budget is None:
        return
    fields: dict[str, Json] | None = None
    if budget is not None:
        if known.thinking in {"budget", "adaptive"} and effort is None:
            kind = {"type": "enabled", "budget_tokens": budget} if budget else _OFF
            fields = {"thinking": kind}
        elif effort is None:
            problems.append("reasoning_budget with this model")
            return
    elif effort is not None:
        fields = _effort(effort, known, request)
    if fields is None:
        beside = "" if budget is None else " beside reasoning_budget"
        problems.append(f"reasoning_effort {effort!r}{beside} with this model")
    else:
        body.setdefault(FIELDS, {}).update(fields)


_OFF = {"type": "disabled"}


def _effort(effort: str, known: Family, request: ChatRequest) -> dict[str, Json] | None:
    off = effort == "none"
    match known.thinking:
        case "budget" if off:
            return {"thinking": _OFF}
        case "budget" if effort in _BUDGETS:
            most = request.settings.max_output_tokens or _USUAL_LIMIT
            granted = max(min(_BUDGETS[effort], most // 2), _LEAST_BUDGET)
            return {"thinking": {"type": "enabled", "budget_tokens": granted}}
        case "adaptive" if off:
            return {"thinking": _OFF}
        case "adaptive" if effort in _BUDGETS:
            return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
        case "reasoningConfig" if off:
            return {"reasoningConfig": _OFF}
        case "reasoningConfig" if effort in _THREE:
            return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
        case "reasoning_effort" if effort in _THREE:
            return {"reasoning_effort": effort}
        case _:
            return None
