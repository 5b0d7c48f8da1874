"""The endpoint that counts tokens ("Get input token counts", API reference of OpenAI).

It accepts the fields of a request that form the prompt. The others are those that the types of
OpenAI's SDK (3.57) list for responses but not for counting. `prompt`, `context_management` and
`image` are not among them: they change the prompt, so that the vendor has to refuse them.
"""

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatRequest, UnsupportedError
from chatmodels.http import Counting, CountPlan, HttpRequest
from chatmodels.http.wire import Json

_REFUSED = frozenset(
    {
        "background",
        "background_options",
        "include",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "moderation",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "top_logprobs",
        "top_p",
        "user",
    }
)


def _plan(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan:
    if not call.body:
        raise UnsupportedError(
            "the tokens of a stored response cannot be counted; its `usage` contains them"
        )
    body: dict[str, Json] = msgspec.json.decode(call.body)
    counted = {name: value for name, value in body.items() if name not in _REFUSED}
    path, separator, query = call.path.partition("?")
    request_path = f"{path}/input_tokens{separator}{query}"
    encoded = msgspec.json.encode(counted)
    return CountPlan(requests=[replace(call, path=request_path, body=encoded)])


COUNTING = Counting(plan=_plan, field="input_tokens")
"""Counts with `POST .../responses/input_tokens`."""
