"""The APIs of the vendors that have a dialect and a package of their own.

A row reads the exchanges of its vendor. The contract suite is in the tests of each package.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from chatmodels.core import ChatModel, ChatRequest, create_chat_model
from chatmodels.http import Engine
from chatmodels.openai_compatible import Dialect
from chatmodels.testing import Recording
from conformance.exchanges import Json, body_of
from conformance.neutral import openai_chat
from conformance.replaying import ModelFactory
from conformance.row import InexpressibleError, Requests, Row
from conformance.rows import openai_responses
from conformance.rows.openai_chat import with_cause
from family import FAMILY

ADDED: Mapping[str, Sequence[str]] = {
    "llamacpp": ("stream", "return_progress"),
    "zai": ("tool_stream",),
}
"""The fields that chatmodels adds to each request, unlike other clients, by provider."""

RECORDED_AS: Mapping[str, str] = {"moonshot": "moonshotai"}
"""The name of a provider in recordings, if it differs."""


def neutral(dialect: Dialect, exchange: Recording) -> ChatRequest:
    """Decode a request.

    Those with strict tools that the vendor does not enforce are left out, and those with an output
    that chatmodels requests through a tool.
    """
    request = openai_chat.neutral_in(dialect, exchange)
    if request.tools and request.output is not None and "tools" in dialect.native_output_without:
        raise InexpressibleError("an output beside tools, which is requested through a tool")
    if not dialect.strict_tools and any(tool.strict for tool in request.tools):
        raise InexpressibleError("strict tools, which the vendor does not enforce")
    return request


def normal(added: Sequence[str], body: Json) -> Json:
    """Normalize a body, without empty reasoning and the fields that only chatmodels sends."""
    for message in body.get("messages", ()):
        reasoning = message.get("reasoning_content") or ""
        message["reasoning_content"] = reasoning if reasoning.strip() else ""
    return {k: v for k, v in openai_chat.normal(body).items() if k not in added}


def model_for(name: str, exchange: Recording, engine: Engine) -> ChatModel:
    """Make the model to which a request was sent; the address can decide about abilities."""
    address = FAMILY[name].metadata.base_url or ""
    return create_chat_model(
        f"{name}:{body_of(exchange)['model']}",
        base_url=address if address and "{" not in address else "https://any.example/v1",
        api=api_of(name, "chat_completions"),
        api_key="sk-recorded",
        max_retries=0,
        http_client=engine,
    )


def api_of(name: str, api: str) -> str | None:
    """Return the API, if the provider has an option for it."""
    return api if any(option.name == "api" for option in FAMILY[name].metadata.options) else None


def _reader(name: str, api: str) -> ModelFactory:
    return partial(
        create_chat_model,
        f"{name}:any",
        api=api_of(name, api),
        base_url="https://any.example/v1",
        api_key="sk-recorded",
        max_retries=0,
    )


def _row(name: str, dialect: Dialect) -> Row:
    return Row(
        name=name,
        apis=frozenset({"openai.chat"}),
        providers=frozenset({RECORDED_AS.get(name, name)}),
        model=_reader(name, "chat_completions"),
        adapt=with_cause,
        requests=Requests(
            neutral=partial(neutral, dialect),
            model=partial(model_for, name),
            normal=partial(normal, ADDED.get(name, ())),
        ),
        damage=None,
    )


def _responses_row(name: str) -> Row:
    return Row(
        name=f"{name}-responses",
        apis=frozenset({"openai.responses"}),
        providers=frozenset({RECORDED_AS.get(name, name)}),
        model=_reader(name, "responses"),
        adapt=openai_responses.adapt,
        also=openai_responses.agrees_with_its_last_event,
        damage=None,
    )


ROWS = (
    *(_row(name, found.dialect) for name, found in FAMILY.items()),
    *(_responses_row(name) for name in FAMILY if api_of(name, "responses")),
)
