"""Converse of Amazon Bedrock, whole and as an AWS event stream.

chatmodels differs from the vendor's SDK on purpose in one more point: input that was not reported
is not 0.
"""

from functools import partial
from typing import Any

from chatmodels.core import ChatRequest, ChatResponse, create_chat_model, user
from chatmodels.core.extending import OutputSchema
from chatmodels.testing import Recording
from chatmodels.testing.contract import ProviderContract
from conformance.exchanges import Json
from conformance.neutral.bedrock_converse import REQUESTS
from conformance.row import Row

MODEL = "us.anthropic.claude-sonnet-4-6"


def adapt(expected: Json, _: Recording, __: ChatResponse[Any] | None) -> Json:
    usage = expected["usage"]
    if usage is None or usage["input"] is not None:
        return expected
    return expected | {"usage": usage | {"input_includes_cached": True}}


ROWS = (
    Row(
        name="bedrock",
        apis=frozenset({"bedrock.converse", "bedrock.converse_stream"}),
        model=partial(
            create_chat_model,
            f"bedrock:{MODEL}",
            api_key="recorded",
            region="us-east-1",
            max_retries=0,
        ),
        adapt=adapt,
        requests=REQUESTS,
        damage=ChatRequest(messages=(user("Hello"),), output=OutputSchema("json", None)),
        contracts={
            "bedrock": ProviderContract(
                provider="bedrock",
                model=MODEL,
                options={"region": "us-east-1"},
                unreported=frozenset({"id", "model"}),
            )
        },
    ),
)
