"""Gemini's `generateContent` and `streamGenerateContent`, at Google AI and at Vertex AI.

chatmodels differs from the vendor's SDK on purpose in these further points:

* The reason for a blocked prompt is the finish reason.
* The input includes tokens that the vendor's own tools brought in.
* The vendor's message in an error is on one line.
* The code of an error is the reason in its details.
* A body without any candidate is an error.
"""

import re
from functools import partial
from typing import Any

from chatmodels.core import ChatRequest, ChatResponse, create_chat_model, user
from chatmodels.core.extending import OutputSchema
from chatmodels.testing import Recording
from chatmodels.testing.contract import ProviderContract
from conformance.exchanges import Json
from conformance.neutral.gemini import REQUESTS
from conformance.row import Row

APIS = frozenset({"gemini.generate_content", "gemini.stream_generate_content"})


def adapt(expected: Json, exchange: Recording, _: ChatResponse[Any] | None) -> Json:
    adapted = dict(expected)
    usage, error = expected["usage"], expected["error"]
    if blocked := expected["block_reason"]:
        adapted["finish_reason"] = blocked
    if usage is not None and usage["tool_prompt"] is not None:
        adapted["usage"] = usage | {"input": (usage["input"] or 0) + usage["tool_prompt"]}
    if error is not None:
        reason = re.search(rb'"reason":\s*"(\w+)"', exchange.content)
        adapted["error"] = error | {
            "message": " ".join((error["message"] or "").split()),
            "code": reason[1].decode() if reason else error.get("code"),
        }
    elif b'"candidates"' not in exchange.content and not blocked:
        adapted["error"] = {}
    return adapted


ROWS = (
    Row(
        name="google",
        apis=APIS,
        model=partial(
            create_chat_model, "google:gemini-2.5-flash", api_key="sk-recorded", max_retries=0
        ),
        adapt=adapt,
        requests=REQUESTS,
        damage=ChatRequest(messages=(user("Hello"),), output=OutputSchema("weather", None)),
        contracts={"google": ProviderContract(provider="google", model="gemini-3.5-flash")},
    ),
    Row(
        name="google-vertex",
        apis=APIS,
        model=partial(
            create_chat_model,
            "google-vertex:gemini-2.5-flash",
            project="recorded",
            credentials=lambda: "ya29.recorded",
            max_retries=0,
        ),
        providers=frozenset({"google-vertex"}),
        adapt=adapt,
        damage=None,
        contracts={
            "google-vertex": ProviderContract(
                provider="google-vertex",
                model="gemini-3.5-flash",
                registered_by="chatmodels.providers.google",
            )
        },
    ),
)
