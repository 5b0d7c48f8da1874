"""Checks of secrets: they reach the provider, and nothing else."""

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
from chatmodels.testing.contract._contract import PROMPT, SECRET, Bench, failure


def the_secret_reaches_the_provider(bench: Bench) -> None:
    """The key is sent, in a header."""
    bench.model().generate("?")

    headers = bench.simulator.exchanges[-1].request.headers
    assert any(SECRET in value for value in headers.values())
    assert SECRET not in bench.simulator.exchanges[-1].request.target


def secrets_do_not_leak(bench: Bench) -> None:
    """The key is in no repr, error, traceback, log record or explanation."""
    with _logged() as log:
        model = bench.model()
        shown = [repr(model), str(model), repr(vars(model)), repr(model.explain("?"))]
        shown += [repr(model.model_info()), repr(model.check_health())]
        for name in ("invalid-key", "server-error", "web-page", "reset-in-body"):
            bench.simulator.queue(FAULTS[name], FAULTS[name])
            for error in (
                failure(lambda: model.generate(PROMPT)),
                failure(lambda: model.stream(PROMPT).collect()),
            ):
                assert error is not None, f"{name} went unnoticed"
                shown += [repr(error), str(error.details), *traceback.format_exception(error)]
    shown.append(log.getvalue())
    for text in shown:
        assert SECRET not in text, f"the API key leaked: {text.replace(SECRET, '<key>')}"


def a_rejected_secret_is_asked_for_again_once(bench: Bench) -> None:
    """A key that comes from a function can be renewed: after a 401 it is asked for anew."""
    keys = iter(["bad-and-old", SECRET, SECRET])
    assert bench.model(api_key=lambda: next(keys)).generate("?").text

    always = bench.model(api_key=lambda: "bad-forever")
    before = len(bench.simulator.exchanges)
    rejected = failure(lambda: always.generate("?"))
    assert isinstance(rejected, AuthenticationError), "a bad key was accepted"
    assert len(bench.simulator.exchanges) - before == 2


def a_secret_may_be_awaited(bench: Bench) -> None:
    """A key may come from an asynchronous function."""

    async def key() -> str:
        await anyio.lowlevel.checkpoint()
        return SECRET

    async def call() -> None:
        response = await bench.model(api_key=key).agenerate("?")
        assert response.text

    anyio.run(call)


def a_copy_answers_as_well(bench: Bench) -> None:
    """A model can be copied, deeply too, and the copy works."""
    model = bench.model()
    for duplicate in (copy.copy(model), copy.deepcopy(model)):
        assert duplicate.generate("?").text


def a_pickled_model_answers_without_carrying_its_secret(bench: Bench) -> None:
    """A pickle has no secret in it; a model whose key came from the environment finds it there."""
    if not bench.contract.over_http:
        assert _pickled(bench.model()).generate("?").text
        return
    known = [spec.env for spec in bench.metadata.options if spec.name == "api_key"]
    assert known, "the provider tells nothing of its API key"
    assert known[0], "no environment variable gives the API key"
    variable = known[0][0]
    with _environment(variable, SECRET):
        model = bench.model(api_key=None)
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
def _logged() -> Generator[io.StringIO]:
    """Collect what is logged, records whole."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.format = lambda record: f"{record.getMessage()} {vars(record)}"
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


CHECKS: tuple[Callable[[Bench], None], ...] = (
    a_copy_answers_as_well,
    a_pickled_model_answers_without_carrying_its_secret,
)
HTTP_CHECKS = (
    the_secret_reaches_the_provider,
    secrets_do_not_leak,
    a_rejected_secret_is_asked_for_again_once,
    a_secret_may_be_awaited,
)
