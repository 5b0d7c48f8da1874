"""Chat completions of the vendors that have a dialect and a package of their own.

A row reads the exchanges of its vendor. The contract suite is in the tests of each package.
"""

from collections.abc import Mapping
from functools import partial

from chatmodels.core import ChatModel, create_chat_model
from chatmodels.http import Engine
from chatmodels.openai_compatible import Dialect
from chatmodels.testing import Recording
from conformance.exchanges import body_of
from conformance.neutral import openai_chat
from conformance.row import Requests, Row
from conformance.rows.openai_chat import with_cause
from family import FAMILY

RECORDED_AS: Mapping[str, str] = {"moonshot": "moonshotai"}
"""The name of a provider in recordings, if it differs."""


def model_for(name: str, exchange: Recording, engine: Engine) -> ChatModel:
    """Make the model to which a request was sent; the address can decide about abilities."""
    address = FAMILY[name].metadata.base_url or ""
    return create_chat_model(
        f"{name}:{body_of(exchange)['model']}",
        base_url=address if address and "{" not in address else "https://any.example/v1",
        api_key="sk-recorded",
        max_retries=0,
        http_client=engine,
    )


def _row(name: str, dialect: Dialect) -> Row:
    return Row(
        name=name,
        apis=frozenset({"openai.chat"}),
        providers=frozenset({RECORDED_AS.get(name, name)}),
        model=partial(
            create_chat_model,
            f"{name}:any",
            base_url="https://any.example/v1",
            api_key="sk-recorded",
            max_retries=0,
        ),
        adapt=with_cause,
        requests=Requests(
            neutral=partial(openai_chat.neutral_in, dialect),
            model=partial(model_for, name),
            normal=openai_chat.normal,
        ),
        damage=None,
    )


ROWS = tuple(_row(name, found.dialect) for name, found in FAMILY.items())
