"""The endpoints that count tokens.

- Gemini API: `generateContentRequest` is the whole request of the call ("Counting tokens").
- Vertex AI: the request has some of the fields of the call ("CountTokens API").
"""

from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatRequest
from chatmodels.http import Counting, CountPlan, HttpRequest
from chatmodels.http.wire import Json

_FIELD = "totalTokens"
_VERTEX_FIELDS = frozenset(
    {
        "contents",
        "systemInstruction",
        "system_instruction",
        "tools",
        "generationConfig",
        "generation_config",
    }
)
_CACHE_FIELDS = frozenset({"cachedContent", "cached_content"})


def _gemini_plan(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan:
    body: dict[str, Json] = msgspec.json.decode(call.body)
    path = call.path.rpartition(":")[0]
    collection, _, name = path.rpartition("/")
    resource = f"{collection.rpartition('/')[2]}/{unquote(name)}"
    counted = {"generateContentRequest": {"model": resource, **body}}
    return _plan(path, counted)


def _vertex_plan(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan:
    body: dict[str, Json] = msgspec.json.decode(call.body)
    counted = {name: value for name, value in body.items() if name in _VERTEX_FIELDS}
    plan = _plan(call.path.rpartition(":")[0], counted)
    if _CACHE_FIELDS.isdisjoint(body):
        return plan
    return replace(plan, note="the cached content is not counted")


def _plan(path: str, body: dict[str, Json]) -> CountPlan:
    request = HttpRequest(path=f"{path}:countTokens", body=msgspec.json.encode(body))
    return CountPlan(requests=[request])


GEMINI_COUNTING = Counting(plan=_gemini_plan, field=_FIELD)
"""Counts with `POST .../models/NAME:countTokens` of the Gemini API."""

VERTEX_COUNTING = Counting(plan=_vertex_plan, field=_FIELD)
"""Counts with `POST .../models/NAME:countTokens` of Vertex AI."""
