"""The APIs of the vendors that have a dialect and a package of their own.

A row reads the exchanges of its vendor. The contract suite is in the tests of each package.
"""

from collections.abc import Mapping
from functools import partial

from chatmodels.core import ChatModel, ChatRequest, create_chat_model
from chatmodels.http import Engine
from chatmodels.openai_compatible import Dialect
from chatmodels.testing import Recording
from conformance.exchanges import body_of
from conformance.neutral import openai_chat
from conformance.replaying import ModelFactory
from conformance.row import InexpressibleError, Requests, Row
from conformance.rows import openai_responses
from conformance.rows.openai_chat import with_cause
from family import FAMILY

RECORDED_AS: Mapping[str, str] = {"moonshot": "moonshotai"}
"""The name of a provider in recordings, if it differs."""


def neutral(dialect: Dialect, exchange: Recording) -> ChatRequest:
    """Decode a request; tools that the vendor accepts as strict, but not enforces, are left out."""
    request = openai_chat.neutral_in(dialect, exchange)
    if not dialect.strict_tools and any(tool.strict for tool in request.tools):
        raise InexpressibleError("strict tools, which the vendor does not enforce")
    return request


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
            normal=openai_chat.normal,
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
