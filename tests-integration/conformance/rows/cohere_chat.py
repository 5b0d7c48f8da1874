"""Version 2 of Cohere's Chat API.

chatmodels differs from the vendor's SDK on purpose in these further points:

* The plan before tool calls is reasoning.
* Reasoning tokens are read; the SDK has no field for them.
* The type of an error is the vendor's `error_type`; of a generation that failed, the finish reason.
* Three stars stand for a key.
"""

import json
from functools import partial
from typing import Any

from chatmodels.core import ChatRequest, ChatResponse, create_chat_model, user
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing import Recording
from chatmodels.testing.contract import ProviderContract
from conformance.exchanges import Json
from conformance.neutral.cohere_chat import REQUESTS
from conformance.row import Row


def adapt(expected: Json, exchange: Recording, response: ChatResponse[Any] | None) -> Json:
    reasoning = (expected["tool_plan"] or "") + (expected["reasoning_text"] or "")
    adapted = expected | {"reasoning_text": reasoning}
    if expected["usage"] is not None and response is not None:
        adapted["usage"] = expected["usage"] | {"reasoning": response.usage.reasoning_tokens}
    if expected["error"] is not None and exchange.response.status != 200:
        adapted["error"] = expected["error"] | {
            "type": json.loads(exchange.content).get("error_type"),
            "message": expected["error"]["message"].replace("***********", "***"),
        }
    return adapted


ROWS = (
    Row(
        name="cohere",
        apis=frozenset({"cohere.chat_v2"}),
        model=partial(
            create_chat_model, "cohere:command-a-03-2025", api_key="sk-recorded", max_retries=0
        ),
        adapt=adapt,
        requests=REQUESTS,
        damage=ChatRequest(
            messages=(user("Hello"),),
            tools=(ToolDefinition("weather", "", {"type": "object"}),),
            output=OutputSchema("subtract", None),
        ),
        contracts={
            "cohere": ProviderContract(
                provider="cohere",
                model="command-a-plus-05-2026",
                connect=lambda simulator: {"base_url": simulator.url},
                unreported=frozenset({"model"}),
            )
        },
    ),
)
