"""OpenAI's Responses API, at OpenAI and Azure, and as all other servers speak it.

chatmodels differs from the vendor's SDK on purpose in these further points:

* An error is raised at the event that reports it, with its type. The failed response that may
  follow reports it to the SDK again, without the type.
* GitHub Copilot names a response anew in each event. chatmodels has the first name, the SDK the
  last.
"""

import json
import re
from dataclasses import replace
from functools import partial
from typing import Any

from chatmodels.core import ChatModel, ChatResponse, create_chat_model
from chatmodels.http import Engine
from chatmodels.testing import Recording
from chatmodels.testing.contract import ProviderContract
from conformance.exchanges import Json, body_of, url_of
from conformance.neutral import openai_responses
from conformance.reading import read
from conformance.replaying import ModelFactory, response_of
from conformance.row import Requests, Row

OPENAI = partial(
    create_chat_model, "openai:any", api="responses", api_key="sk-recorded", max_retries=0
)
AZURE = partial(
    create_chat_model,
    "azure:gpt-5-mini",
    api="responses",
    base_url="https://example-resource.openai.azure.com",
    api_key="sk-recorded",
    max_retries=0,
)
ERROR_EVENT = re.compile(rb'"type"\s*:\s*"error"')
EXEMPT = {"the-capabilities-are-correct": "audio and seeds are in chat completions only"}


def adapt(expected: Json, exchange: Recording, response: ChatResponse[Any] | None) -> Json:
    if ERROR_EVENT.search(exchange.content):
        error = expected["error"] | {"type": expected["error"]["code"]}
        return expected | {"error": error, "finish_reason": None}
    if exchange.provider == "github-copilot" and exchange.streamed and response is not None:
        return expected | {"response_id": response.id}
    return expected


def agrees_with_its_last_event(model: ModelFactory, exchange: Recording) -> list[str]:
    """Require that a stream is read as the whole response in its last event."""
    if not exchange.streamed:
        return []
    response = response_of(exchange, 4096)
    streamed, _ = read(model, response, streamed=True)
    last: Json = {} if streamed is None else streamed.raw[-1]["response"]
    if streamed is None or not last.get("output"):
        return []
    content = json.dumps(last).encode()
    headers = {"content-type": "application/json"}
    whole, _ = read(model, replace(response, content=content, headers=headers), streamed=False)
    assert whole is not None, "the last event is not a response"
    return [
        f"{name}: streamed {ours!r}, in the last event {theirs!r}"
        for name in COMPARED
        if (ours := getattr(streamed, name)) != (theirs := getattr(whole, name))
    ]


COMPARED = (
    *("message", "finish_reason", "raw_finish_reason", "usage", "model", "logprobs"),
    *("service_tier", "warnings"),
)


def azure_model(exchange: Recording, engine: Engine) -> ChatModel:
    """Make a model at the endpoint to which the request was sent."""
    return create_chat_model(
        f"azure:{body_of(exchange)['model']}",
        api="responses",
        base_url=url_of(exchange).partition("/openai/v1/")[0],
        api_key="sk-recorded",
        max_retries=0,
        http_client=engine,
    )


ROWS = (
    Row(
        name="openai-responses",
        apis=frozenset({"openai.responses"}),
        model=OPENAI,
        adapt=adapt,
        also=agrees_with_its_last_event,
        requests=openai_responses.REQUESTS,
        contracts={
            "openai-responses": ProviderContract(
                provider="openai",
                model="gpt-5.4-mini",  # does not reason by default, so that sampling settings apply
                options={"api": "responses"},
                exempt=EXEMPT,
            )
        },
    ),
    Row(
        name="azure-responses",
        apis=frozenset({"openai.responses"}),
        providers=frozenset({"azure"}),
        model=AZURE,
        adapt=adapt,
        requests=Requests(
            neutral=openai_responses.neutral,
            model=azure_model,
            normal=openai_responses.normal,
            place=lambda url: url,
        ),
        damage=None,
        contracts={
            "azure-responses": ProviderContract(
                provider="azure",
                model="gpt-5-mini",
                connect=lambda simulator: {"base_url": simulator.url},
                options={"api": "responses"},
                exempt=EXEMPT,
            )
        },
    ),
)
