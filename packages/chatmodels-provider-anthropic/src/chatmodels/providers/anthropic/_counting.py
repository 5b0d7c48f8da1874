"""The endpoint that counts tokens ("Count tokens in a Message", API reference).

It accepts the fields of a message that form the prompt. The others are those that the types of
Anthropic's SDK (2.14) list for messages but not for counting. Anthropic describes the number as an
estimate that can differ by a small amount ("Token counting").
"""

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatRequest
from chatmodels.http import Counting, CountPlan, HttpRequest
from chatmodels.http.wire import Json

_REFUSED = frozenset(
    {
        "container",
        "diagnostics",
        "inference_geo",
        "max_tokens",
        "metadata",
        "service_tier",
        "stop_sequences",
        "stream",
        "temperature",
        "top_k",
        "top_p",
    }
)


def _plan(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan:
    body: dict[str, Json] = msgspec.json.decode(call.body)
    counted = {name: value for name, value in body.items() if name not in _REFUSED}
    path = f"{call.path}/count_tokens"
    return CountPlan(requests=[replace(call, path=path, body=msgspec.json.encode(counted))])


COUNTING = Counting(plan=_plan, field="input_tokens")
"""Counts with `POST .../messages/count_tokens`."""
