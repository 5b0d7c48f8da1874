"""Rules for OpenAI's models by name, in both of its APIs.

Servers with the same API serve models with other names, for which these rules do not apply.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from chatmodels.testing._json import is_object
from chatmodels.testing._strict.chat_vendors import is_azure
from chatmodels.testing._strict.rule import CheckedRequest, Refusal
from chatmodels.testing._strict.schemas import is_open, optional, subschemas

_OPENAI = re.compile(r"(ft:)?(gpt-\d|o\d|chatgpt-|codex-)(?!.*oss)")
_REASONING = re.compile(r"(ft:)?(o\d|gpt-[5-9]|gpt-1\d)(?!.*-chat)(?!.*-search)")
_EFFORTS = {
    re.compile(rf"(ft:)?({pattern})"): tuple(efforts.split())
    for pattern, efforts in {
        r"o\d": "low medium high",
        r"gpt-5-pro": "high",
        r"gpt-5(-(mini|nano|20)|$)": "minimal low medium high",
        r"gpt-5\.1(-20|$)": "none low medium high",
        r"gpt-5\.[245](-(mini|nano|20)|$)": "none low medium high xhigh",
        r"gpt-(5\.6|6-sol|6-luna|6\.1-terra)": "none low medium high xhigh max",
        r"gpt-6(\.2-sol|\.1-sol|(\.2)?-astra)": "low medium high xhigh max",
    }.items()
}
"""The efforts of models that reason; others are not checked. Chat completions lack "max"."""
_NO_TOOLS_WITH_REASONING = re.compile(r"(ft:)?gpt-(5\.[4-9]|[6-9]|1\d)")
_NO_TOOLS_BY_DEFAULT = re.compile(r"(ft:)?gpt-(5\.[6-9]|[6-9]|1\d)")
_RESTS_BY_DEFAULT = re.compile(r"(ft:)?gpt-5\.[124](-(mini|nano|20)|$)")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@lru_cache(maxsize=256)
def is_openai(model: str, /) -> bool:
    """Check whether OpenAI has models with such a name."""
    return _OPENAI.match(model) is not None


@lru_cache(maxsize=256)
def _efforts(model: str) -> tuple[str, ...]:
    """Return the efforts of a model; empty if they are not checked."""
    return next((efforts for pattern, efforts in _EFFORTS.items() if pattern.match(model)), ())


def can_reason(request: CheckedRequest, /) -> bool:
    """Check whether a model is one that reasons."""
    return _REASONING.match(request.model) is not None


def reasons(request: CheckedRequest, effort: object, /) -> bool:
    """Check whether a model reasons with a requested effort; None is the model's default."""
    if effort is None and _RESTS_BY_DEFAULT.match(request.model) is not None:
        return False
    return effort != "none" and can_reason(request)


def refused_effort(request: CheckedRequest, effort: object, /, *, chat: bool) -> Refusal | None:
    """Return the refusal of an effort that a model does not have.

    Azure is not checked: its deployments have other efforts (reports of users).

    Args:
        request: The request.
        effort: The requested effort; None if there is none.
        chat: Whether the API is chat completions.
    """
    efforts = tuple(each for each in _efforts(request.model) if not chat or each != "max")
    if effort is None or effort in efforts or not efforts or is_azure(request):
        return None
    *others, last = map(repr, efforts)
    listed = f"{', '.join(others)}, and {last}" if others else last
    problem = (
        f"'reasoning_effort' does not support {effort!r} with this model"
        if chat
        else f"{effort!r} is not supported with the {request.model!r} model"
    )
    return Refusal(
        message=f"Unsupported value: {problem}. Supported values are: {listed}.",
        code="unsupported_value",
        param="reasoning_effort" if chat else "reasoning.effort",
    )


def reasons_beside_tools(request: CheckedRequest, effort: object, /) -> bool:
    """Check whether a model of GPT-5.4 or later would reason beside tools in chat completions.

    GPT-5.4 and GPT-5.5 accept tools if the request has no effort.
    """
    if effort is None and _NO_TOOLS_BY_DEFAULT.match(request.model) is None:
        return False
    return _NO_TOOLS_WITH_REASONING.match(request.model) is not None and reasons(request, effort)


def out_of_range(
    body: dict[str, Any], ranges: Mapping[str, tuple[float, float]], /
) -> Refusal | None:
    """Return the refusal of the first number outside of its range."""
    for name, (least, most) in ranges.items():
        value = body.get(name)
        if not isinstance(value, int | float) or least <= value <= most:
            continue
        kind = "integer" if name in {"max_output_tokens", "n", "top_logprobs"} else "decimal"
        side, sign, limit, code = (
            ("below minimum", ">=", least, "below_min")
            if value < least
            else ("above maximum", "<=", most, "above_max")
        )
        return Refusal(
            message=f"Invalid '{name}': {kind} {side} value. Expected a value {sign} {limit}, "
            f"but got {value} instead.",
            code=f"{kind}_{code}_value",
            param=name,
        )
    return None


def is_function_name(name: object, /) -> bool:
    """Check a name of a function or a schema."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def strict_problem(schema: object, /) -> str:
    """Return the problem of a schema that is enforced ("Structured model outputs"), or ""."""
    if not is_object(schema):
        return ""
    if schema.get("type") != "object":
        return "schema must be a JSON Schema of 'type: \"object\"'"
    for path, inner in subschemas(schema):
        for problem in _problems(inner):
            return f"In context={path!r}, {problem}"
    return ""


def _problems(schema: dict[str, Any]) -> Iterator[str]:
    if is_open(schema):
        yield "'additionalProperties' is required to be supplied and to be false."
    if schema.get("type") == "object" and (missing := optional(schema)):
        yield (
            "'required' is required to be supplied and to be an array including every key in "
            f"properties. Missing '{missing[0]}'."
        )
    for keyword in ("allOf", "oneOf", "not", "dependentRequired", "if", "patternProperties"):
        if keyword in schema:
            yield f"'{keyword}' is not permitted."
