"""The endpoint that counts tokens ("CountTokens", API reference of Bedrock Runtime).

It counts some models only, mainly Claude, and refuses the ids of inference profiles, even if the
model has no other id for calls: the same model without the prefix of its geography is counted
("Monitor your token usage by counting tokens before running inference"). IAM has an action of its
own for it, `bedrock:CountTokens`.
"""

import re

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatRequest
from chatmodels.core.extending import estimated_tokens
from chatmodels.http import Counting, CountPlan, HttpRequest
from chatmodels.http.wire import Json, path_name
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME

_FIELDS = frozenset({"messages", "system", "toolConfig", "additionalModelRequestFields"})
"""The fields of `ConverseTokensRequest`."""

_GEOGRAPHY = re.compile(r"(?:[a-z]{2}|apac|global|us-gov)\.(?=[a-z0-9-]+\.)")
_MODEL_ARN = re.compile(r"arn:[^/]*:foundation-model/.+")
_PROFILE_ARN = re.compile(r"arn:[^/]*:inference-profile/(.+)")


def _plan(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan | None:
    name = _counted_model(model)
    if name is None:
        return None
    body: dict[str, Json] = msgspec.json.decode(call.body)
    counted = {name: value for name, value in body.items() if name in _FIELDS}
    plan = CountPlan(
        requests=[
            HttpRequest(
                path=f"/model/{path_name(name, PROVIDER_NAME, 'model')}/count-tokens",
                body=msgspec.json.encode({"input": {"converse": counted}}),
            )
        ]
    )
    if "outputConfig" not in body:
        return plan
    schema = estimated_tokens(ChatRequest(messages=(), output=request.output))
    return replace(plan, estimated=schema, note="the output schema is estimated")


def _counted_model(model: str) -> str | None:
    """Return the id that the endpoint accepts; None for resources whose model is unknown."""
    profile = _PROFILE_ARN.fullmatch(model)
    if profile is not None:
        model = profile[1]
    elif model.startswith("arn:"):
        return model if _MODEL_ARN.fullmatch(model) else None
    return _GEOGRAPHY.sub("", model, count=1) if _GEOGRAPHY.match(model) else model


COUNTING = Counting(plan=_plan, field="inputTokens", refusal=r"doesn.t support counting tokens")
"""Counts with `POST /model/NAME/count-tokens`."""
