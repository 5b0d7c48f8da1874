"""Anthropic's Messages API.

chatmodels differs from the vendor's SDK on purpose in one more point: the vendor's explanation of a
refusal is the text of the refusal.
"""

from functools import partial
from typing import Any

from chatmodels.core import ChatRequest, ChatResponse, create_chat_model, user
from chatmodels.core.extending import OutputSchema
from chatmodels.testing import Recording
from chatmodels.testing.contract import ProviderContract
from conformance.exchanges import Json
from conformance.neutral.anthropic_messages import REQUESTS
from conformance.row import Row

MODEL = "claude-sonnet-4-6"


def adapt(expected: Json, exchange: Recording, response: ChatResponse[Any] | None) -> Json:
    explained = response is not None and b'"explanation"' in exchange.content
    return expected | ({"refusal": response.refusal} if explained else {})


ROWS = (
    Row(
        name="anthropic",
        apis=frozenset({"anthropic.messages"}),
        model=partial(
            create_chat_model, f"anthropic:{MODEL}", api_key="sk-recorded", max_retries=0
        ),
        adapt=adapt,
        requests=REQUESTS,
        damage=ChatRequest(messages=(user("Hello"),), output=OutputSchema("rollDie", None)),
        contracts={"anthropic": ProviderContract(provider="anthropic", model=MODEL)},
    ),
)
