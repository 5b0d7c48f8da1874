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
    assert any(SECRET in value for value in headers.values()), (
        f"the option api_key is in none of the headers {sorted(headers)}; return it from "
        "Codec.authorization, or exempt the check if a SignerSource replaces it"
    )
    assert SECRET not in context.simulator.exchanges[-1].request.target, (
        "the key is part of the URL, which proxies and logs contain; send it in a header"
    )


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
                assert error is not None, (
                    f"the call succeeds, although {FAULTS[name].description} (the fault {name!r})"
                )
                shown += [repr(error), str(error.details), *traceback.format_exception(error)]
    shown.append(log.getvalue())
    for text in shown:
        assert SECRET not in text, f"the API key leaked: {text.replace(SECRET, '<key>')}"


def a_rejected_secret_is_requested_once_more(context: CheckContext) -> None:
    """A key from a function can be renewed: after a 401 the function is called again."""
    keys = iter(["bad-and-old"])
    renewed = context.model(api_key=lambda: next(keys, SECRET))
    error = failure(lambda: renewed.generate("?"))
    assert error is None, (
        "the key from a function was rejected with 401, and the next one is valid, but the call "
        f"fails: {error!r}; pass options.api_key on without revealing it before the request"
    )
    always = context.model(api_key=lambda: "bad-forever")
    before = len(context.simulator.exchanges)
    rejected = failure(lambda: always.generate("?"))
    assert isinstance(rejected, AuthenticationError), (
        f"a rejected key {'is accepted' if rejected is None else f'is {rejected!r}'}; the vendor's "
        "401 is an AuthenticationError"
    )
    sent = len(context.simulator.exchanges) - before
    assert sent == 2, f"a key that stays wrong was sent {sent} times instead of twice"


def a_secret_can_come_from_an_async_function(context: CheckContext) -> None:
    """A key can come from an async function."""

    async def key() -> str:
        await anyio.lowlevel.checkpoint()
        return SECRET

    async def call() -> None:
        response = await context.model(api_key=key).agenerate("?")
        assert response.text, f"a call with a key from an async function returned {response!r}"

    anyio.run(call)


def a_copy_works(context: CheckContext) -> None:
    """Copies and deep copies of a model work."""
    model = context.model()
    for duplicate in (copy.copy(model), copy.deepcopy(model)):
        response = duplicate.generate("?")
        assert response.text, f"a copy of the model returned {response!r}"


def a_pickled_model_works_without_its_secret(context: CheckContext) -> None:
    """A pickle does not contain the secret; a key from the environment is read again."""
    if not context.contract.over_http:
        response = _pickled(context.model()).generate("?")
        assert response.text, f"a pickled model returned {response!r}"
        return
    variables = [spec.env for spec in context.metadata.options if spec.name == "api_key"]
    assert variables, (
        "the metadata have no option api_key; declare OptionSpec(name='api_key', secret=True), or "
        "exempt the check if the vendor has no keys"
    )
    assert variables[0], (
        "the option api_key has no environment variable; pass env=(...) to its OptionSpec"
    )
    variable = variables[0][0]
    with _environment(variable, SECRET):
        model = context.model(api_key=None)
        data = pickle.dumps(model)
        assert SECRET.encode() not in data, (
            "the API key is in the pickle of a model; keep it as a Secret"
        )
        again: ChatModel = pickle.loads(data)  # noqa: S301 - our own
        response = again.generate("?")
        assert response.text, f"a pickled model returned {response!r}"


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
