"""OpenAI's chat completions, at OpenAI and Azure, and as all other servers speak them.

chatmodels differs from the vendor's SDK on purpose in this further point:

* The error of the provider behind OpenRouter counts, and its message begins with the name.
"""

import json
from functools import partial
from typing import Any

from chatmodels.core import ChatModel, ChatResponse, create_chat_model
from chatmodels.http import Engine
from chatmodels.testing import Recording
from chatmodels.testing.contract import ProviderContract
from conformance.exchanges import Json, body_of, url_of
from conformance.neutral import openai_chat
from conformance.row import Requests, Row
from conformance.rows.mistral_chat import with_audio

OPENAI = partial(
    create_chat_model, "openai:any", api="chat_completions", api_key="sk-recorded", max_retries=0
)
ANY_SERVER = partial(
    create_chat_model,
    "openai-compatible:any",
    base_url="https://any.example/v1",
    max_retries=0,
)
AZURE = partial(
    create_chat_model,
    "azure:gpt-5-mini",
    base_url="https://example-resource.openai.azure.com",
    api_key="sk-recorded",
    max_retries=0,
)


def azure_model(exchange: Recording, engine: Engine) -> ChatModel:
    """Make a model at the endpoint to which the request was sent."""
    url, _, version = url_of(exchange).partition("?api-version=")
    base = url.partition("/openai/deployments/")[0].removesuffix("/chat/completions")
    return create_chat_model(
        f"azure:{body_of(exchange)['model']}",
        base_url=base,
        api_version=version or None,
        api_key="sk-recorded",
        max_retries=0,
        http_client=engine,
    )


def with_cause(expected: Json, exchange: Recording, _: ChatResponse[Any] | None) -> Json:
    """Replace the message of a gateway by that of the provider behind it."""
    if exchange.response.status == 200 or b'"provider_name"' not in exchange.content:
        return expected
    cause = json.loads(exchange.content)["error"]["metadata"]
    message = f"{cause['provider_name']}: {cause['raw']}"
    return expected | {"error": expected["error"] | {"message": message}}


ROWS = (
    Row(
        name="openai",
        apis=frozenset({"openai.chat"}),
        model=OPENAI,
        adapt=with_cause,
        requests=openai_chat.REQUESTS,
        contracts={
            "openai": ProviderContract(
                provider="openai", model="gpt-4o", options={"api": "chat_completions"}
            )
        },
    ),
    Row(
        name="openai-compatible",
        apis=frozenset({"openai.chat"}),
        providers=frozenset({"openai-compatible", "local-server"}),
        model=ANY_SERVER,
        contracts={
            "openai-compatible": ProviderContract(
                provider="openai-compatible",
                model="any",
                registered_by="chatmodels.openai_compatible.provider",
            )
        },
    ),
    Row(
        name="openai-as-others-speak-it",
        apis=frozenset({"mistral.chat", "ollama.openai"}),
        model=OPENAI,
        adapt=with_audio,
        damage=None,
    ),
    Row(
        name="azure",
        apis=frozenset({"openai.chat"}),
        providers=frozenset({"azure"}),
        model=AZURE,
        requests=Requests(
            neutral=openai_chat.neutral,
            model=azure_model,
            normal=openai_chat.normal,
            place=lambda url: url,
        ),
        contracts={
            "azure": ProviderContract(
                provider="azure",
                model="gpt-5-mini",
                connect=lambda simulator: {"base_url": simulator.url},
            ),
            "azure-dated": ProviderContract(
                provider="azure",
                model="my-deployment",
                connect=lambda simulator: {
                    "base_url": simulator.url,
                    "api_version": "2024-10-21",
                },
            ),
            "azure-inference": ProviderContract(
                provider="azure",
                model="grok-4",
                connect=lambda simulator: {"base_url": f"{simulator.url}/models"},
                exempt={
                    "the-capabilities-are-correct": "other vendors accept less than OpenAI's",
                    "models-are-listed-if-they-can-be": "this endpoint has no listing",
                },
            ),
        },
    ),
)
