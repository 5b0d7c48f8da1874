"""Checks of secrets: they are sent only to the provider."""

import copy
import io
import logging
import os
import pickle
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager

import anyio
import anyio.lowlevel

from chatmodels.core import AuthenticationError, ChatModel
from chatmodels.testing._faults import FAULTS
from chatmodels.testing.contract._contract import PROMPT, SECRET, CheckContext, failure


def the_secret_reaches_the_provider(context: CheckContext) -> None:
    """The key is sent, in a header."""
    context.model().generate("?")

    headers = context.simulator.exchanges[-1].request.headers
    assert any(SECRET in value for value in headers.values())
    assert SECRET not in context.simulator.exchanges[-1].request.target


def secrets_do_not_leak(context: CheckContext) -> None:
    """The key does not appear in a repr, error, traceback, log record or explanation."""
    with _captured_log() as log:
        model = context.model()
        shown = [repr(model), str(model), repr(vars(model)), repr(model.explain("?"))]
        shown += [repr(model.model_info()), repr(model.check_health())]
        for name in ("invalid-key", "server-error", "web-page", "reset-in-body"):
            context.simulator.queue(FAULTS[name], FAULTS[name])
            for error in (
                failure(lambda: model.generate(PROMPT)),
                failure(lambda: model.stream(PROMPT).collect()),
            ):
                assert error is not None, f"{name} did not raise an error"
                shown += [repr(error), str(error.details), *traceback.format_exception(error)]
    shown.append(log.getvalue())
    for text in shown:
        assert SECRET not in text, f"the API key leaked: {text.replace(SECRET, '<key>')}"


def a_rejected_secret_is_requested_once_more(context: CheckContext) -> None:
    """A key from a function can be renewed: after a 401 the function is called again."""
    keys = iter(["bad-and-old", SECRET, SECRET])
    assert context.model(api_key=lambda: next(keys)).generate("?").text

    always = context.model(api_key=lambda: "bad-forever")
    before = len(context.simulator.exchanges)
    rejected = failure(lambda: always.generate("?"))
    assert isinstance(rejected, AuthenticationError), "a bad key was accepted"
    assert len(context.simulator.exchanges) - before == 2


def a_secret_can_come_from_an_async_function(context: CheckContext) -> None:
    """A key can come from an async function."""

    async def key() -> str:
        await anyio.lowlevel.checkpoint()
        return SECRET

    async def call() -> None:
        response = await context.model(api_key=key).agenerate("?")
        assert response.text

    anyio.run(call)


def a_copy_works(context: CheckContext) -> None:
    """Copies and deep copies of a model work."""
    model = context.model()
    for duplicate in (copy.copy(model), copy.deepcopy(model)):
        assert duplicate.generate("?").text


def a_pickled_model_works_without_its_secret(context: CheckContext) -> None:
    """A pickle does not contain the secret; a key from the environment is read again."""
    if not context.contract.over_http:
        assert _pickled(context.model()).generate("?").text
        return
    variables = [spec.env for spec in context.metadata.options if spec.name == "api_key"]
    assert variables, "the metadata has no option api_key"
    assert variables[0], "the option api_key has no environment variable"
    variable = variables[0][0]
    with _environment(variable, SECRET):
        model = context.model(api_key=None)
        data = pickle.dumps(model)
        assert SECRET.encode() not in data, "the API key is in the pickle"
        again: ChatModel = pickle.loads(data)  # noqa: S301 - our own
        assert again.generate("?").text


def _pickled(model: ChatModel) -> ChatModel:
    return pickle.loads(pickle.dumps(model))  # noqa: S301 - our own


@contextmanager
def _environment(name: str, value: str) -> Generator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


@contextmanager
def _captured_log() -> Generator[io.StringIO]:
    """Capture log records with all attributes."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.format = lambda record: f"{record.getMessage()} {vars(record)}"
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


CHECKS: tuple[Callable[[CheckContext], None], ...] = (
    a_copy_works,
    a_pickled_model_works_without_its_secret,
)
HTTP_CHECKS = (
    the_secret_reaches_the_provider,
    secrets_do_not_leak,
    a_rejected_secret_is_requested_once_more,
    a_secret_can_come_from_an_async_function,
)
